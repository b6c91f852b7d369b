// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.hyperv.ReferenceClock;
import dev.synapic.interrupts.hyperv.ReferenceTime;
import java.util.Arrays;

/** The virtual time of a fabric, one for all its processors: it stands still unless it is set. Each TSC adds an offset of its own. */
final class FabricTime {
    /** Every language has a number type that holds it exactly. */
    static final long LAST_NANOS = (1L << 53) - 1;

    private static final long NEVER = Long.MAX_VALUE;

    private final int ticksPerNano;
    private final long[] tscOffsets;
    private long nanos;

    FabricTime(int processors, int ticksPerNano) {
        this.ticksPerNano = ticksPerNano;
        this.tscOffsets = new long[processors];
    }

    /** Nanoseconds since power-on. */
    long nanos() {
        return nanos;
    }

    void set(long now) {
        nanos = now;
    }

    /** The TSC without what guests have added. */
    long machineTsc() {
        return nanos * ticksPerNano;
    }

    long tscHz() {
        return 1_000_000_000L * ticksPerNano;
    }

    long tsc(int processor) {
        return machineTsc() + tscOffsets[processor];
    }

    long tscOffset(int processor) {
        return tscOffsets[processor];
    }

    void setTscOffset(int processor, long offset) {
        tscOffsets[processor] = offset;
    }

    void clearTscOffsets() {
        Arrays.fill(tscOffsets, 0);
    }

    /** Whether all processors' TSCs show the same. */
    boolean inStep() {
        return Arrays.stream(tscOffsets).allMatch(offset -> offset == tscOffsets[0]);
    }

    private long nanosAtMachineTsc(long ticks) {
        return ticks == NEVER ? NEVER : Math.max(0, Math.ceilDiv(ticks, ticksPerNano));
    }

    ApicClock apicClock(int processor) {
        return new ApicClock() {
            @Override
            public long nanos() {
                return nanos;
            }

            @Override
            public long tsc() {
                return FabricTime.this.tsc(processor);
            }

            @Override
            public long nanosAtTsc(long tscTicks) {
                long now = tsc();
                if (Long.compareUnsigned(now, tscTicks) >= 0) {
                    return nanos;
                }
                long left = tscTicks - now;
                long wait = Math.ceilDiv(left, ticksPerNano);
                return left < 0 || wait > NEVER - nanos ? NEVER : nanos + wait;
            }
        };
    }

    ReferenceClock referenceClock(ReferenceTime time) {
        return new ReferenceClock() {
            @Override
            public long now() {
                return time.at(machineTsc());
            }

            @Override
            public long reading() {
                return now();
            }

            @Override
            public long nanosAt(long at) {
                return nanosAtMachineTsc(time.tscAt(at));
            }
        };
    }
}
