// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.firmware;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.machine.bus.IoBus;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.Lvt;
import dev.synapic.spec.x86.Pic;
import dev.synapic.spec.x86.Svr;

/**
 * In which state firmware hands the interrupt controllers over, for loaders that skip firmware.
 *
 * <p>The first processor's local APIC is as SeaBIOS leaves it: enabled, LINT0 takes the 8259A's interrupts, LINT1 is the NMI (Linux
 * and kvm-unit-tests expect this virtual wire mode). The 8259A pair is initialised to the vectors of a BIOS, 0x08 and 0x70, and, unlike
 * SeaBIOS', masked altogether with an idle 8254: a guest that enables interrupts before it has set up anything must not be hit by
 * a BIOS' tick that no BIOS handles. IRQ 9 to 11 are levels, for the SCI and PCI.
 */
public final class PowerOnState {
    private static final int IRQ_9_TO_11 = 0x0E;
    /** ICW1: edge-triggered, cascaded, ICW4 follows. */
    private static final int ICW1 = 0x11;

    private static final int MASTER_VECTOR = 0x08;
    private static final int SLAVE_VECTOR = 0x70;
    private static final int CASCADE_MASK = 1 << 2;
    private static final int CASCADE = 2;
    private static final int ICW4_8086 = 1;
    private static final int ALL = 0xFF;
    private static final int SPURIOUS_VECTOR = 0xFF;
    private static final int EXT_INT = 7 << 8;
    private static final int NMI = 4 << 8;

    private PowerOnState() {}

    /** The local APIC of the first processor. */
    public static void enter(LocalApic apic) {
        apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, Svr.ENABLE | SPURIOUS_VECTOR);
        apic.writeRegister(ApicRegister.LVT_LINT0, Lvt.LEVEL_TRIGGERED | EXT_INT);
        apic.writeRegister(ApicRegister.LVT_LINT1, Lvt.LEVEL_TRIGGERED | NMI);
    }

    /** The 8259A pair, by its ports. */
    public static void enter(IoBus io) {
        program(io, Pic.MASTER_COMMAND, MASTER_VECTOR, CASCADE_MASK);
        program(io, Pic.SLAVE_COMMAND, SLAVE_VECTOR, CASCADE);
        io.out(Pic.ELCR2, 1, IRQ_9_TO_11);
    }

    private static void program(IoBus io, int port, int vector, int cascade) {
        io.out(port, 1, ICW1);
        io.out(port + 1, 1, vector);
        io.out(port + 1, 1, cascade);
        io.out(port + 1, 1, ICW4_8086);
        io.out(port + 1, 1, ALL);
    }
}
