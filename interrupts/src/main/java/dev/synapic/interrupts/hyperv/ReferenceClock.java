// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

/**
 * The partition's reference time as one virtual processor has it, in units of 100 ns, counted from the partition's
 * start; unsigned.
 */
public interface ReferenceClock {
    /** The time at the processor's present instant; never runs backwards for this processor. */
    long now();

    /**
     * The time to show to the guest now: at least {@link #now}, and never less than any processor of the machine was
     * shown before.
     */
    long reading();

    /**
     * The first instant at which {@link #now} is at least time, in nanoseconds of the processor's
     * {@link dev.synapic.interrupts.apic.ApicClock}; {@link Long#MAX_VALUE} where never.
     */
    long nanosAt(long time);

    /** Another number whenever earlier answers of {@link #nanosAt} may not hold any more: a guest has moved its TSCs. */
    default int epoch() {
        return 0;
    }
}
