// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** A clock that tests move by hand; the TSC runs at a whole number of ticks per nanosecond plus an offset. */
public final class ManualClock implements ApicClock {
    private static final long TICKS_PER_NANO = 2;
    public long nanos;
    public long tscOffset;

    @Override
    public long nanos() {
        return nanos;
    }

    @Override
    public long tsc() {
        return nanos * TICKS_PER_NANO + tscOffset;
    }

    @Override
    public long nanosAtTsc(long tscTicks) {
        return Math.ceilDiv(tscTicks - tscOffset, TICKS_PER_NANO);
    }
}
