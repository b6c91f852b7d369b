// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/** The host's clock: the one place that reads it. Nothing in the machine's behaviour depends on it,
 * but for what a command line hands in as an input, as the calendar's start. */
public final class HostClock {
    private static final long MILLIS_PER_SECOND = 1000;

    private HostClock() {}

    /** Nanoseconds of a monotonic host clock. */
    public static long nanos() {
        return System.nanoTime();
    }

    /** Seconds since 1970-01-01 of the host's calendar. */
    public static long epochSeconds() {
        return System.currentTimeMillis() / MILLIS_PER_SECOND;
    }
}
