// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/** What pins have to say to the routing; chips are numbered as in {@link GsiRoute.IrqChipPin}. */
public interface PinEvents {
    PinEvents NONE = new PinEvents() {};

    /** The guest ended the interrupt of a pin. */
    default void acknowledged(int chip, int pin) {}

    /** Whether anybody waits for {@link #acknowledged}. */
    default boolean awaitsAcknowledgement(int chip, int pin) {
        return false;
    }

    /** The mask of a pin changed. */
    default void masked(int chip, int pin, boolean masked) {}

    /** A pin was unmasked while its line is up: resamplers lower it and ask their devices. */
    default void resample(int chip, int pin) {}
}
