// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.signExtend;
import static dev.synapic.cpu.execute.Operands.zeroExtend;

/**
 * Shifts and rotates (SDM vol. 2B, "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR", "SHLD"). The count is taken modulo 32, or 64
 * for 64-bit operands; a count of zero changes no flags. OF, defined only for a count of one, is made up by the same
 * formula for all counts.
 */
public final class Shifts {
    private Shifts() {}

    private static int count(int width, long count) {
        return (int) count & (width == 8 ? 63 : 31);
    }

    private static boolean bit(long value, int number) {
        return (value >>> number & 1) != 0;
    }

    public static long shl(Flags flags, int width, long a, long b) {
        int count = count(width, b);
        if (count == 0) {
            return a;
        }
        int bits = width * 8;
        boolean carry = count <= bits && bit(a, bits - count);
        long result = signExtend(a << count, width);
        flags.result(result, carry, result < 0 != carry);
        return result;
    }

    public static long shr(Flags flags, int width, long a, long b) {
        int count = count(width, b);
        if (count == 0) {
            return a;
        }
        long unsigned = zeroExtend(a, width);
        long shifted = unsigned >>> count;
        long result = signExtend(shifted, width);
        int bits = width * 8;
        flags.result(result, bit(unsigned, count - 1), bit(shifted, bits - 1) != bit(shifted, bits - 2));
        return result;
    }

    public static long sar(Flags flags, int width, long a, long b) {
        int count = count(width, b);
        if (count == 0) {
            return a;
        }
        long result = a >> count;
        flags.result(result, bit(a >> count - 1, 0), false);
        return result;
    }

    public static long rol(Flags flags, int width, long a, long b) {
        int count = count(width, b);
        if (count == 0) {
            return a;
        }
        long result = rotateLeft(width, a, count);
        flags.rotated(bit(result, 0), result < 0 != bit(result, 0));
        return result;
    }

    public static long ror(Flags flags, int width, long a, long b) {
        int count = count(width, b);
        if (count == 0) {
            return a;
        }
        int bits = width * 8;
        long result = rotateLeft(width, a, bits - count % bits);
        flags.rotated(result < 0, result < 0 != bit(result, bits - 2));
        return result;
    }

    private static long rotateLeft(int width, long a, int count) {
        int bits = width * 8;
        int left = count % bits;
        if (left == 0) {
            return a;
        }
        return signExtend(a << left | zeroExtend(a, width) >>> bits - left, width);
    }

    public static long rcl(Flags flags, int width, long a, long b) {
        int bits = width * 8;
        int count = count(width, b) % (bits + 1);
        if (count == 0) {
            return a;
        }
        return rotateThroughCarry(flags, width, a, count, true);
    }

    public static long rcr(Flags flags, int width, long a, long b) {
        int bits = width * 8;
        int count = count(width, b) % (bits + 1);
        if (count == 0) {
            return a;
        }
        return rotateThroughCarry(flags, width, a, bits + 1 - count, false);
    }

    /** Rotates CF:a left by 1 to bits places. */
    private static long rotateThroughCarry(Flags flags, int width, long a, int left, boolean leftwards) {
        int bits = width * 8;
        long unsigned = zeroExtend(a, width);
        long carryIn = flags.carry() ? 1 : 0;
        boolean carry = bit(unsigned, bits - left);
        // Shift distances of 64 are split, as Java takes them modulo 64.
        long low = unsigned >>> 1 >>> bits - left;
        long high = left == bits ? 0 : unsigned << left;
        long result = signExtend(high | carryIn << left - 1 | low, width);
        flags.rotated(carry, result < 0 != (leftwards ? carry : bit(result, bits - 2)));
        return result;
    }

    /** Shifts a left, bits of b come in from the right. */
    public static long shld(Flags flags, int width, long a, long b, long c) {
        int count = count(width, c);
        if (count == 0) {
            return a;
        }
        int bits = width * 8;
        if (count > bits) {
            return shld(flags, width, b, a, count - bits);
        }
        long result = count == bits ? b : signExtend(a << count | zeroExtend(b, width) >>> bits - count, width);
        flags.result(result, bit(a, bits - count), result < 0 != a < 0);
        return result;
    }

    /** Shifts a right, bits of b come in from the left. */
    public static long shrd(Flags flags, int width, long a, long b, long c) {
        int count = count(width, c);
        if (count == 0) {
            return a;
        }
        int bits = width * 8;
        if (count > bits) {
            return shrd(flags, width, b, a, count - bits);
        }
        long result = count == bits ? b : signExtend(zeroExtend(a, width) >>> count | b << bits - count, width);
        flags.result(result, bit(a, count - 1), result < 0 != a < 0);
        return result;
    }
}
