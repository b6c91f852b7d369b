// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** The time that one local APIC lives in. Both readings are of the same instant and never run backwards for one APIC. */
public interface ApicClock {
    /** Time that stands still at power-on: for fabrics without timers. */
    ApicClock STOPPED = new ApicClock() {
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
            return tscTicks == 0 ? 0 : Long.MAX_VALUE;
        }
    };

    /** Nanoseconds since power-on. */
    long nanos();

    /** The guest's time-stamp counter, in TSC ticks (TSC_ADJUST applied). */
    long tsc();

    /** The first nanosecond at which {@link #tsc} is at least tscTicks; {@link Long#MAX_VALUE} where never. */
    long nanosAtTsc(long tscTicks);
}
