// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/**
 * How often one virtual CPU took each vector: from its local APIC, acknowledged or in hardware's place, or from the 8259 pair by ExtINT.
 *
 * <p>A vector is taken when it goes from IRR to ISR, or straight to the processor where it ends itself (auto-EOI). That is what a guest can
 * count: one run of a handler each.
 */
public final class VectorCounts {
    public static final int VECTORS = 256;

    private final long[] counts = new long[VECTORS];

    void taken(int vector) {
        counts[vector]++;
    }

    /** How often the vector was taken, 0 to 255. */
    public long countOf(int vector) {
        return counts[vector];
    }

    /** All vectors together. */
    public long total() {
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        return sum;
    }
}
