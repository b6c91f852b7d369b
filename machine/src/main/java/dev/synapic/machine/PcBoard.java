// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apicv.InhibitReason;
import dev.synapic.interrupts.ioapic.IoApic;
import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.interrupts.pic.PicPair;
import dev.synapic.interrupts.pit.Pit8254;
import dev.synapic.interrupts.pit.PitListener;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.machine.bus.BusMaster;
import dev.synapic.machine.bus.Buses;
import dev.synapic.machine.bus.IoDevice;
import dev.synapic.machine.bus.MmioDevice;
import dev.synapic.machine.bus.PinLines;
import dev.synapic.machine.device.A20Gate;
import dev.synapic.machine.device.AcpiPm;
import dev.synapic.machine.device.CmosMemory;
import dev.synapic.machine.device.FirmwareConfig;
import dev.synapic.machine.device.Hpet;
import dev.synapic.machine.device.KeyboardController;
import dev.synapic.machine.device.PcTestDevice;
import dev.synapic.machine.device.PowerPort;
import dev.synapic.machine.device.RealTimeClock;
import dev.synapic.machine.device.ResetControl;
import dev.synapic.machine.device.SerialPort;
import dev.synapic.machine.device.SystemControlPort;
import dev.synapic.machine.device.iommu.RemappingUnit;
import dev.synapic.machine.device.pci.EduDevice;
import dev.synapic.machine.device.pci.PciBus;
import dev.synapic.machine.device.pci.PciTestDevice;
import dev.synapic.machine.device.virtio.VirtioBlock;
import dev.synapic.machine.device.virtio.VirtioConsole;
import dev.synapic.machine.device.virtio.VirtioDevice;
import dev.synapic.machine.device.virtio.VirtioEntropy;
import dev.synapic.machine.device.virtio.VirtioPci;
import dev.synapic.machine.firmware.AcpiTables;
import dev.synapic.machine.firmware.BiosDataArea;
import dev.synapic.machine.firmware.MemoryMap;
import dev.synapic.machine.firmware.PowerOnState;
import dev.synapic.machine.schedule.DeviceClock;
import dev.synapic.machine.schedule.DeviceTimer;
import dev.synapic.machine.schedule.VirtualTime;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The board of a PC: interrupt chips and devices on its buses, their lines to the interrupt fabric, what firmware leaves behind. */
final class PcBoard {
    private static final long IO_APIC = 0xFEC0_0000L;
    private static final int IO_APIC_BYTES = 0x1000;
    private static final int PIC_PORTS = 2;
    private static final int PIT_FIRST = 0x40;
    private static final int PIT_PORTS = 4;
    private static final int SYSTEM_CONTROL_B = 0x61;
    private static final int TIMER_GSI = 0;
    /** Input of the I/O APIC that GSI 0 is wired to. */
    private static final int TIMER_PIN = 2;

    private static final AcpiPm.TimerWidth PM_TIMER = AcpiPm.TimerWidth.BITS_24;

    private final MachineConfig config;
    private final GuestMemory ram;
    private final InterruptFabric fabric;
    private final IrqChip irqChip;
    private final Buses buses;
    private final DeviceClock clock;
    private final PowerPort power;
    private final A20Gate a20 = new A20Gate();
    private final SerialPort serial;
    private Keys keys;

    PcBoard(
            MachineConfig config,
            GuestMemory ram,
            InterruptFabric fabric,
            Buses buses,
            DeviceClock clock,
            PowerPort power) {
        this.config = config;
        this.ram = ram;
        this.fabric = fabric;
        this.irqChip = fabric.devices();
        this.buses = buses;
        this.clock = clock;
        this.power = power;
        this.serial = new SerialPort(clock, irqChip.line(SerialPort.COM1_IRQ), config.console());
        this.keys = new Keys(serial, null, () -> {});
        attachChips();
        attachDevices();
        attachTimers();
        attachPci();
        attachIommu();
        attachFirmwareConfig();
        BiosDataArea.write(ram, config.com2() != null);
        new AcpiTables(
                        config.vcpus(),
                        config.memoryBytes(),
                        PM_TIMER,
                        config.pc().iommu(),
                        config.com2() != null,
                        config.hasVmbus())
                .write(ram);
        PowerOnState.enter(buses.io());
    }

    SerialPort serial() {
        return serial;
    }

    /** Where what is typed goes. */
    Keys keys() {
        return keys;
    }

    /** COM1, or the virtio console as soon as its driver is there. */
    record Keys(SerialPort serial, @Nullable VirtioConsole console, Runnable serve) {
        /** Whether the guest is known to read what comes. */
        boolean listens() {
            VirtioConsole virtio = console;
            return virtio != null && virtio.ready() || serial.isListenedTo();
        }

        int room() {
            VirtioConsole virtio = console;
            return virtio != null && virtio.ready() ? virtio.room() : serial.room();
        }

        void type(int key) {
            VirtioConsole virtio = console;
            if (virtio != null && virtio.ready()) {
                virtio.receive(key);
                serve.run();
            } else {
                serial.receive(key);
            }
        }
    }

    private void attachChips() {
        PicPair pic = fabric.chips().pic();
        attachPic(pic, 0x20);
        attachPic(pic, 0xA0);
        attachPic(pic, 0x4D0);
        IoApic ioApic = fabric.chips().ioApic();
        buses.mmio().attach(IO_APIC, IO_APIC_BYTES, new MmioDevice() {
            @Override
            public long read(long offset, int size) {
                return ioApic.read((int) offset, size);
            }

            @Override
            public void write(long offset, int size, long value) {
                ioApic.write((int) offset, size, value);
            }
        });
    }

    private void attachPic(PicPair pic, int first) {
        buses.io().attach(first, PIC_PORTS, new IoDevice() {
            @Override
            public int in(int offset, int size) {
                return pic.in(first + offset);
            }

            @Override
            public void out(int offset, int size, int value) {
                pic.out(first + offset, value);
            }

            @Override
            public int widestAccess() {
                return 1;
            }
        });
    }

    private void attachDevices() {
        if (config.pc().has(PcDevice.SERIAL_PORT)) {
            buses.io().attach(SerialPort.COM1, SerialPort.PORTS, serial);
        }
        IntConsumer com2 = config.com2();
        if (com2 != null) {
            SerialPort second = new SerialPort(clock, irqChip.line(SerialPort.COM2_IRQ), com2);
            buses.io().attach(SerialPort.COM2, SerialPort.PORTS, second);
        }
        KeyboardController keyboard = new KeyboardController(
                a20, power, irqChip.line(KeyboardController.IRQ), irqChip.line(KeyboardController.MOUSE_IRQ));
        buses.io().attach(KeyboardController.DATA_PORT, 1, keyboard.data());
        buses.io().attach(KeyboardController.COMMAND_PORT, 1, keyboard);
        buses.io().attach(SystemControlPort.PORT, 1, new SystemControlPort(a20, power));
        AcpiPm acpi = new AcpiPm(clock, irqChip.line(AcpiPm.SCI_GSI), power, PM_TIMER);
        buses.io().attach(AcpiPm.PORT, AcpiPm.PORTS, acpi);
        if (config.pc().has(PcDevice.PC_TESTDEV)) {
            new PcTestDevice(lines()).attach(buses.io(), buses.mmio());
        }
    }

    /** The 8254, the real-time clock, and the HPET, which can take their interrupts from them. */
    private void attachTimers() {
        Pit8254 pit = new Pit8254(
                () -> clock.nowPs() / VirtualTime.PS_PER_NANOSECOND,
                irqChip.line(TIMER_GSI),
                inhibitsAvic(),
                reinjects());
        PitPorts ports = new PitPorts(pit);
        if (config.pc().has(PcDevice.PIT)) {
            buses.io().attach(PIT_FIRST, PIT_PORTS, ports.at(PIT_FIRST));
            buses.io().attach(SYSTEM_CONTROL_B, 1, ports.at(SYSTEM_CONTROL_B));
        }
        CmosMemory cmos = new CmosMemory(ram.size(), MemoryMap.belowHole(ram.size()), config.vcpus());
        RealTimeClock rtc = new RealTimeClock(
                clock, irqChip.line(RealTimeClock.IRQ), config.pc().epochSeconds(), cmos);
        buses.io().attach(RealTimeClock.PORT, RealTimeClock.PORTS, rtc);
        List<PinLines> lines = IntStream.range(0, Hpet.TIMERS)
                .mapToObj(timer -> ofIoApicPins(lines()))
                .toList();
        Hpet hpet = new Hpet(clock, lines, fabric.chipMessages(RemappingUnit.HPET_DEVICE), replaced -> {
            pit.suppressTicks(replaced);
            ports.arm();
            rtc.blockLine(replaced);
        });
        buses.mmio().attach(Hpet.ADDRESS, Hpet.LENGTH, hpet);
    }

    /**
     * A VMM's own 8254 does not re-inject (QEMU's has no such policy), since it hears of no end of an edge; nor does an I/O APIC hear of
     * the end of an interrupt that was remapped to another vector.
     */
    private boolean reinjects() {
        PcConfig pc = config.pc();
        return pc.has(PcDevice.PIT)
                && pc.pitLostTicks() == PcConfig.LostTicks.REINJECT
                && pc.irqchip() == IrqChip.Mode.FULL
                && !pc.remapsInterrupts();
    }

    /** AVIC ends edges without telling anybody, and re-injection waits for every end. */
    private PitListener inhibitsAvic() {
        return new PitListener() {
            @Override
            public void reinjectionChanged(boolean on) {
                fabric.apicv().inhibit(InhibitReason.PIT_REINJ, on);
            }
        };
    }

    private void attachPci() {
        PciBus pci = new PciBus(buses, lines(), new ResetControl(power));
        buses.io().attach(PciBus.ADDRESS_PORT, PciBus.PORTS, pci);
        buses.mmio().attach(PciBus.ECAM, PciBus.ECAM_BYTES, pci.enhancedAccess());
        if (config.pc().has(PcDevice.PCI_TESTDEV)) {
            pci.attach(pci.freeSlot(), 0, new PciTestDevice().function());
        }
        if (config.pc().has(PcDevice.EDU)) {
            int slot = pci.freeSlot();
            pci.attach(slot, 0, new EduDevice(clock, busMaster(slot), messages(slot)).function());
        }
        attachVirtio(pci);
        pci.assignResources();
    }

    private void attachVirtio(PciBus pci) {
        for (DiskConfig disk : config.pc().disks(DiskConfig.Bus.PCI)) {
            int queues = disk.queuesFor(config.vcpus());
            attach(pci, new VirtioBlock(disk.store(), disk.serial(), queues, disk.notices()));
        }
        if (config.pc().has(PcDevice.VIRTIO_RNG)) {
            attach(pci, new VirtioEntropy(new GuestRandom(config.seed(), GuestRandom.ENTROPY_DEVICE)::next));
        }
        if (config.pc().has(PcDevice.VIRTIO_CONSOLE)) {
            VirtioConsole console = new VirtioConsole(config.console());
            VirtioPci transport = attach(pci, console);
            keys = new Keys(serial, console, () -> transport.serve(VirtioConsole.RECEIVE_QUEUE));
        }
    }

    private VirtioPci attach(PciBus pci, VirtioDevice device) {
        int slot = pci.freeSlot();
        VirtioPci transport = new VirtioPci(device, clock, busMaster(slot), messages(slot), fabric.iommu() != null);
        pci.attach(slot, 0, transport.function());
        return transport;
    }

    private BusMaster busMaster(int slot) {
        RemappingUnit iommu = fabric.iommu();
        BusMaster.Translation translation =
                iommu == null ? BusMaster.Translation.NONE : iommu.translation(sourceId(slot));
        return new BusMaster(ram, messages(slot), translation);
    }

    private MsiPort messages(int slot) {
        return fabric.messages(sourceId(slot));
    }

    private static int sourceId(int slot) {
        return slot << 3;
    }

    private void attachIommu() {
        RemappingUnit iommu = fabric.iommu();
        if (iommu != null) {
            buses.mmio().attach(RemappingUnit.ADDRESS, RemappingUnit.LENGTH, iommu);
        }
    }

    private void attachFirmwareConfig() {
        Map<String, byte[]> files = Map.of("etc/e820", MemoryMap.e820(ram.size()));
        buses.io().attach(FirmwareConfig.PORT, FirmwareConfig.PORTS, new FirmwareConfig(config.vcpus(), ram, files));
    }

    /** GSIs with a source of their own. */
    private PinLines lines() {
        int source = irqChip.allocateSourceId();
        return (gsi, asserted) -> irqChip.irqLine(gsi, asserted, source);
    }

    private static PinLines ofIoApicPins(PinLines gsis) {
        return (pin, asserted) -> gsis.set(pin == TIMER_PIN ? TIMER_GSI : pin, asserted);
    }

    /** The 8254's ports; what a write does to its next tick is planned at once. */
    private final class PitPorts {
        private final Pit8254 pit;
        private final DeviceTimer tick;

        PitPorts(Pit8254 pit) {
            this.pit = pit;
            this.tick = clock.timer(this::expire);
        }

        private void expire() {
            pit.expire();
            arm();
        }

        void arm() {
            tick.set(VirtualTime.psOfNanos(pit.nextDeadlineNanos()));
        }

        IoDevice at(int first) {
            return new IoDevice() {
                @Override
                public int in(int offset, int size) {
                    return pit.in(first + offset);
                }

                @Override
                public void out(int offset, int size, int value) {
                    pit.out(first + offset, value);
                    arm();
                }

                @Override
                public int widestAccess() {
                    return 1;
                }
            };
        }
    }
}
