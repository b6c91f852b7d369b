// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** A set of vectors 0 to 255, single writer. */
public final class VectorBitmap {
    private long w0;
    private long w1;
    private long w2;
    private long w3;

    public boolean contains(int vector) {
        return (word(vector >> 6) & 1L << vector) != 0;
    }

    public void add(int vector) {
        setWord(vector >> 6, word(vector >> 6) | 1L << vector);
    }

    public void remove(int vector) {
        setWord(vector >> 6, word(vector >> 6) & ~(1L << vector));
    }

    public void clear() {
        w0 = w1 = w2 = w3 = 0;
    }

    public boolean isEmpty() {
        return (w0 | w1 | w2 | w3) == 0;
    }

    /** The highest vector, or -1. */
    public int highest() {
        for (int i = 3; i >= 0; i--) {
            long w = word(i);
            if (w != 0) {
                return (i << 6) + 63 - Long.numberOfLeadingZeros(w);
            }
        }
        return -1;
    }

    /** Vectors 64 * index to 64 * index + 63. */
    public long word(int index) {
        return switch (index) {
            case 0 -> w0;
            case 1 -> w1;
            case 2 -> w2;
            default -> w3;
        };
    }

    public void setWord(int index, long bits) {
        switch (index) {
            case 0 -> w0 = bits;
            case 1 -> w1 = bits;
            case 2 -> w2 = bits;
            default -> w3 = bits;
        }
    }
}
