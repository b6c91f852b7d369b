// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.firmware;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.device.pci.PciBus;
import java.util.ArrayList;
import java.util.List;

/**
 * Which physical addresses are RAM that a guest may use, as E820, Multiboot and fw_cfg tell it.
 *
 * <p>Spec: ACPI 6.5, 15 (types and the layout of E820 entries). Reserved are the extended BIOS data area and 0xE0000 to 0xFFFFF, where
 * the ACPI tables are, and PCI's enhanced configuration access (PCI Firmware 3.2, 4.1.2, wants it so).
 */
public final class MemoryMap {
    /** Where the extended BIOS data area begins: 639 KiB. */
    public static final int EBDA = 0x9_FC00;
    /** Where what belongs to the firmware begins and ends. */
    public static final int FIRMWARE_START = 0xE_0000;

    public static final int FIRMWARE_END = 0x10_0000;
    private static final int VIDEO = 0xA_0000;

    /** Types of ACPI's table "address range types". */
    public static final int USABLE = 1;

    public static final int RESERVED = 2;

    /** A range of addresses. */
    public record Entry(long base, long length, int type) {}

    private MemoryMap() {}

    /** The map of a machine with so much RAM, in ascending order. */
    public static List<Entry> of(long ramBytes) {
        List<Entry> map = new ArrayList<>();
        long low = belowHole(ramBytes);
        map.add(new Entry(0, EBDA, USABLE));
        map.add(new Entry(EBDA, VIDEO - EBDA, RESERVED));
        map.add(new Entry(FIRMWARE_START, FIRMWARE_END - FIRMWARE_START, RESERVED));
        map.add(new Entry(FIRMWARE_END, low - FIRMWARE_END, USABLE));
        map.add(new Entry(PciBus.ECAM, PciBus.ECAM_BYTES, RESERVED));
        if (ramBytes > low) {
            map.add(new Entry(GuestMemory.HOLE_END, ramBytes - low, USABLE));
        }
        return List.copyOf(map);
    }

    /** RAM below the hole for devices. */
    public static long belowHole(long ramBytes) {
        return Math.min(ramBytes, GuestMemory.HOLE_START);
    }

    /** The map as fw_cfg's file "etc/e820" and Linux's boot parameters hold it: 20 bytes an entry. */
    public static byte[] e820(long ramBytes) {
        Bytes table = new Bytes();
        for (Entry entry : of(ramBytes)) {
            table.u64(entry.base()).u64(entry.length()).u32(entry.type());
        }
        return table.toArray();
    }
}
