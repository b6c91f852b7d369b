// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pit;

/** Watches a {@link Pit8254}; must not call back. */
public interface PitListener {
    PitListener NONE = new PitListener() {};

    /** Re-injection was switched on or off: {@code InhibitReason.PIT_REINJ}, since every EOI of a tick must be seen. */
    default void reinjectionChanged(boolean on) {}

    /** A tick went to the line; result as {@code InterruptLine.set}. */
    default void ticked(int result) {}
}
