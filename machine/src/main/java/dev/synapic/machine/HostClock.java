// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/** The host's clock: the one place that reads it. Nothing in the machine's behaviour depends on it. */
public final class HostClock {
    private HostClock() {}

    /** Nanoseconds of a monotonic host clock. */
    public static long nanos() {
        return System.nanoTime();
    }
}
