// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

/** Virtual time is a long of picoseconds since power-on: 106 days fit, and a cycle of any real clock is a whole number or close. */
public final class VirtualTime {
    public static final long PS_PER_NANOSECOND = 1_000;
    public static final long NEVER = Long.MAX_VALUE;
    private static final long PS_PER_SECOND = 1_000_000_000_000L;
    private static final long PS_PER_MICROSECOND = 1_000_000L;

    private VirtualTime() {}

    /** Ticks of a clock of that rate in ps picoseconds, rounded down; exact over the whole range. */
    public static long ticks(long ps, long khz) {
        long seconds = ps / PS_PER_SECOND;
        long rest = ps % PS_PER_SECOND;
        return seconds * khz * 1000 + ticksBelowSecond(rest, khz);
    }

    private static long ticksBelowSecond(long ps, long khz) {
        long micros = ps / PS_PER_MICROSECOND;
        long rest = ps % PS_PER_MICROSECOND;
        return (micros * khz + rest * khz / PS_PER_MICROSECOND) / 1000;
    }

    /** The first picosecond at which a clock of that rate shows at least ticks; {@link #NEVER} beyond the range. */
    public static long psAtTicks(long ticks, long khz) {
        if (ticks <= 0) {
            return 0;
        }
        long hz = khz * 1000;
        long seconds = ticks / hz;
        if (seconds >= Long.MAX_VALUE / PS_PER_SECOND - 1) {
            return NEVER;
        }
        long rest = ticks % hz;
        long ps = seconds * PS_PER_SECOND + ceilDivide(rest, hz);
        while (ticks(ps, khz) < ticks) {
            ps++;
        }
        return ps;
    }

    private static long ceilDivide(long ticksBelowSecond, long hz) {
        // ticks * 1e12 / hz overflows a long; 1e12 = 1e6 * 1e6 splits it
        long micros = ticksBelowSecond * PS_PER_MICROSECOND / hz;
        long rest = ticksBelowSecond * PS_PER_MICROSECOND % hz;
        return micros * PS_PER_MICROSECOND + rest * PS_PER_MICROSECOND / hz;
    }

    /** Picoseconds of a time in nanoseconds, saturating at {@link #NEVER}. */
    public static long psOfNanos(long nanos) {
        return nanos >= Long.MAX_VALUE / PS_PER_NANOSECOND ? NEVER : nanos * PS_PER_NANOSECOND;
    }
}
