// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.util.concurrent.TimeUnit;

/** The host's clock: the one place that reads it. Nothing in the machine's behaviour depends on it,
 * but for what a command line hands in as an input, as the calendar's start, and for when keys arrive ({@link Pace}). */
public final class HostClock {
    private static final long MILLIS_PER_SECOND = 1000;

    private HostClock() {}

    /** Nanoseconds of a monotonic host clock. */
    public static long nanos() {
        return System.nanoTime();
    }

    /** Waits so many nanoseconds, or until the thread is interrupted, which it then still is. */
    static void sleep(long nanos) {
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Seconds since 1970-01-01 of the host's calendar. */
    public static long epochSeconds() {
        return System.currentTimeMillis() / MILLIS_PER_SECOND;
    }
}
