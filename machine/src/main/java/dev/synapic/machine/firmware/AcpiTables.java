// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.firmware;

import dev.synapic.cpu.Cpu;
import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.device.AcpiPm;
import dev.synapic.machine.device.Hpet;
import dev.synapic.machine.device.ResetControl;
import dev.synapic.machine.device.iommu.IommuConfig;
import dev.synapic.machine.device.iommu.RemappingUnit;
import dev.synapic.machine.device.pci.PciBus;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ACPI tables, in the firmware's part of the first megabyte.
 *
 * <ul>
 *   <li>Models: RSDP, RSDT, XSDT, FADT, FACS, DSDT, MADT (x2APIC entries from APIC id 255 on), SRAT with one domain, HPET,
 *       MCFG, DMAR where there is a remapping unit.
 *   <li>Spec: ACPI 6.5, 5.2; IA-PC HPET 1.0a, 3.2.4; PCI Firmware 3.2, 4.1.2; VT-d, 8.
 *   <li>Not modelled: WAET, sleep states.
 *   <li>Threading: none; it writes guest memory once.
 * </ul>
 */
public final class AcpiTables {
    /** Where a guest finds the RSDP: at a 16-byte boundary of 0xE0000 to 0xFFFFF. */
    public static final int RSDP = MemoryMap.FIRMWARE_START;

    private static final int RSDP_BYTES = 36;
    private static final int FACS_BYTES = 64;
    private static final int HEADER_BYTES = 36;
    private static final int CHECKSUM = 9;
    private static final int ALIGNMENT = 64;

    private static final long LOCAL_APIC = 0xFEE0_0000L;
    private static final long IO_APIC = 0xFEC0_0000L;
    /** APIC ids from here on need x2APIC entries: 255 is the broadcast. */
    private static final int FIRST_X2APIC_ID = 255;

    private static final int IO_APIC_ID = 0;

    private static final int DRHD_BYTES = 16;
    private static final int INCLUDE_PCI_ALL = 1;
    private static final int SCOPE_IO_APIC = 3;
    private static final int SCOPE_HPET = 4;

    private static final int ENABLED = 1;
    /** Active high and level-triggered. */
    private static final int LEVEL_HIGH = 0x0D;

    private static final int SYSTEM_MEMORY = 0;
    private static final int SYSTEM_IO = 1;
    private static final int CENTURY = 0x32;
    /** There are ISA devices and an 8042; there is no VGA. */
    private static final int BOOT_ARCHITECTURE = 0x07;

    private static final int WBINVD = 1;
    private static final int PROC_C1 = 1 << 2;
    private static final int NO_SLEEP_BUTTON = 1 << 5;
    private static final int NO_FIXED_RTC = 1 << 6;
    private static final int TMR_VAL_EXT = 1 << 8;
    private static final int RESET_REG_SUP = 1 << 10;

    private final int vcpus;
    private final long ramBytes;
    private final AcpiPm.TimerWidth timerWidth;
    private final @Nullable IommuConfig iommu;
    private final boolean com2;

    /** APIC ids are 0 to vcpus - 1; com2 tells whether there is a second serial port. */
    public AcpiTables(
            int vcpus, long ramBytes, AcpiPm.TimerWidth timerWidth, @Nullable IommuConfig iommu, boolean com2) {
        this.vcpus = vcpus;
        this.ramBytes = ramBytes;
        this.timerWidth = timerWidth;
        this.iommu = iommu;
        this.com2 = com2;
    }

    /** Writes all tables; returns the first address behind them. */
    public long write(GuestMemory ram) {
        Placement place = new Placement(ram, RSDP + ALIGNMENT);
        long facs = place.put(facs());
        long dsdt = place.put(table("DSDT", 2, Dsdt.of(vcpus, com2)));
        List<Long> tables = new ArrayList<>();
        tables.add(place.put(table("FACP", 6, fadt(facs, dsdt))));
        tables.add(place.put(table("APIC", 5, madt())));
        tables.add(place.put(table("SRAT", 3, srat())));
        tables.add(place.put(table("HPET", 1, hpet())));
        tables.add(place.put(table("MCFG", 1, mcfg())));
        if (iommu != null) {
            tables.add(place.put(table("DMAR", 1, dmar(iommu))));
        }
        Bytes rsdt = new Bytes();
        tables.forEach(rsdt::u32);
        Bytes xsdt = new Bytes();
        tables.forEach(xsdt::u64);
        long rsdtAt = place.put(table("RSDT", 1, rsdt.toArray()));
        long xsdtAt = place.put(table("XSDT", 1, xsdt.toArray()));
        ram.putBytes(RSDP, rsdp(rsdtAt, xsdtAt));
        return place.next;
    }

    private static final class Placement {
        private final GuestMemory ram;
        private long next;

        Placement(GuestMemory ram, long first) {
            this.ram = ram;
            this.next = first;
        }

        long put(byte[] table) {
            long at = next;
            if (at + table.length > MemoryMap.FIRMWARE_END) {
                throw new IllegalStateException("ACPI tables do not fit below 0x%x".formatted(MemoryMap.FIRMWARE_END));
            }
            ram.putBytes(at, table);
            next = at + table.length + ALIGNMENT - 1 & -ALIGNMENT;
            return at;
        }
    }

    // ---- the frame

    private static byte[] rsdp(long rsdt, long xsdt) {
        Bytes out = new Bytes().ascii("RSD PTR ").u8(0).ascii("SYNAPC").u8(2).u32(rsdt);
        out.u32(RSDP_BYTES).u64(xsdt).u8(0).zeros(3);
        byte[] table = out.toArray();
        table[8] = checksum(table, 20);
        table[32] = checksum(table, RSDP_BYTES);
        return table;
    }

    private static byte[] table(String signature, int revision, byte[] content) {
        Bytes out =
                new Bytes().ascii(signature).u32(HEADER_BYTES + content.length).u8(revision, 0);
        out.ascii("SYNAPC").ascii("SYNAPIC ").u32(1).ascii("SYNA").u32(1).bytes(content);
        byte[] table = out.toArray();
        table[CHECKSUM] = checksum(table, table.length);
        return table;
    }

    /** What makes the first bytes sum up to 0. */
    private static byte checksum(byte[] table, int bytes) {
        int sum = 0;
        for (int i = 0; i < bytes; i++) {
            sum += table[i];
        }
        return (byte) -sum;
    }

    private static byte[] facs() {
        Bytes out = new Bytes().ascii("FACS").u32(FACS_BYTES);
        return out.zeros(24).u8(2).zeros(31).toArray();
    }

    // ---- FADT (5.2.9)

    private byte[] fadt(long facs, long dsdt) {
        boolean wide = timerWidth == AcpiPm.TimerWidth.BITS_32;
        int pm1Event = AcpiPm.PORT + AcpiPm.PM1_EVENT;
        int pm1Control = AcpiPm.PORT + AcpiPm.PM1_CONTROL;
        int timer = AcpiPm.PORT + AcpiPm.TIMER;
        int gpe0 = AcpiPm.PORT + AcpiPm.GPE0;
        Bytes out = new Bytes().u32(facs).u32(dsdt).u8(0, 0).u16(AcpiPm.SCI_GSI);
        // No SMI_CMD: ACPI is always on.
        out.u32(0).u8(0, 0, 0, 0);
        out.u32(pm1Event)
                .u32(0)
                .u32(pm1Control)
                .u32(0)
                .u32(0)
                .u32(timer)
                .u32(gpe0)
                .u32(0);
        out.u8(AcpiPm.PM1_EVENT_BYTES, AcpiPm.PM1_CONTROL_BYTES, 0, AcpiPm.TIMER_BYTES, AcpiPm.GPE0_BYTES, 0, 0, 0);
        // P_LVL2_LAT and P_LVL3_LAT above their limits: no such states.
        out.u16(0xFFF).u16(0xFFF).u16(0).u16(0).u8(0, 0, 0, 0, CENTURY);
        out.u16(BOOT_ARCHITECTURE).u8(0);
        out.u32(WBINVD | PROC_C1 | NO_SLEEP_BUTTON | NO_FIXED_RTC | RESET_REG_SUP | (wide ? TMR_VAL_EXT : 0));
        address(out, SYSTEM_IO, 8, 1, ResetControl.PORT)
                .u8(ResetControl.RESET_VALUE)
                .u16(0)
                .u8(5);
        // FIRMWARE_CTRL has the FACS, so X_FIRMWARE_CTRL must not.
        out.u64(0).u64(dsdt);
        address(out, SYSTEM_IO, 8 * AcpiPm.PM1_EVENT_BYTES, 2, pm1Event);
        noAddress(out);
        address(out, SYSTEM_IO, 8 * AcpiPm.PM1_CONTROL_BYTES, 2, pm1Control);
        noAddress(out);
        noAddress(out);
        address(out, SYSTEM_IO, 8 * AcpiPm.TIMER_BYTES, 3, timer);
        address(out, SYSTEM_IO, 8 * AcpiPm.GPE0_BYTES, 1, gpe0);
        noAddress(out);
        noAddress(out);
        noAddress(out);
        return out.ascii("SYNAPIC\0").toArray();
    }

    /** A generic address structure (5.2.3.2); access is 1 for bytes, 2 for words, 3 for doublewords. */
    private static Bytes address(Bytes out, int space, int bits, int access, long at) {
        return out.u8(space, bits, 0, access).u64(at);
    }

    private static void noAddress(Bytes out) {
        out.zeros(12);
    }

    // ---- MADT (5.2.12)

    private byte[] madt() {
        int pcAtCompatible = 1;
        Bytes out = new Bytes().u32(LOCAL_APIC).u32(pcAtCompatible);
        for (int id = 0; id < vcpus; id++) {
            if (id < FIRST_X2APIC_ID) {
                out.u8(0, 8, id, id).u32(ENABLED);
            } else {
                out.u8(9, 16).u16(0).u32(id).u32(ENABLED).u32(id);
            }
        }
        out.u8(1, 12, IO_APIC_ID, 0).u32(IO_APIC).u32(0);
        // The timer is wired to input 2; the SCI and PCI's interrupts are levels, active high.
        override(out, 0, 2, 0);
        override(out, AcpiPm.SCI_GSI, AcpiPm.SCI_GSI, LEVEL_HIGH);
        override(out, 10, 10, LEVEL_HIGH);
        override(out, 11, 11, LEVEL_HIGH);
        // LINT1 of every processor is its NMI.
        out.u8(4, 6, 0xFF).u16(0).u8(1);
        if (vcpus > FIRST_X2APIC_ID) {
            out.u8(10, 12).u16(0).u32(0xFFFF_FFFFL).u8(1).zeros(3);
        }
        return out.toArray();
    }

    private static void override(Bytes out, int irq, int gsi, int flags) {
        out.u8(2, 10, 0, irq).u32(gsi).u16(flags);
    }

    // ---- DMAR (VT-d, 8.1 to 8.3)

    private static byte[] dmar(IommuConfig iommu) {
        int interruptRemapping = iommu.interruptRemapping() ? 1 : 0;
        Bytes out = new Bytes()
                .u8(Cpu.PHYSICAL_ADDRESS_BITS - 1, interruptRemapping)
                .zeros(10);
        Bytes scopes = new Bytes();
        scope(scopes, SCOPE_IO_APIC, IO_APIC_ID, RemappingUnit.IO_APIC_DEVICE);
        scope(scopes, SCOPE_HPET, 0, RemappingUnit.HPET_DEVICE);
        byte[] chips = scopes.toArray();
        // One unit for all of segment 0: the functions of PCI, and the chips that the scopes name.
        out.u16(0).u16(DRHD_BYTES + chips.length).u8(INCLUDE_PCI_ALL, 0).u16(0).u64(RemappingUnit.ADDRESS);
        return out.bytes(chips).toArray();
    }

    private static void scope(Bytes out, int type, int id, int device) {
        out.u8(type, 8).u16(0).u8(id, RemappingUnit.CHIP_BUS, device, 0);
    }

    // ---- SRAT (5.2.16), HPET

    private byte[] srat() {
        Bytes out = new Bytes().u32(1).u64(0);
        for (int id = 0; id < vcpus; id++) {
            if (id < FIRST_X2APIC_ID) {
                out.u8(0, 16, 0, id).u32(ENABLED).u8(0, 0, 0, 0).u32(0);
            } else {
                out.u8(2, 24).u16(0).u32(0).u32(id).u32(ENABLED).u32(0).u32(0);
            }
        }
        for (MemoryMap.Entry entry : MemoryMap.of(ramBytes)) {
            if (entry.type() == MemoryMap.USABLE) {
                out.u8(1, 40).u32(0).u16(0).u64(entry.base()).u64(entry.length());
                out.u32(0).u32(ENABLED).u64(0);
            }
        }
        return out.toArray();
    }

    private static byte[] hpet() {
        Bytes out = new Bytes().u32(Hpet.BLOCK_ID);
        return address(out, SYSTEM_MEMORY, 64, 0, Hpet.ADDRESS)
                .u8(0)
                .u16(100)
                .u8(0)
                .toArray();
    }

    /** Segment group 0, buses 0 to 255. */
    private static byte[] mcfg() {
        Bytes out = new Bytes().u64(0);
        return out.u64(PciBus.ECAM).u16(0).u8(0, 0xFF).u32(0).toArray();
    }
}
