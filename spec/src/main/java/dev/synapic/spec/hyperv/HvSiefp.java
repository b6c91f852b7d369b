// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/**
 * SIEFP, the register that places the synthetic interrupt event flags page (TLFS, "SIEFP Register").
 *
 * <pre>
 *  63                    12 11      1 0
 * +------------------------+---------+------+
 * | guest page number      | RsvdP   |enable|
 * +------------------------+---------+------+
 * </pre>
 */
public record HvSiefp(long bits) {
    public static final long ENABLE = 1;
    public static final long GPA_MASK = ~0xFFFL;

    /** Bit 0: event flags have a page to go to. */
    public boolean enabled() {
        return (bits & ENABLE) != 0;
    }

    /** Guest physical address of the page; negative where the guest wrote a page number beyond 2^51. */
    public long pageGpa() {
        return bits & GPA_MASK;
    }
}
