// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** A set of vectors 0 to 255, single writer. */
public final class VectorBitmap {
    private long w0;
    private long w1;
    private long w2;
    private long w3;

    /** Whether the vector is in the set; vectors are 0 to 255, here and below, which is not checked. */
    public boolean contains(int vector) {
        return (word(vector >> 6) & 1L << vector) != 0;
    }

    /** Puts the vector in, if it is not in already. */
    public void add(int vector) {
        setWord(vector >> 6, word(vector >> 6) | 1L << vector);
    }

    /** Takes the vector out, if it is in. */
    public void remove(int vector) {
        setWord(vector >> 6, word(vector >> 6) & ~(1L << vector));
    }

    /** Takes all vectors out. */
    public void clear() {
        w0 = w1 = w2 = w3 = 0;
    }

    /** Whether no vector is in the set. */
    public boolean isEmpty() {
        return (w0 | w1 | w2 | w3) == 0;
    }

    /** The highest vector, or -1. */
    public int highest() {
        if (w3 != 0) {
            return 255 - Long.numberOfLeadingZeros(w3);
        }
        if (w2 != 0) {
            return 191 - Long.numberOfLeadingZeros(w2);
        }
        if (w1 != 0) {
            return 127 - Long.numberOfLeadingZeros(w1);
        }
        return w0 != 0 ? 63 - Long.numberOfLeadingZeros(w0) : -1;
    }

    /** How many vectors. */
    public int size() {
        return Long.bitCount(w0) + Long.bitCount(w1) + Long.bitCount(w2) + Long.bitCount(w3);
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

    /** Replaces vectors 64 * index to 64 * index + 63; index is 0 to 3. */
    public void setWord(int index, long bits) {
        switch (index) {
            case 0 -> w0 = bits;
            case 1 -> w1 = bits;
            case 2 -> w2 = bits;
            default -> w3 = bits;
        }
    }

    /** The vectors in ascending order, as in {@code {48, 236}}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        for (int vector = 0; vector < 256; vector++) {
            if (contains(vector)) {
                text.append(text.length() > 1 ? ", " : "").append(vector);
            }
        }
        return text.append('}').toString();
    }
}
