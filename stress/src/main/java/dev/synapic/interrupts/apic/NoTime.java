// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** A clock that stands: timers have no part in these tests. */
public final class NoTime implements ApicClock {
    public static final ApicClock CLOCK = new NoTime();

    private NoTime() {}

    @Override
    public long nanos() {
        return 0;
    }

    @Override
    public long tsc() {
        return 0;
    }

    @Override
    public long nanosAtTsc(long tscTicks) {
        return Long.MAX_VALUE;
    }
}
