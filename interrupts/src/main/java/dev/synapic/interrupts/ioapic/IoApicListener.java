// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

/** Watches an {@link IoApic}; for traces and counters. It must not call back. */
public interface IoApicListener {
    IoApicListener NONE = new IoApicListener() {};

    /** kvm_ioapic_set_irq: a source set its level of a pin; entry as it is now, result as {@link IoApic#set}. */
    default void lineSet(int pin, long entry, boolean level, int result) {}

    /**
     * The guest wrote an entry. The EOI-exit bitmaps of the processors that either value reaches are out of date; of
     * all where one is not a fixed interrupt.
     */
    default void entryWritten(int pin, long before, long after) {}

    /** The entry's interrupt was ended and remote-IRR is clear. */
    default void ended(int pin, int vector) {}

    /**
     * kvm_ioapic_delayed_eoi_inj: the line of a pin stays up whatever the guest does; the next one is delayed.
     * resumeNanos is when {@link IoApic#expire} is to be called.
     */
    default void stormDelayed(int pin, long entry, long resumeNanos) {}
}
