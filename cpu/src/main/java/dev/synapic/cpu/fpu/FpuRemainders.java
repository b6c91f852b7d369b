// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.fpu;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.softfloat.Format;
import dev.synapic.cpu.softfloat.Real;
import dev.synapic.cpu.softfloat.SoftFloat;
import dev.synapic.cpu.state.FpuRegisters;

/** FPREM, FPREM1, FSCALE, FXTRACT: exact, flags included. */
final class FpuRemainders {
    /** What FSCALE adds at most: beyond, everything overflows or underflows. */
    private static final int MOST_SCALE = 1 << 16;

    private FpuRemainders() {}

    // ---- FPREM, FPREM1
    // -----------------------------------------------------------------------------------------------------

    static void fprem(Cpu cpu, DecodedInstruction in) {
        remainder(cpu, in, false);
    }

    static void fprem1(Cpu cpu, DecodedInstruction in) {
        remainder(cpu, in, true);
    }

    private static void remainder(Cpu cpu, DecodedInstruction in, boolean nearest) {
        SoftFloat floats = FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        cpu.fpu.setConditions(FpuRegisters.C2, 0);
        if (FpuAccess.underflows(cpu, 0) || FpuAccess.underflows(cpu, 1, 0)) {
            return;
        }
        FpuAccess.load(cpu, floats.a, cpu.fpu.index(0));
        FpuAccess.load(cpu, floats.b, cpu.fpu.index(1));
        int conditions = 0;
        int changed = FpuRegisters.C1 | FpuRegisters.C2;
        if (!floats.nan()) {
            if (floats.a.kind == Real.INFINITE || floats.b.kind == Real.ZERO) {
                floats.invalid();
            } else {
                floats.noteDenormals();
                floats.result.set(floats.a);
                changed = FpuRegisters.CONDITIONS;
                boolean finite = floats.a.kind == Real.FINITE && floats.b.kind == Real.FINITE;
                conditions = finite && !floats.refused() ? reduce(floats, nearest) : 0;
                floats.round(Format.EXTENDED);
            }
        }
        if (FpuAccess.store(cpu, floats, 0)) {
            cpu.fpu.setConditions(changed, conditions);
        }
    }

    /** Makes the result; returns the quotient's low three bits in C0, C3 and C1, or C2 where the reduction is not complete. */
    private static int reduce(SoftFloat floats, boolean nearest) {
        Real a = floats.a;
        Real b = floats.b;
        int distance = a.exponent - b.exponent;
        if (distance >= 64) {
            // As many bits as keep the rest of the distance a multiple of 32 (SDM: between 32 and 63, the processor
            // chooses).
            int part = 32 | distance & 31;
            long rest = divided(a.significand, b.significand, part, floats.result);
            floats.result.setFinite(a.negative, a.exponent - part, rest, 0);
            return FpuRegisters.C2;
        }
        if (distance < 0) {
            return nearest && distance == -1 ? reduceHalf(floats) : 0;
        }
        long rest = divided(a.significand, b.significand, distance, floats.result);
        long quotient = floats.result.low;
        boolean negative = a.negative;
        long other = b.significand - rest;
        int order = Long.compareUnsigned(rest, other);
        if (nearest && (order > 0 || order == 0 && (quotient & 1) != 0)) {
            rest = other;
            negative = !negative;
            quotient++;
        }
        floats.result.setFinite(negative, b.exponent, rest, 0);
        if (rest == 0) {
            floats.result.setZero(a.negative);
        }
        return quotientBits(quotient);
    }

    /** Remainder of a * 2^shift by b; the quotient goes to where.low. */
    private static long divided(long a, long b, int shift, Real where) {
        boolean fits = Long.compareUnsigned(a, b) >= 0;
        long rest = fits ? a - b : a;
        long quotient = fits ? 1 : 0;
        for (int i = 0; i < shift; i++) {
            boolean carry = rest < 0;
            rest <<= 1;
            quotient <<= 1;
            if (carry || Long.compareUnsigned(rest, b) >= 0) {
                rest -= b;
                quotient |= 1;
            }
        }
        where.low = quotient;
        return rest;
    }

    /** FPREM1 of a number between a half and all of the divisor. */
    private static int reduceHalf(SoftFloat floats) {
        Real a = floats.a;
        Real b = floats.b;
        if (Long.compareUnsigned(a.significand, b.significand) <= 0) {
            return 0;
        }
        floats.result.setFinite(!a.negative, a.exponent, (b.significand << 1) - a.significand, 0);
        return quotientBits(1);
    }

    private static int quotientBits(long quotient) {
        return ((quotient & 1) != 0 ? FpuRegisters.C1 : 0)
                | ((quotient & 2) != 0 ? FpuRegisters.C3 : 0)
                | ((quotient & 4) != 0 ? FpuRegisters.C0 : 0);
    }

    // ---- FSCALE
    // --------------------------------------------------------------------------------------------------------------

    static void fscale(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        if (FpuAccess.underflows(cpu, 0) || FpuAccess.underflows(cpu, 1, 0)) {
            return;
        }
        FpuAccess.load(cpu, floats.a, cpu.fpu.index(0));
        FpuAccess.load(cpu, floats.b, cpu.fpu.index(1));
        if (!floats.nan()) {
            scale(floats);
            floats.round(Format.EXTENDED);
        }
        FpuAccess.store(cpu, floats, 0);
    }

    /** SDM vol. 2A, table 3-36. */
    private static void scale(SoftFloat floats) {
        Real a = floats.a;
        Real b = floats.b;
        if (b.kind == Real.INFINITE) {
            if (a.kind == (b.negative ? Real.INFINITE : Real.ZERO)) {
                floats.invalid();
                return;
            }
            floats.noteDenormals();
            floats.result.set(a);
            if (b.negative) {
                floats.result.setZero(a.negative);
            } else {
                floats.result.setInfinite(a.negative);
            }
            return;
        }
        floats.noteDenormals();
        floats.result.set(a);
        if (a.kind == Real.FINITE && b.kind == Real.FINITE && b.exponent >= 0) {
            int steps = b.exponent >= 16 ? MOST_SCALE : (int) (b.significand >>> 63 - b.exponent);
            floats.result.exponent += b.negative ? -steps : steps;
        }
    }

    // ---- FXTRACT
    // -------------------------------------------------------------------------------------------------------------

    /** The exponent replaces ST(0), and the significand is pushed. */
    static void fxtract(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        FpuRegisters fpu = cpu.fpu;
        if (FpuAccess.cannotSplit(cpu)) {
            return;
        }
        FpuAccess.load(cpu, floats.a, fpu.index(0));
        extract(floats);
        int exponentTop = floats.b.toExtendedTop();
        long exponent = floats.b.toExtendedSignificand();
        if (FpuAccess.store(cpu, floats, 0)) {
            int top = fpu.signAndExponent(fpu.index(0));
            long significand = fpu.significand(fpu.index(0));
            fpu.set(fpu.index(0), exponentTop, exponent);
            FpuAccess.push(cpu, top, significand);
        }
    }

    /** Leaves the significand in the result and the exponent in b. */
    private static void extract(SoftFloat floats) {
        Real a = floats.a;
        if (floats.nanAlone()) {
            floats.b.set(floats.result);
            return;
        }
        floats.noteDenormals();
        floats.result.set(a);
        switch (a.kind) {
            case Real.ZERO -> {
                floats.flags |= SoftFloat.ZERO_DIVIDE;
                floats.b.setInfinite(true);
            }
            case Real.INFINITE -> floats.b.setInfinite(false);
            default -> {
                floats.b.setLong(a.exponent);
                floats.result.exponent = 0;
            }
        }
    }
}
