// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** The time that one local APIC lives in. Both readings are of the same instant and never run backwards for one APIC. */
public interface ApicClock {
    /** Nanoseconds since power-on. */
    long nanos();

    /** The guest's time-stamp counter, in TSC ticks (TSC_ADJUST applied). */
    long tsc();

    /** The first nanosecond at which {@link #tsc} is at least tscTicks; {@link Long#MAX_VALUE} where never. */
    long nanosAtTsc(long tscTicks);
}
