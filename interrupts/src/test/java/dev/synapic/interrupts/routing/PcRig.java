// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.spec.x86.Pic;

/** A PC's interrupt chips before its local APICs, wired as a machine does it; for tests. */
final class PcRig {
    static final int LEVEL = 1 << 15;
    static final int MASKED = 1 << 16;

    final ApicRig rig;
    long nanos;
    boolean intr;
    final IrqChips chips;
    final IrqChip chip;

    PcRig(int processors, IrqChipListener listener) {
        rig = ApicRig.xapic(processors);
        chips = new IrqChips(
                IoApicModel.V11,
                rig.bus::sendMsi,
                asserted -> intr = asserted,
                () -> nanos,
                IoApicListener.NONE,
                PicListener.NONE);
        chip = new IrqChip(IrqChip.Mode.FULL, rig.bus::sendMsi, SintPort.ABSENT, chips, listener);
        chip.setGsiRouting(GsiRoutingTable.pc().entries());
        for (LocalApic apic : rig.apics) {
            apic.onEoi(chip);
        }
        chips.pic().out(Pic.MASTER_DATA, 0xFF);
        chips.pic().out(Pic.SLAVE_DATA, 0xFF);
    }

    PcRig() {
        this(1, IrqChipListener.NONE);
    }

    void entry(int pin, int low) {
        entry(pin, low, 0);
    }

    void entry(int pin, int low, int destination) {
        chips.ioApic().write(0, 4, 0x11 + 2 * pin);
        chips.ioApic().write(0x10, 4, (long) destination << 24);
        chips.ioApic().write(0, 4, 0x10 + 2 * pin);
        chips.ioApic().write(0x10, 4, low);
    }

    boolean remoteIrr(int pin) {
        return (chips.ioApic().entry(pin) & 1 << 14) != 0;
    }

    int take(int processor) {
        int vector = rig.apics[processor].pendingVector();
        if (vector != LocalApic.NO_VECTOR) {
            rig.apics[processor].acknowledge(vector);
        }
        return vector;
    }

    void eoi(int processor) {
        rig.apics[processor].eoi();
    }
}
