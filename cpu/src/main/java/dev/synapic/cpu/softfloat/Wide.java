// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.softfloat;

/** Division and square root of unsigned 128-bit integers. */
final class Wide {
    private static final long LOW_HALF = 0xFFFF_FFFFL;

    private Wide() {}

    /**
     * Divides high:low by a divisor that has its top bit set and is larger than high: Knuth's algorithm D with two digits of 32
     * bits (The Art of Computer Programming, vol. 2, 4.3.1).
     */
    static long divide(long high, long low, long divisor) {
        long first = digit(high, low >>> 32, divisor);
        long rest = (high << 32 | low >>> 32) - first * divisor;
        long second = digit(rest, low & LOW_HALF, divisor);
        return first << 32 | second;
    }

    /** One digit of the quotient: of rest:next, next having 32 bits, by the divisor. */
    private static long digit(long rest, long next, long divisor) {
        long divisorHigh = divisor >>> 32;
        long divisorLow = divisor & LOW_HALF;
        long digit = Long.divideUnsigned(rest, divisorHigh);
        long left = rest - digit * divisorHigh;
        while (digit >>> 32 != 0 || Long.compareUnsigned(digit * divisorLow, left << 32 | next) > 0) {
            digit--;
            left += divisorHigh;
            if (left >>> 32 != 0) {
                break;
            }
        }
        return digit;
    }

    /** Floor of the square root of high:low, bit by bit; one of high's upper two bits is set, so that the root has 64 bits. */
    static long squareRoot(long high, long low) {
        long root = 0;
        long restHigh = 0;
        long restLow = 0;
        for (int i = 0; i < 64; i++) {
            long next = i < 32 ? high >>> 62 - 2 * i & 3 : low >>> 126 - 2 * i & 3;
            restHigh = restHigh << 2 | restLow >>> 62;
            restLow = restLow << 2 | next;
            long trialHigh = root >>> 62;
            long trialLow = root << 2 | 1;
            root <<= 1;
            boolean fits = restHigh != trialHigh
                    ? Long.compareUnsigned(restHigh, trialHigh) > 0
                    : Long.compareUnsigned(restLow, trialLow) >= 0;
            if (fits) {
                restHigh -= trialHigh + (Long.compareUnsigned(restLow, trialLow) < 0 ? 1 : 0);
                restLow -= trialLow;
                root |= 1;
            }
        }
        return root;
    }

    /** What follows root, the floor of the square root of high:low: the next bit, and behind it whether there is more. */
    static long rootBits(long high, long low, long root) {
        long squareHigh = Math.unsignedMultiplyHigh(root, root);
        long squareLow = root * root;
        long restHigh = high - squareHigh - (Long.compareUnsigned(low, squareLow) < 0 ? 1 : 0);
        long restLow = low - squareLow;
        if (restHigh == 0 && restLow == 0) {
            return 0;
        }
        boolean aboveHalf = restHigh != 0 || Long.compareUnsigned(restLow, root) > 0;
        return aboveHalf ? 3L << 62 : 1L << 62;
    }
}
