// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;
import dev.synapic.cpu.softfloat.Format;
import dev.synapic.cpu.softfloat.SoftFloat;
import java.util.function.IntUnaryOperator;

/**
 * Arithmetic of SSE, SSE2 and SSE3 on packed and scalar numbers. Results and flags are exact in every rounding mode. The common
 * case, round to nearest with PE masked and set already and no operand or result at the edge of its format, takes Java's operations.
 */
final class FloatArithmetic {
    private static final long LOW32 = 0xFFFF_FFFFL;
    private static final int SINGLE_TOP = 0xFF, DOUBLE_TOP = 0x7FF;

    private FloatArithmetic() {}

    // ---- one number
    // --------------------------------------------------------------------------------------------------------

    static int single(Cpu cpu, SoftFloat floats, FloatOperation operation, int a, int b) {
        if (FloatControl.quick(cpu) && ordinary(a) && ordinary(b)) {
            int result = Float.floatToRawIntBits(operation.quick(Float.intBitsToFloat(a), Float.intBitsToFloat(b)));
            if (inside(result)) {
                return result;
            }
        }
        FloatControl.loadSingle(cpu, floats.a, a);
        FloatControl.loadSingle(cpu, floats.b, b);
        operation.exact(floats);
        if (operation.rounds()) {
            floats.round(Format.SINGLE);
        }
        return floats.result.toSingle();
    }

    static long wide(Cpu cpu, SoftFloat floats, FloatOperation operation, long a, long b) {
        if (FloatControl.quick(cpu) && ordinary(a) && ordinary(b)) {
            double quick = operation.quick(Double.longBitsToDouble(a), Double.longBitsToDouble(b));
            long result = Double.doubleToRawLongBits(quick);
            if (inside(result)) {
                return result;
            }
        }
        FloatControl.loadDouble(cpu, floats.a, a);
        FloatControl.loadDouble(cpu, floats.b, b);
        operation.exact(floats);
        if (operation.rounds()) {
            floats.round(Format.DOUBLE);
        }
        return floats.result.toDouble();
    }

    /** A normal number or zero. */
    static boolean ordinary(int bits) {
        int field = bits >>> 23 & SINGLE_TOP;
        return field != 0 ? field != SINGLE_TOP : bits << 1 == 0;
    }

    static boolean ordinary(long bits) {
        int field = (int) (bits >>> 52) & DOUBLE_TOP;
        return field != 0 ? field != DOUBLE_TOP : bits << 1 == 0;
    }

    /** Neither infinite nor NaN, nor so small that its rounding may have been an underflow. */
    static boolean inside(int result) {
        int field = result >>> 23 & SINGLE_TOP;
        return field > 1 && field != SINGLE_TOP;
    }

    static boolean inside(long result) {
        int field = (int) (result >>> 52) & DOUBLE_TOP;
        return field > 1 && field != DOUBLE_TOP;
    }

    /** Two singles in 64 bits. */
    private static long pair(Cpu cpu, SoftFloat floats, FloatOperation operation, long a, long b) {
        int low = single(cpu, floats, operation, (int) a, (int) b);
        int high = single(cpu, floats, operation, (int) (a >>> 32), (int) (b >>> 32));
        return low & LOW32 | (long) high << 32;
    }

    // ---- the four forms
    // ----------------------------------------------------------------------------------------------------

    static Handler scalarSingle(FloatOperation operation) {
        return (cpu, in) -> {
            SoftFloat floats = FloatControl.begin(cpu);
            int b = VectorOperands.read32(cpu, in);
            long[] xmm = cpu.vectors.xmm;
            int target = in.reg() << 1;
            int a = operation == FloatOperation.SQRT ? b : (int) xmm[target];
            int result = single(cpu, floats, operation, a, b);
            FloatControl.end(cpu, floats);
            xmm[target] = xmm[target] & ~LOW32 | result & LOW32;
        };
    }

    static Handler scalarDouble(FloatOperation operation) {
        return (cpu, in) -> {
            SoftFloat floats = FloatControl.begin(cpu);
            long b = VectorOperands.read64(cpu, in);
            long[] xmm = cpu.vectors.xmm;
            int target = in.reg() << 1;
            long result = wide(cpu, floats, operation, operation == FloatOperation.SQRT ? b : xmm[target], b);
            FloatControl.end(cpu, floats);
            xmm[target] = result;
        };
    }

    static Handler packedSingle(FloatOperation operation) {
        return (cpu, in) -> packed(cpu, in, (c, floats, a, b) -> pair(c, floats, operation, a, b), operation);
    }

    static Handler packedDouble(FloatOperation operation) {
        return (cpu, in) -> packed(cpu, in, (c, floats, a, b) -> wide(c, floats, operation, a, b), operation);
    }

    @FunctionalInterface
    private interface Half {
        long apply(Cpu cpu, SoftFloat floats, long a, long b);
    }

    private static void packed(Cpu cpu, DecodedInstruction in, Half half, FloatOperation operation) {
        SoftFloat floats = FloatControl.begin(cpu);
        long[] xmm = cpu.vectors.xmm;
        long low = sourceLow(cpu, in);
        long high = sourceHigh(cpu, in);
        int target = in.reg() << 1;
        boolean unary = operation == FloatOperation.SQRT;
        long newLow = half.apply(cpu, floats, unary ? low : xmm[target], low);
        long newHigh = half.apply(cpu, floats, unary ? high : xmm[target + 1], high);
        FloatControl.end(cpu, floats);
        xmm[target] = newLow;
        xmm[target + 1] = newHigh;
    }

    /** First half of an aligned operand. */
    static long sourceLow(Cpu cpu, DecodedInstruction in) {
        return in.memory() ? cpu.memory.read64(VectorOperands.aligned(cpu, in, false)) : cpu.vectors.xmm[in.rm() << 1];
    }

    static long sourceHigh(Cpu cpu, DecodedInstruction in) {
        return in.memory()
                ? cpu.memory.read64(VectorOperands.aligned(cpu, in, false) + 8)
                : cpu.vectors.xmm[(in.rm() << 1) + 1];
    }

    // ---- SSE3: alternately, and horizontally
    // -------------------------------------------------------------------------------

    static void addsubps(Cpu cpu, DecodedInstruction in) {
        packed(cpu, in, FloatArithmetic::subtractThenAdd, FloatOperation.ADD);
    }

    private static long subtractThenAdd(Cpu cpu, SoftFloat floats, long a, long b) {
        int low = single(cpu, floats, FloatOperation.SUB, (int) a, (int) b);
        int high = single(cpu, floats, FloatOperation.ADD, (int) (a >>> 32), (int) (b >>> 32));
        return low & LOW32 | (long) high << 32;
    }

    static void addsubpd(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        long[] xmm = cpu.vectors.xmm;
        int target = in.reg() << 1;
        long low = wide(cpu, floats, FloatOperation.SUB, xmm[target], sourceLow(cpu, in));
        long high = wide(cpu, floats, FloatOperation.ADD, xmm[target + 1], sourceHigh(cpu, in));
        FloatControl.end(cpu, floats);
        xmm[target] = low;
        xmm[target + 1] = high;
    }

    /** HADDPS, HSUBPS: the two halves of each 64 bits. */
    static Handler horizontalSingle(FloatOperation operation) {
        return (cpu, in) -> {
            SoftFloat floats = FloatControl.begin(cpu);
            long[] xmm = cpu.vectors.xmm;
            int target = in.reg() << 1;
            long low = both(cpu, floats, operation, xmm[target], xmm[target + 1]);
            long high = both(cpu, floats, operation, sourceLow(cpu, in), sourceHigh(cpu, in));
            FloatControl.end(cpu, floats);
            xmm[target] = low;
            xmm[target + 1] = high;
        };
    }

    private static long both(Cpu cpu, SoftFloat floats, FloatOperation operation, long first, long second) {
        int low = single(cpu, floats, operation, (int) first, (int) (first >>> 32));
        int high = single(cpu, floats, operation, (int) second, (int) (second >>> 32));
        return low & LOW32 | (long) high << 32;
    }

    static Handler horizontalDouble(FloatOperation operation) {
        return (cpu, in) -> {
            SoftFloat floats = FloatControl.begin(cpu);
            long[] xmm = cpu.vectors.xmm;
            int target = in.reg() << 1;
            long low = wide(cpu, floats, operation, xmm[target], xmm[target + 1]);
            long high = wide(cpu, floats, operation, sourceLow(cpu, in), sourceHigh(cpu, in));
            FloatControl.end(cpu, floats);
            xmm[target] = low;
            xmm[target + 1] = high;
        };
    }

    // ---- approximations
    // ------------------------------------------------------------------------------------------------------

    /** RCPPS, RCPSS. The manual allows a relative error of 1.5 * 2^-12; this is the nearest single. */
    static int reciprocal(int bits) {
        return approximation(bits, 1.0f / flushed(bits));
    }

    /** RSQRTPS, RSQRTSS, as {@link #reciprocal}. */
    static int reciprocalRoot(int bits) {
        float a = flushed(bits);
        return approximation(bits, a == 0 ? 1.0f / a : (float) (1.0 / Math.sqrt(a)));
    }

    private static float flushed(int bits) {
        return (bits >>> 23 & SINGLE_TOP) == 0 ? Float.intBitsToFloat(bits & 1 << 31) : Float.intBitsToFloat(bits);
    }

    /** No flag is set; a NaN stays itself, made quiet; what would be denormal is zero. */
    private static int approximation(int operand, float result) {
        if (Float.isNaN(Float.intBitsToFloat(operand))) {
            return operand | 1 << 22;
        }
        if (Float.isNaN(result)) {
            return 0xFFC0_0000;
        }
        int bits = Float.floatToRawIntBits(result);
        return (bits >>> 23 & SINGLE_TOP) == 0 ? bits & 1 << 31 : bits;
    }

    static Handler approximateScalar(IntUnaryOperator function) {
        return (cpu, in) -> {
            VectorOperands.requireSse(cpu);
            int result = function.applyAsInt(VectorOperands.read32(cpu, in));
            long[] xmm = cpu.vectors.xmm;
            xmm[in.reg() << 1] = xmm[in.reg() << 1] & ~LOW32 | result & LOW32;
        };
    }

    static Handler approximatePacked(IntUnaryOperator function) {
        return (cpu, in) -> {
            VectorOperands.requireSse(cpu);
            long low = sourceLow(cpu, in);
            long high = sourceHigh(cpu, in);
            long[] xmm = cpu.vectors.xmm;
            xmm[in.reg() << 1] = approximatePair(function, low);
            xmm[(in.reg() << 1) + 1] = approximatePair(function, high);
        };
    }

    private static long approximatePair(IntUnaryOperator function, long a) {
        return function.applyAsInt((int) a) & LOW32 | (long) function.applyAsInt((int) (a >>> 32)) << 32;
    }
}
