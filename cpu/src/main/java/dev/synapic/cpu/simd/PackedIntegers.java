// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

/**
 * Packed integer arithmetic on 64 bits (SDM vol. 1, 9.4 and 11.4): all lanes at once where carries can be kept apart by masks, lane
 * by lane where not.
 */
final class PackedIntegers {
    private static final long TOPS8 = 0x8080_8080_8080_8080L, LOWS8 = 0x0101_0101_0101_0101L;
    private static final long TOPS16 = 0x8000_8000_8000_8000L, LOWS16 = 0x0001_0001_0001_0001L;
    private static final long TOPS32 = 0x8000_0000_8000_0000L;
    private static final long LOW32 = 0xFFFF_FFFFL;

    private PackedIntegers() {}

    // ---- logic
    // -------------------------------------------------------------------------------------------------------------

    static long and(long a, long b) {
        return a & b;
    }

    static long andNot(long a, long b) {
        return ~a & b;
    }

    static long or(long a, long b) {
        return a | b;
    }

    static long xor(long a, long b) {
        return a ^ b;
    }

    // ---- sums that wrap
    // ----------------------------------------------------------------------------------------------------

    private static long add(long a, long b, long tops) {
        return (a & ~tops) + (b & ~tops) ^ (a ^ b) & tops;
    }

    private static long subtract(long a, long b, long tops) {
        return (a | tops) - (b & ~tops) ^ (a ^ ~b) & tops;
    }

    static long paddb(long a, long b) {
        return add(a, b, TOPS8);
    }

    static long paddw(long a, long b) {
        return add(a, b, TOPS16);
    }

    static long paddd(long a, long b) {
        return add(a, b, TOPS32);
    }

    static long psubb(long a, long b) {
        return subtract(a, b, TOPS8);
    }

    static long psubw(long a, long b) {
        return subtract(a, b, TOPS16);
    }

    static long psubd(long a, long b) {
        return subtract(a, b, TOPS32);
    }

    // ---- sums that saturate
    // ------------------------------------------------------------------------------------------------

    static long paddsb(long a, long b) {
        long result = 0;
        for (int i = 0; i < 64; i += 8) {
            int sum = (byte) (a >> i) + (byte) (b >> i);
            result |= (Math.clamp(sum, Byte.MIN_VALUE, Byte.MAX_VALUE) & 0xFFL) << i;
        }
        return result;
    }

    static long paddsw(long a, long b) {
        long result = 0;
        for (int i = 0; i < 64; i += 16) {
            int sum = (short) (a >> i) + (short) (b >> i);
            result |= (Math.clamp(sum, Short.MIN_VALUE, Short.MAX_VALUE) & 0xFFFFL) << i;
        }
        return result;
    }

    static long psubsb(long a, long b) {
        long result = 0;
        for (int i = 0; i < 64; i += 8) {
            int difference = (byte) (a >> i) - (byte) (b >> i);
            result |= (Math.clamp(difference, Byte.MIN_VALUE, Byte.MAX_VALUE) & 0xFFL) << i;
        }
        return result;
    }

    static long psubsw(long a, long b) {
        long result = 0;
        for (int i = 0; i < 64; i += 16) {
            int difference = (short) (a >> i) - (short) (b >> i);
            result |= (Math.clamp(difference, Short.MIN_VALUE, Short.MAX_VALUE) & 0xFFFFL) << i;
        }
        return result;
    }

    /** What remains of a without b, not below zero: also the way to minimum and maximum. */
    static long psubusb(long a, long b) {
        return psubb(a, b) & ~below(a, b, TOPS8, LOWS8, 0xFF);
    }

    static long psubusw(long a, long b) {
        return psubw(a, b) & ~below(a, b, TOPS16, LOWS16, 0xFFFF);
    }

    static long paddusb(long a, long b) {
        return paddb(a, b) | below(~a, b, TOPS8, LOWS8, 0xFF);
    }

    static long paddusw(long a, long b) {
        return paddw(a, b) | below(~a, b, TOPS16, LOWS16, 0xFFFF);
    }

    /** All ones in each lane in which a is below b, unsigned: where the subtraction borrows. */
    private static long below(long a, long b, long tops, long lows, long lane) {
        long borrows = (~a & b | (~a | b) & subtract(a, b, tops)) & tops;
        return fill(borrows, tops, lows, lane);
    }

    /** Spreads each lane's top bit over its lane. */
    private static long fill(long topBits, long tops, long lows, long lane) {
        return (topBits >>> Long.numberOfTrailingZeros(tops) & lows) * lane;
    }

    // ---- comparisons
    // -------------------------------------------------------------------------------------------------------

    /** Top bit of each lane that is zero. */
    private static long zeroLanes(long value, long tops) {
        return ~((value & ~tops) + ~tops | value) & tops;
    }

    static long pcmpeqb(long a, long b) {
        return fill(zeroLanes(a ^ b, TOPS8), TOPS8, LOWS8, 0xFF);
    }

    static long pcmpeqw(long a, long b) {
        return fill(zeroLanes(a ^ b, TOPS16), TOPS16, LOWS16, 0xFFFF);
    }

    static long pcmpeqd(long a, long b) {
        long difference = a ^ b;
        return ((int) difference == 0 ? LOW32 : 0) | (difference >>> 32 == 0 ? ~LOW32 : 0);
    }

    /** Signed order is unsigned order with the top bits turned. */
    static long pcmpgtb(long a, long b) {
        return below(b ^ TOPS8, a ^ TOPS8, TOPS8, LOWS8, 0xFF);
    }

    static long pcmpgtw(long a, long b) {
        return below(b ^ TOPS16, a ^ TOPS16, TOPS16, LOWS16, 0xFFFF);
    }

    static long pcmpgtd(long a, long b) {
        return ((int) a > (int) b ? LOW32 : 0) | (a >> 32 > b >> 32 ? ~LOW32 : 0);
    }

    static long pminub(long a, long b) {
        long less = below(a, b, TOPS8, LOWS8, 0xFF);
        return a & less | b & ~less;
    }

    static long pmaxub(long a, long b) {
        long less = below(a, b, TOPS8, LOWS8, 0xFF);
        return b & less | a & ~less;
    }

    static long pminsw(long a, long b) {
        long greater = pcmpgtw(a, b);
        return b & greater | a & ~greater;
    }

    static long pmaxsw(long a, long b) {
        long greater = pcmpgtw(a, b);
        return a & greater | b & ~greater;
    }

    // ---- means and distances
    // -----------------------------------------------------------------------------------------------

    /** (a + b + 1) / 2 without a ninth bit: what both have, or have alone, less half of the difference. */
    static long pavgb(long a, long b) {
        return psubb(a | b, (a ^ b) >>> 1 & ~TOPS8);
    }

    static long pavgw(long a, long b) {
        return psubw(a | b, (a ^ b) >>> 1 & ~TOPS16);
    }

    static long psadbw(long a, long b) {
        long sum = 0;
        for (int i = 0; i < 64; i += 8) {
            sum += Math.abs((int) (a >>> i & 0xFF) - (int) (b >>> i & 0xFF));
        }
        return sum;
    }

    // ---- products
    // ----------------------------------------------------------------------------------------------------------

    static long pmullw(long a, long b) {
        long result = 0;
        for (int i = 0; i < 64; i += 16) {
            result |= ((a >>> i) * (b >>> i) & 0xFFFF) << i;
        }
        return result;
    }

    static long pmulhw(long a, long b) {
        long result = 0;
        for (int i = 0; i < 64; i += 16) {
            long product = (long) (short) (a >>> i) * (short) (b >>> i);
            result |= (product >>> 16 & 0xFFFF) << i;
        }
        return result;
    }

    static long pmulhuw(long a, long b) {
        long result = 0;
        for (int i = 0; i < 64; i += 16) {
            long product = (a >>> i & 0xFFFF) * (b >>> i & 0xFFFF);
            result |= product >>> 16 << i;
        }
        return result;
    }

    static long pmuludq(long a, long b) {
        return (a & LOW32) * (b & LOW32);
    }

    static long pmaddwd(long a, long b) {
        return maddwd((int) a, (int) b) & LOW32 | (long) maddwd((int) (a >>> 32), (int) (b >>> 32)) << 32;
    }

    private static int maddwd(int a, int b) {
        return (short) a * (short) b + (a >> 16) * (b >> 16);
    }

    // ---- shifts: every lane by the same count
    // ------------------------------------------------------------------------------

    static long psllw(long a, long count) {
        return count < 0 || count > 15 ? 0 : a << count & LOWS16 * (0xFFFF << count & 0xFFFF);
    }

    static long pslld(long a, long count) {
        return count < 0 || count > 31 ? 0 : a << count & (LOW32 << count & LOW32) * (1L << 32 | 1);
    }

    static long psllq(long a, long count) {
        return count < 0 || count > 63 ? 0 : a << count;
    }

    static long psrlw(long a, long count) {
        return count < 0 || count > 15 ? 0 : a >>> count & LOWS16 * (0xFFFF >>> count);
    }

    static long psrld(long a, long count) {
        return count < 0 || count > 31 ? 0 : a >>> count & (LOW32 >>> count) * (1L << 32 | 1);
    }

    static long psrlq(long a, long count) {
        return count < 0 || count > 63 ? 0 : a >>> count;
    }

    static long psraw(long a, long count) {
        int shift = count < 0 || count > 15 ? 15 : (int) count;
        long result = 0;
        for (int i = 0; i < 64; i += 16) {
            result |= ((short) (a >>> i) >> shift & 0xFFFFL) << i;
        }
        return result;
    }

    static long psrad(long a, long count) {
        int shift = count < 0 || count > 31 ? 31 : (int) count;
        return (int) a >> shift & LOW32 | a >> 32 >> shift << 32;
    }

    /** One bit for each byte's sign. */
    static int byteSigns(long a) {
        return (int) ((a & TOPS8) * 0x0002_0408_1020_4081L >>> 56);
    }
}
