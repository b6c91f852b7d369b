// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pit;

import dev.synapic.spec.x86.Pit;

/** Ticks of the timer's clock since time zero, from nanoseconds and back, in whole numbers and without drift. */
final class PitTicks {
    static final long NEVER = Long.MAX_VALUE;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private PitTicks() {}

    /** Ticks that are over at a time. */
    static long at(long nanos) {
        return nanos / NANOS_PER_SECOND * Pit.HZ + nanos % NANOS_PER_SECOND * Pit.HZ / NANOS_PER_SECOND;
    }

    /** The first nanosecond at which {@link #at} is ticks; {@link #NEVER} stays. */
    static long nanos(long ticks) {
        if (ticks == NEVER) {
            return NEVER;
        }
        return ticks / Pit.HZ * NANOS_PER_SECOND + Math.ceilDiv(ticks % Pit.HZ * NANOS_PER_SECOND, Pit.HZ);
    }
}
