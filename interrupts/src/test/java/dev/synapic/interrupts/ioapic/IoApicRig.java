// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.x86.IoApicRegister;
import dev.synapic.spec.x86.RedirectionEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;

/** An I/O APIC before local APICs that tell it of EOIs; for tests. */
final class IoApicRig implements IoApicPins, IoApicListener {
    static final long LEVEL = RedirectionEntry.LEVEL_TRIGGERED;
    static final long MASKED = RedirectionEntry.MASKED;
    static final long LOGICAL = RedirectionEntry.LOGICAL;

    final ApicRig rig;
    final IoApic chip;
    long resumeNanos;
    long nanos;
    /** "ack 3", "mask 3 true", "resample 3", "ended 3 30", "storm 3" in order. */
    final List<String> seen = new ArrayList<>();

    /** Messages as sent: "address data". */
    final List<String> messages = new ArrayList<>();

    int awaited;
    IntConsumer onAck = pin -> {};
    IntConsumer onResample = pin -> {};

    IoApicRig(IoApicModel model, ApicRig rig) {
        this.rig = rig;
        chip = new IoApic(
                model,
                (address, data) -> {
                    messages.add(Long.toHexString(address) + " " + Integer.toHexString(data));
                    return rig.bus.sendMsi(address, data);
                },
                () -> nanos,
                this,
                this);
        for (LocalApic apic : rig.apics) {
            apic.onEoi(chip);
        }
    }

    IoApicRig(int processors) {
        this(IoApicModel.V11, ApicRig.xapic(processors));
    }

    LocalApic apic(int index) {
        return rig.apics[index];
    }

    int readRegister(int index) {
        chip.write(IoApicRegister.SELECT, 4, index);
        return (int) chip.read(IoApicRegister.WINDOW, 4);
    }

    void writeRegister(int index, int value) {
        chip.write(IoApicRegister.SELECT, 4, index);
        chip.write(IoApicRegister.WINDOW, 4, value);
    }

    /** Writes both halves, the upper first, as guests do. */
    void program(int pin, long entry) {
        writeRegister(0x11 + 2 * pin, (int) (entry >>> 32));
        writeRegister(0x10 + 2 * pin, (int) entry);
    }

    static long to(int apicId) {
        return (long) apicId << RedirectionEntry.DESTINATION_SHIFT;
    }

    int raise(int pin) {
        return chip.set(pin, true, 0);
    }

    void lower(int pin) {
        chip.set(pin, false, 0);
    }

    /** The processor takes its next vector; NO_VECTOR where there is none. */
    int take(int processor) {
        int vector = apic(processor).pendingVector();
        if (vector != LocalApic.NO_VECTOR) {
            apic(processor).acknowledge(vector);
        }
        return vector;
    }

    boolean remoteIrr(int pin) {
        return RedirectionEntry.of(chip.entry(pin)).remoteIrr();
    }

    @Override
    public void acknowledged(int pin) {
        seen.add("ack " + pin);
        onAck.accept(pin);
    }

    @Override
    public boolean awaitsAcknowledgement(int pin) {
        return (awaited & 1 << pin) != 0;
    }

    @Override
    public void masked(int pin, boolean masked) {
        seen.add("mask " + pin + " " + masked);
    }

    @Override
    public void resample(int pin) {
        seen.add("resample " + pin);
        onResample.accept(pin);
    }

    @Override
    public void ended(int pin, int vector) {
        seen.add("ended " + pin + " " + Integer.toHexString(vector));
    }

    @Override
    public void stormDelayed(int pin, long entry, long resume) {
        seen.add("storm " + pin);
        resumeNanos = resume;
    }
}
