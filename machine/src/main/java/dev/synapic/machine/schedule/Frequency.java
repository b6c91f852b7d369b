// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

/** A clock that ticks from power-on, of 1 Hz to 9 MHz, so that the arithmetic is exact in longs. */
public record Frequency(long hz) {
    private static final long PS_PER_SECOND = 1_000_000_000_000L;
    private static final long MOST_HZ = Long.MAX_VALUE / PS_PER_SECOND;

    public Frequency {
        if (hz < 1 || hz > MOST_HZ) {
            throw new IllegalArgumentException(hz + " Hz is not 1 to " + MOST_HZ);
        }
    }

    /** Whole ticks in ps picoseconds. */
    public long ticks(long ps) {
        return ps / PS_PER_SECOND * hz + ps % PS_PER_SECOND * hz / PS_PER_SECOND;
    }

    /** The first picosecond at which so many ticks have passed, or {@link VirtualTime#NEVER} beyond the range. */
    public long psAt(long ticks) {
        long seconds = ticks / hz;
        if (seconds >= Long.MAX_VALUE / PS_PER_SECOND) {
            return VirtualTime.NEVER;
        }
        long rest = ticks % hz * PS_PER_SECOND;
        return seconds * PS_PER_SECOND + rest / hz + (rest % hz == 0 ? 0 : 1);
    }
}
