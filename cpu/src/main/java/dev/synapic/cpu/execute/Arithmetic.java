// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.signExtend;

/**
 * ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST, INC, DEC, NEG, NOT: operands sign-extended from width bytes, so is the
 * result.
 */
public final class Arithmetic {
    private Arithmetic() {}

    public static long add(Flags flags, int width, long a, long b) {
        long result = signExtend(a + b, width);
        flags.add(a, b, result);
        return result;
    }

    public static long adc(Flags flags, int width, long a, long b) {
        long result = signExtend(a + b + (flags.carry() ? 1 : 0), width);
        flags.add(a, b, result);
        return result;
    }

    public static long sub(Flags flags, int width, long a, long b) {
        long result = signExtend(a - b, width);
        flags.sub(a, b, result);
        return result;
    }

    public static long sbb(Flags flags, int width, long a, long b) {
        long result = signExtend(a - b - (flags.carry() ? 1 : 0), width);
        flags.sbb(a, b, result);
        return result;
    }

    public static long and(Flags flags, int width, long a, long b) {
        long result = a & b;
        flags.logic(result);
        return result;
    }

    public static long or(Flags flags, int width, long a, long b) {
        long result = a | b;
        flags.logic(result);
        return result;
    }

    public static long xor(Flags flags, int width, long a, long b) {
        long result = a ^ b;
        flags.logic(result);
        return result;
    }

    public static long inc(Flags flags, int width, long a, long unused) {
        long result = signExtend(a + 1, width);
        flags.inc(a, result);
        return result;
    }

    public static long dec(Flags flags, int width, long a, long unused) {
        long result = signExtend(a - 1, width);
        flags.dec(a, result);
        return result;
    }

    public static long neg(Flags flags, int width, long a, long unused) {
        return sub(flags, width, 0, a);
    }

    /** Changes no flags. */
    public static long not(Flags flags, int width, long a, long unused) {
        return ~a;
    }
}
