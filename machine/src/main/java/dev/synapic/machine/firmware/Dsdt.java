// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.firmware;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.device.AcpiPm;
import dev.synapic.machine.device.Hpet;
import dev.synapic.machine.device.KeyboardController;
import dev.synapic.machine.device.RealTimeClock;
import dev.synapic.machine.device.SerialPort;
import dev.synapic.machine.device.pci.IsaBridge;
import dev.synapic.machine.device.pci.PciBus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The namespace that the DSDT declares: processors, the PCI root with its interrupts, the devices that cannot be found otherwise, and
 * how to switch off. Data only, no methods.
 */
final class Dsdt {
    private static final int SLOTS = 32;
    private static final int PINS = 4;
    private static final long ANY_FUNCTION = 0xFFFF;
    private static final long VIDEO_MEMORY = 0xA_0000;
    private static final long VIDEO_MEMORY_END = 0xB_FFFF;
    /** Where the I/O APIC is: the end of what PCI may use below 4 GiB. */
    private static final long PCI_END = 0xFEC0_0000L;

    private static final long PCI_64 = 0x80_0000_0000L;
    private static final long PCI_64_END = 0x8F_FFFF_FFFFL;

    private Dsdt() {}

    /** com2 and vmbus tell whether there is a second serial port, and VMBus. */
    static byte[] of(int vcpus, boolean com2, boolean vmbus) {
        List<byte[]> devices = new ArrayList<>();
        devices.add(pciRoot());
        devices.add(device("HPET", "PNP0103", new Resources().memory32Fixed(Hpet.ADDRESS, Hpet.LENGTH)));
        devices.add(device(
                "RTC",
                "PNP0B00",
                new Resources().ports(RealTimeClock.PORT, RealTimeClock.PORTS).irq(RealTimeClock.IRQ)));
        devices.add(device(
                "KBD",
                "PNP0303",
                new Resources()
                        .ports(KeyboardController.DATA_PORT, 1)
                        .ports(KeyboardController.COMMAND_PORT, 1)
                        .irq(KeyboardController.IRQ)));
        devices.add(device("MOU", "PNP0F13", new Resources().irq(KeyboardController.MOUSE_IRQ)));
        devices.add(serialPort(0, "COM1", SerialPort.COM1, SerialPort.COM1_IRQ));
        if (vmbus) {
            devices.add(vmbus());
        }
        if (com2) {
            devices.add(serialPort(1, "COM2", SerialPort.COM2, SerialPort.COM2_IRQ));
        }
        for (int i = 0; i < vcpus; i++) {
            devices.add(processor(i));
        }
        return Aml.join(List.of(Aml.scope("_SB", devices), softOff()));
    }

    private static byte[] serialPort(int number, String name, int port, int irq) {
        return device(
                name,
                "PNP0501",
                number,
                new Resources().ports(port, SerialPort.PORTS).irq(irq));
    }

    private static byte[] device(String name, String id, Resources resources) {
        return device(name, id, 0, resources);
    }

    private static byte[] device(String name, String id, int number, Resources resources) {
        return Aml.device(
                name,
                List.of(
                        Aml.name("_HID", Aml.eisaId(id)),
                        Aml.name("_UID", Aml.integer(number)),
                        Aml.name("_CRS", resources.end())));
    }

    /**
     * By its compatible id a guest knows that there is VMBus (Linux, drivers/hv/vmbus_drv.c). It interrupts through SINTs and no device
     * on it has memory, so the resources are empty; they must be there.
     */
    private static byte[] vmbus() {
        return Aml.device(
                "VMBS",
                List.of(
                        Aml.name("_HID", Aml.string("MSFT1000")),
                        Aml.name("_CID", Aml.string("VMBus")),
                        Aml.name("_UID", Aml.integer(0)),
                        Aml.name("_CRS", new Resources().end())));
    }

    private static byte[] processor(int index) {
        return Aml.device(
                "C%03X".formatted(index).toUpperCase(Locale.ROOT),
                List.of(Aml.name("_HID", Aml.string("ACPI0007")), Aml.name("_UID", Aml.integer(index))));
    }

    /** SLP_TYP of PM1a and PM1b. */
    private static byte[] softOff() {
        byte[] type = Aml.integer(AcpiPm.S5_TYPE);
        byte[] zero = Aml.integer(0);
        return Aml.name("_S5", Aml.packageOf(List.of(type, type, zero, zero)));
    }

    private static byte[] pciRoot() {
        Resources windows = new Resources()
                .busNumbers(0, 0xFF)
                .ports(PciBus.ADDRESS_PORT, PciBus.PORTS)
                .portWindow(0, PciBus.ADDRESS_PORT - 1)
                .portWindow(PciBus.ADDRESS_PORT + PciBus.PORTS, 0xFFFF)
                .memoryWindow32(VIDEO_MEMORY, VIDEO_MEMORY_END)
                .memoryWindow32(GuestMemory.HOLE_START, PciBus.ECAM - 1)
                .memoryWindow32(PciBus.ECAM + PciBus.ECAM_BYTES, PCI_END - 1)
                .memoryWindow64(PCI_64, PCI_64_END);
        return Aml.device(
                "PCI0",
                List.of(
                        Aml.name("_HID", Aml.eisaId("PNP0A03")),
                        Aml.name("_UID", Aml.integer(0)),
                        Aml.name("_CRS", windows.end()),
                        Aml.name("_PRT", interrupts())));
    }

    /** Every slot's pins, hard-wired to the GSIs that firmware routes the links to. */
    private static byte[] interrupts() {
        List<byte[]> entries = new ArrayList<>();
        for (int slot = 1; slot < SLOTS; slot++) {
            for (int pin = 0; pin < PINS; pin++) {
                int gsi = IsaBridge.firmwareGsi(PciBus.link(slot, pin));
                entries.add(Aml.packageOf(List.of(
                        Aml.integer((long) slot << 16 | ANY_FUNCTION),
                        Aml.integer(pin),
                        Aml.integer(0),
                        Aml.integer(gsi))));
            }
        }
        return Aml.packageOf(entries);
    }
}
