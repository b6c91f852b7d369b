// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

/**
 * Who stands behind the pins of an I/O APIC. Called without any lock of the chip, so that lines may be set from within.
 */
public interface IoApicPins {
    IoApicPins NONE = new IoApicPins() {};

    /** The guest ended the interrupt of this pin; called before its remote-IRR is cleared. */
    default void acknowledged(int pin) {}

    /** Whether somebody wants to hear {@link #acknowledged}; an EOI that is not seen would be a loss. */
    default boolean awaitsAcknowledgement(int pin) {
        return false;
    }

    /** The mask of a pin changed. */
    default void masked(int pin, boolean masked) {}

    /**
     * A pin was unmasked while its line is asserted, perhaps by nobody any more. Whoever can asks the device to assert
     * it again.
     */
    default void resample(int pin) {}
}
