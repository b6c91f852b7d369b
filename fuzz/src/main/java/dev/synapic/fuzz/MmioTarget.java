// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.ioapic.IoApic;
import dev.synapic.interrupts.pit.Pit8254;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.GeneralProtectionFault;
import dev.synapic.spec.x86.IoApicRegister;
import dev.synapic.spec.x86.Pic;
import dev.synapic.spec.x86.Pit;

/** The APIC page, the window of the I/O APIC and the ports of the 8259 pair and the 8254: nothing there may throw. */
public final class MmioTarget {
    private static final int[] PORTS = {
        Pic.MASTER_COMMAND,
        Pic.MASTER_DATA,
        Pic.SLAVE_COMMAND,
        Pic.SLAVE_DATA,
        Pic.ELCR1,
        Pic.ELCR2,
        Pit.CHANNEL0,
        Pit.CHANNEL0 + 1,
        Pit.CHANNEL0 + 2,
        Pit.COMMAND,
        Pit.SYSTEM_CONTROL
    };

    private final FuzzedFabric fabric;
    private final FuzzInput input;
    private final Surroundings surroundings;

    private MmioTarget(FuzzedFabric fabric, FuzzInput input) {
        this.fabric = fabric;
        this.input = input;
        this.surroundings = new Surroundings(fabric, input);
    }

    public static void fuzzerTestOneInput(byte[] bytes) {
        FuzzInput input = new FuzzInput(bytes);
        try (FuzzedFabric fabric = new FuzzedFabric(FabricShape.of(input.u16()))) {
            if (input.flag()) {
                Surroundings.boot(fabric);
            }
            new MmioTarget(fabric, input).run();
        }
    }

    private void run() {
        while (input.hasMore()) {
            int act = input.u8();
            fabric.request();
            switch (act & 7) {
                case 0, 1 -> page();
                case 2, 3 -> entry();
                case 4 -> window();
                case 5 -> port();
                case 6 -> mode();
                default -> surroundings.act();
            }
            fabric.checkApics();
            fabric.run();
        }
        fabric.checkedState();
        fabric.fabric.reset();
        fabric.checkApics();
    }

    private void page() {
        LocalApic apic = fabric.apics.get(input.below(fabric.apics.size()));
        int how = input.u8();
        int offset = (how & 1) == 0 ? input.u16() & 0xFFF : (input.u8() & 0x3F) << 4;
        int size = (how & 2) == 0 ? 4 : 1 << (how >> 2 & 3);
        if ((how & 0x10) == 0) {
            apic.writeMmio(offset, size, (how & 0x20) == 0 ? input.value() : input.u16());
        } else {
            long value = apic.readMmio(offset, size);
            if (size < 8 && value >>> 8 * size != 0) {
                throw new AssertionError("a read of " + size + " bytes gives 0x" + Long.toHexString(value));
            }
        }
    }

    /** An entry of the I/O APIC as drivers write it: the halves one after the other. */
    private void entry() {
        IoApic chip = fabric.chips.ioApic();
        int pin = input.below(IoApic.PINS);
        chip.write(IoApicRegister.SELECT, 4, IoApicRegister.REDIRECTION_TABLE + 2L * pin + 1);
        chip.write(IoApicRegister.WINDOW, 4, (long) input.u8() << 24);
        chip.write(IoApicRegister.SELECT, 4, IoApicRegister.REDIRECTION_TABLE + 2L * pin);
        chip.write(IoApicRegister.WINDOW, 4, input.u16() | (long) (input.u8() & 1) << 16);
    }

    private void window() {
        IoApic chip = fabric.chips.ioApic();
        int how = input.u8();
        int offset = (how & 1) == 0 ? (how & 0x70) : input.u8();
        int size = 1 << (how >> 1 & 3);
        if ((how & 8) == 0) {
            chip.write(offset, size, input.value());
        } else {
            chip.read(offset, size);
        }
    }

    private void port() {
        int port = PORTS[input.below(PORTS.length)];
        int value = input.u8();
        boolean read = input.flag();
        if (Pit8254.hasPort(port)) {
            port(port, value, read, fabric.pit);
        } else if (read) {
            fabric.chips.pic().in(port);
        } else {
            fabric.chips.pic().out(port, value);
        }
    }

    private static void port(int port, int value, boolean read, Pit8254 pit) {
        if (!read) {
            pit.out(port, value);
        } else if ((pit.in(port) & ~0xFF) != 0) {
            throw new AssertionError("port 0x" + Integer.toHexString(port) + " reads more than a byte");
        }
    }

    /** So that pages come and go. */
    private void mode() {
        LocalApic apic = fabric.apics.get(input.below(fabric.apics.size()));
        long bits = (long) (input.u8() & 3) << 10;
        try {
            apic.setApicBase(apic.apicBase() & ~(ApicBaseMsr.ENABLE | ApicBaseMsr.X2APIC_ENABLE) | bits);
        } catch (GeneralProtectionFault fault) {
            // An illegal transition.
        }
    }
}
