// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import org.jspecify.annotations.Nullable;

/**
 * A device's own interrupt line. The device knows neither its number nor what hangs on it; several lines may share a pin,
 * which is asserted while any of them is.
 */
public interface InterruptLine extends AutoCloseable {
    /** Leads nowhere. */
    InterruptLine UNCONNECTED = asserted -> IrqChip.IGNORED;

    /** What the fabric tells a device about its line. */
    interface Listener {
        /** The guest is done with the interrupt. The device may assert its line at once. */
        void acknowledged();

        /** A pin of the line was unmasked. */
        default void unmasked() {}
    }

    /**
     * Asserts or deasserts the line, any number of times in a row.
     *
     * @return as {@link IrqChip#irqLine}
     */
    int set(boolean asserted);

    /** Asserts the line; returns what became of it, as {@link #set}. */
    default int raise() {
        return set(true);
    }

    /** Deasserts the line. */
    default void lower() {
        set(false);
    }

    /** An edge. Returns what became of it. */
    default int pulse() {
        int result = set(true);
        set(false);
        return result;
    }

    /**
     * Who hears of the line, instead of whoever did; null for nobody. An EOI that is awaited costs an exit where hardware
     * would end the interrupt alone.
     */
    default void listen(@Nullable Listener listener) {}

    /** Deasserts the line and gives it back. */
    @Override
    default void close() {}
}
