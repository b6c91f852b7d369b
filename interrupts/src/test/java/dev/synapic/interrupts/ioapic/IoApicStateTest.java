// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.StateFields;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.ManualClock;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.hyperv.AllocatedBytes;
import dev.synapic.spec.x86.IoApicRegister;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Saving, restoring, resetting; and that interrupts allocate nothing. */
class IoApicStateTest {
    @Test
    void everyFieldIsSavedOrIsNoState() {
        StateFields.areSaved(
                IoApic.class,
                IoApicState.class,
                "model",
                "messages",
                "nanos",
                "pins",
                "listener",
                "lock",
                "pinsOfVector");
    }

    @Test
    void restoredChipGoesOnAsTheSavedOne() {
        IoApicRig io = new IoApicRig(1);
        io.program(3, 0x33 | IoApicRig.LEVEL);
        io.program(4, 0x44);
        io.writeRegister(0, 0x0500_0000);
        io.chip.set(3, true, 7);
        io.take(0);
        io.apic(0).eoi();
        io.take(0);
        IoApicState saved = io.chip.save();
        io.chip.set(3, false, 7);
        io.apic(0).eoi();
        io.chip.reset();

        io.chip.restore(saved);

        assertThat(io.chip.save()).isEqualTo(saved);
        assertThat(io.remoteIrr(3)).isTrue();
        io.messages.clear();
        io.rig.bus.sendMsi(0xFEE0_0000L, 0x33 | 1 << 15);
        io.take(0);
        io.apic(0).eoi();
        assertThat(io.messages).as("the vector's pins are known again").hasSize(1);
    }

    @Test
    void restoringSendsNothing() {
        IoApicRig io = new IoApicRig(1);
        io.program(3, 0x33 | IoApicRig.LEVEL);
        io.raise(3);
        IoApicState saved = io.chip.save();
        io.messages.clear();

        io.chip.restore(saved);

        assertThat(io.messages).isEmpty();
    }

    @Test
    void stateOfAnotherVersionOrShapeIsRefused() {
        IoApicState good = new IoApicRig(1).chip.save();

        assertThatThrownBy(() -> new IoApicState(
                        2, 0, 0, good.entries(), good.sources(), good.successiveEois(), 0, Long.MAX_VALUE, 0))
                .hasMessageContaining("version 2");
        assertThatThrownBy(() -> new IoApicState(
                        1, 0, 0, List.of(1L), good.sources(), good.successiveEois(), 0, Long.MAX_VALUE, 0))
                .hasMessageContaining("24");
    }

    /** 0 bytes per interrupt and EOI. */
    @Test
    void interruptAndEoiAllocateNothing() throws ReflectiveOperationException {
        ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
        LocalApic apic = new LocalApic(0, true, bus, new ManualClock(), ApicListener.NONE);
        ApicRig.enable(apic);
        IoApic chip = new IoApic(IoApicModel.V11, bus::sendMsi, () -> 0, IoApicPins.NONE, IoApicListener.NONE);
        apic.onEoi(chip);
        for (int pin = 6; pin < 8; pin++) {
            chip.write(IoApicRegister.SELECT, 4, 0x10 + 2 * pin);
            chip.write(IoApicRegister.WINDOW, 4, 0x44 | (pin == 6 ? IoApicRig.LEVEL : 0));
        }

        double bytes = new AllocatedBytes().perCall(() -> {
            for (int pin = 6; pin < 8; pin++) {
                chip.set(pin, true, 5);
                chip.set(pin, false, 5);
                apic.acknowledge(apic.pendingVector());
                apic.eoi();
            }
        });

        assertThat(bytes).as("bytes per level and edge").isLessThan(1);
    }
}
