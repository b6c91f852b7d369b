// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.bus;

/** Interrupt lines by number, for the few devices that let the guest choose among them. Each user has a source of its own. */
@FunctionalInterface
public interface PinLines {
    /** Lead nowhere. */
    PinLines UNCONNECTED = (number, asserted) -> {};

    void set(int number, boolean asserted);

    default void pulse(int number) {
        set(number, true);
        set(number, false);
    }
}
