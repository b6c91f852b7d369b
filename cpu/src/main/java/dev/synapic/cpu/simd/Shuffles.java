// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

/** What moves lanes about: unpack, pack, shuffle, byte shifts of a whole register (SDM vol. 2, by name). */
final class Shuffles {
    private static final long LOW32 = 0xFFFF_FFFFL;

    private Shuffles() {}

    // ---- 64 bits from two halves of 32
    // -------------------------------------------------------------------------------------

    /** Bytes of a and b in turn, a's lowest first. */
    static long interleaveBytes(long a, long b) {
        return spreadBytes(a) | spreadBytes(b) << 8;
    }

    private static long spreadBytes(long value) {
        long words = value & 0xFFFF | (value & 0xFFFF_0000L) << 16;
        return words & 0x0000_00FF_0000_00FFL | (words & 0x0000_FF00_0000_FF00L) << 8;
    }

    static long interleaveWords(long a, long b) {
        return a & 0xFFFF | (b & 0xFFFF) << 16 | (a & 0xFFFF_0000L) << 16 | (b & 0xFFFF_0000L) << 32;
    }

    static long interleaveDoublewords(long a, long b) {
        return a & LOW32 | b << 32;
    }

    /** MMX: the high half's unpacking is the low one's of what stands 32 bits higher. */
    static PackedOperation ofHighHalves(PackedOperation interleave) {
        return (a, b) -> interleave.apply(a >>> 32, b >>> 32);
    }

    /** SSE: the low words of both operands, unpacked to 128 bits. */
    static WideOperation lowWords(PackedOperation interleave) {
        return (xmm, target, low, high, immediate) -> {
            long a = xmm[target];
            xmm[target] = interleave.apply(a, low);
            xmm[target + 1] = interleave.apply(a >>> 32, low >>> 32);
        };
    }

    static WideOperation highWords(PackedOperation interleave) {
        return (xmm, target, low, high, immediate) -> {
            long a = xmm[target + 1];
            xmm[target] = interleave.apply(a, high);
            xmm[target + 1] = interleave.apply(a >>> 32, high >>> 32);
        };
    }

    static void unpackLowQuadwords(long[] xmm, int target, long low, long high, int immediate) {
        xmm[target + 1] = low;
    }

    static void unpackHighQuadwords(long[] xmm, int target, long low, long high, int immediate) {
        xmm[target] = xmm[target + 1];
        xmm[target + 1] = high;
    }

    // ---- packing: a's lanes, narrowed, below b's
    // -----------------------------------------------------------------------------

    static long packsswb(long a, long b) {
        return narrowWords(a, Byte.MIN_VALUE, Byte.MAX_VALUE) | narrowWords(b, Byte.MIN_VALUE, Byte.MAX_VALUE) << 32;
    }

    static long packuswb(long a, long b) {
        return narrowWords(a, 0, 0xFF) | narrowWords(b, 0, 0xFF) << 32;
    }

    private static long narrowWords(long a, int least, int greatest) {
        long result = 0;
        for (int i = 0; i < 4; i++) {
            result |= (Math.clamp((short) (a >> 16 * i), least, greatest) & 0xFFL) << 8 * i;
        }
        return result;
    }

    static long packssdw(long a, long b) {
        return narrowDoublewords(a) | narrowDoublewords(b) << 32;
    }

    private static long narrowDoublewords(long a) {
        return Math.clamp(a << 32 >> 32, Short.MIN_VALUE, Short.MAX_VALUE) & 0xFFFFL
                | (Math.clamp(a >> 32, Short.MIN_VALUE, Short.MAX_VALUE) & 0xFFFFL) << 16;
    }

    /** SSE: the target's lanes, narrowed, are the low half, the source's the high one. */
    static WideOperation packed(PackedOperation pack) {
        return (xmm, target, low, high, immediate) -> {
            xmm[target] = pack.apply(xmm[target], xmm[target + 1]);
            xmm[target + 1] = pack.apply(low, high);
        };
    }

    // ---- shuffling
    // ---------------------------------------------------------------------------------------------------------

    static long shuffleWords(long a, int order) {
        return a >>> 16 * (order & 3) & 0xFFFF
                | (a >>> 16 * (order >> 2 & 3) & 0xFFFF) << 16
                | (a >>> 16 * (order >> 4 & 3) & 0xFFFF) << 32
                | a >>> 16 * (order >> 6 & 3) << 48;
    }

    static void pshufd(long[] xmm, int target, long low, long high, int order) {
        xmm[target] = doubleword(low, high, order) | doubleword(low, high, order >> 2) << 32;
        xmm[target + 1] = doubleword(low, high, order >> 4) | doubleword(low, high, order >> 6) << 32;
    }

    private static long doubleword(long low, long high, int which) {
        return ((which & 2) == 0 ? low : high) >>> 32 * (which & 1) & LOW32;
    }

    static void pshuflw(long[] xmm, int target, long low, long high, int order) {
        xmm[target] = shuffleWords(low, order);
        xmm[target + 1] = high;
    }

    static void pshufhw(long[] xmm, int target, long low, long high, int order) {
        xmm[target] = low;
        xmm[target + 1] = shuffleWords(high, order);
    }

    static void shufps(long[] xmm, int target, long low, long high, int order) {
        long a = xmm[target];
        long b = xmm[target + 1];
        xmm[target] = doubleword(a, b, order) | doubleword(a, b, order >> 2) << 32;
        xmm[target + 1] = doubleword(low, high, order >> 4) | doubleword(low, high, order >> 6) << 32;
    }

    static void shufpd(long[] xmm, int target, long low, long high, int order) {
        xmm[target] = (order & 1) == 0 ? xmm[target] : xmm[target + 1];
        xmm[target + 1] = (order & 2) == 0 ? low : high;
    }

    static void movsldup(long[] xmm, int target, long low, long high, int immediate) {
        xmm[target] = low & LOW32 | low << 32;
        xmm[target + 1] = high & LOW32 | high << 32;
    }

    static void movshdup(long[] xmm, int target, long low, long high, int immediate) {
        xmm[target] = low >>> 32 | low & ~LOW32;
        xmm[target + 1] = high >>> 32 | high & ~LOW32;
    }

    // ---- shifts by bytes
    // ---------------------------------------------------------------------------------------------------

    /** PSLLDQ of the register itself. */
    static void shiftLeftBytes(long[] xmm, int target, int count) {
        int bits = count * 8;
        long low = xmm[target];
        if (count >= 16) {
            xmm[target + 1] = 0;
            xmm[target] = 0;
        } else if (count >= 8) {
            xmm[target + 1] = low << bits - 64;
            xmm[target] = 0;
        } else if (count > 0) {
            xmm[target + 1] = xmm[target + 1] << bits | low >>> 64 - bits;
            xmm[target] = low << bits;
        }
    }

    static void shiftRightBytes(long[] xmm, int target, int count) {
        int bits = count * 8;
        long high = xmm[target + 1];
        if (count >= 16) {
            xmm[target] = 0;
            xmm[target + 1] = 0;
        } else if (count >= 8) {
            xmm[target] = high >>> bits - 64;
            xmm[target + 1] = 0;
        } else if (count > 0) {
            xmm[target] = xmm[target] >>> bits | high << 64 - bits;
            xmm[target + 1] = high >>> bits;
        }
    }
}
