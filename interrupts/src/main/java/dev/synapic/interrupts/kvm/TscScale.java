// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

/**
 * Turns ticks of a TSC into nanoseconds as pvclock does: shift, then multiply by a 32-bit fraction.
 *
 * <p>Spec: Linux, Documentation/virt/kvm/x86/msr.rst, MSR_KVM_SYSTEM_TIME_NEW. KVM chooses the same pair for a rate.
 * The fraction is rounded down, so that the result runs behind by less than a nanosecond in two seconds.
 *
 * @param multiplier tsc_to_system_mul, unsigned
 * @param shift tsc_shift; positive to the left
 */
public record TscScale(int multiplier, int shift) {
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long LOW_HALF = 0xFFFF_FFFFL;

    /** For a TSC of that rate, in Hz, above 0. */
    public static TscScale of(long tscHz) {
        if (tscHz <= 0) {
            throw new IllegalArgumentException("the rate of a TSC is " + tscHz + " Hz; give a positive one");
        }
        long ticks = tscHz;
        int shift = 0;
        // The fraction has 32 bits, all after the point: a second must have more ticks than nanoseconds, but not twice.
        while (ticks > 2 * NANOS_PER_SECOND || ticks > LOW_HALF) {
            ticks >>= 1;
            shift--;
        }
        while (ticks <= NANOS_PER_SECOND) {
            ticks <<= 1;
            shift++;
        }
        return new TscScale((int) ((NANOS_PER_SECOND << Integer.SIZE) / ticks), shift);
    }

    /** Nanoseconds that so many ticks last, rounded down; ticks is unsigned. */
    public long nanos(long ticks) {
        long shifted = shift < 0 ? ticks >>> -shift : ticks << shift;
        long fraction = multiplier & LOW_HALF;
        return Math.unsignedMultiplyHigh(shifted, fraction) << Integer.SIZE | shifted * fraction >>> Integer.SIZE;
    }
}
