// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;
import dev.synapic.cpu.softfloat.Format;
import dev.synapic.cpu.softfloat.SoftFloat;

/** CVT*: between single, double and signed integers (SDM vol. 1, 11.4.1.4). All are exact, flags included. */
final class FloatConversions {
    private static final long LOW32 = 0xFFFF_FFFFL;

    private FloatConversions() {}

    // ---- one number
    // --------------------------------------------------------------------------------------------------------

    private static long widened(Cpu cpu, SoftFloat floats, int bits) {
        if (FloatArithmetic.ordinary(bits)) {
            return Double.doubleToRawLongBits(Float.intBitsToFloat(bits));
        }
        FloatControl.loadSingle(cpu, floats.a, bits);
        floats.convert();
        floats.round(Format.DOUBLE);
        return floats.result.toDouble();
    }

    private static int narrowed(Cpu cpu, SoftFloat floats, long bits) {
        if (FloatControl.quick(cpu) && FloatArithmetic.ordinary(bits)) {
            int result = Float.floatToRawIntBits((float) Double.longBitsToDouble(bits));
            if (FloatArithmetic.inside(result)) {
                return result;
            }
        }
        FloatControl.loadDouble(cpu, floats.a, bits);
        floats.convert();
        floats.round(Format.SINGLE);
        return floats.result.toSingle();
    }

    private static int singleOf(SoftFloat floats, long integer) {
        if (Math.abs(integer) >>> 24 == 0) {
            return Float.floatToRawIntBits((float) integer);
        }
        floats.a.setLong(integer);
        floats.accept();
        floats.round(Format.SINGLE);
        return floats.result.toSingle();
    }

    private static long doubleOf(SoftFloat floats, long integer) {
        if (Math.abs(integer) >>> 53 == 0) {
            return Double.doubleToRawLongBits((double) integer);
        }
        floats.a.setLong(integer);
        floats.accept();
        floats.round(Format.DOUBLE);
        return floats.result.toDouble();
    }

    private static long integerOfSingle(Cpu cpu, SoftFloat floats, int bits, int size) {
        FloatControl.loadSingle(cpu, floats.a, bits);
        return floats.toInteger(size);
    }

    private static long integerOfDouble(Cpu cpu, SoftFloat floats, long bits, int size) {
        double value = Double.longBitsToDouble(bits);
        long integer = (long) value;
        if (integer == value && Math.abs(integer) >>> 31 == 0) {
            return integer;
        }
        FloatControl.loadDouble(cpu, floats.a, bits);
        return floats.toInteger(size);
    }

    // ---- scalars
    // -----------------------------------------------------------------------------------------------------------

    static void cvtss2sd(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        long result = widened(cpu, floats, VectorOperands.read32(cpu, in));
        FloatControl.end(cpu, floats);
        cpu.vectors.xmm[in.reg() << 1] = result;
    }

    static void cvtsd2ss(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        int result = narrowed(cpu, floats, VectorOperands.read64(cpu, in));
        FloatControl.end(cpu, floats);
        setLow32(cpu, in, result);
    }

    private static void setLow32(Cpu cpu, DecodedInstruction in, int value) {
        long[] xmm = cpu.vectors.xmm;
        xmm[in.reg() << 1] = xmm[in.reg() << 1] & ~LOW32 | value & LOW32;
    }

    static void cvtsi2ss(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        int result = singleOf(floats, readInteger(cpu, in));
        FloatControl.end(cpu, floats);
        setLow32(cpu, in, result);
    }

    static void cvtsi2sd(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        long result = doubleOf(floats, readInteger(cpu, in));
        FloatControl.end(cpu, floats);
        cpu.vectors.xmm[in.reg() << 1] = result;
    }

    private static long readInteger(Cpu cpu, DecodedInstruction in) {
        if (in.width() == 8) {
            return in.memory() ? cpu.memory.read64(cpu.address(in, 8, false)) : cpu.gpr[in.rm()];
        }
        return in.memory() ? cpu.memory.read32(cpu.address(in, 4, false)) : (int) cpu.gpr[in.rm()];
    }

    static Handler singleToInteger(boolean truncates) {
        return (cpu, in) -> {
            SoftFloat floats = beginTruncating(cpu, truncates);
            int size = in.operandSize() == 8 ? 64 : 32;
            long result = integerOfSingle(cpu, floats, VectorOperands.read32(cpu, in), size);
            FloatControl.end(cpu, floats);
            cpu.gpr[in.reg()] = size == 64 ? result : result & LOW32;
        };
    }

    static Handler doubleToInteger(boolean truncates) {
        return (cpu, in) -> {
            SoftFloat floats = beginTruncating(cpu, truncates);
            int size = in.operandSize() == 8 ? 64 : 32;
            long result = integerOfDouble(cpu, floats, VectorOperands.read64(cpu, in), size);
            FloatControl.end(cpu, floats);
            cpu.gpr[in.reg()] = size == 64 ? result : result & LOW32;
        };
    }

    private static SoftFloat beginTruncating(Cpu cpu, boolean truncates) {
        SoftFloat floats = FloatControl.begin(cpu);
        if (truncates) {
            floats.truncate();
        }
        return floats;
    }

    // ---- packed
    // ------------------------------------------------------------------------------------------------------------

    private static void set(Cpu cpu, DecodedInstruction in, SoftFloat floats, long low, long high) {
        FloatControl.end(cpu, floats);
        cpu.vectors.xmm[in.reg() << 1] = low;
        cpu.vectors.xmm[(in.reg() << 1) + 1] = high;
    }

    private static long pair(long low, long high) {
        return low & LOW32 | high << 32;
    }

    static void cvtps2pd(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        long source = VectorOperands.read64(cpu, in);
        long low = widened(cpu, floats, (int) source);
        set(cpu, in, floats, low, widened(cpu, floats, (int) (source >>> 32)));
    }

    static void cvtpd2ps(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        int low = narrowed(cpu, floats, FloatArithmetic.sourceLow(cpu, in));
        int high = narrowed(cpu, floats, FloatArithmetic.sourceHigh(cpu, in));
        set(cpu, in, floats, pair(low, high), 0);
    }

    static void cvtdq2ps(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        long low = singlesOf(floats, FloatArithmetic.sourceLow(cpu, in));
        long high = singlesOf(floats, FloatArithmetic.sourceHigh(cpu, in));
        set(cpu, in, floats, low, high);
    }

    private static long singlesOf(SoftFloat floats, long integers) {
        int low = singleOf(floats, integers << 32 >> 32);
        return pair(low, singleOf(floats, integers >> 32));
    }

    static void cvtdq2pd(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        long source = VectorOperands.read64(cpu, in);
        set(cpu, in, floats, doubleOf(floats, source << 32 >> 32), doubleOf(floats, source >> 32));
    }

    static Handler singlesToIntegers(boolean truncates) {
        return (cpu, in) -> {
            SoftFloat floats = beginTruncating(cpu, truncates);
            long low = integersOfSingles(cpu, floats, FloatArithmetic.sourceLow(cpu, in));
            long high = integersOfSingles(cpu, floats, FloatArithmetic.sourceHigh(cpu, in));
            set(cpu, in, floats, low, high);
        };
    }

    private static long integersOfSingles(Cpu cpu, SoftFloat floats, long source) {
        long low = integerOfSingle(cpu, floats, (int) source, 32);
        return pair(low, integerOfSingle(cpu, floats, (int) (source >>> 32), 32));
    }

    static Handler doublesToIntegers(boolean truncates) {
        return (cpu, in) -> {
            SoftFloat floats = beginTruncating(cpu, truncates);
            long low = integerOfDouble(cpu, floats, FloatArithmetic.sourceLow(cpu, in), 32);
            long high = integerOfDouble(cpu, floats, FloatArithmetic.sourceHigh(cpu, in), 32);
            set(cpu, in, floats, pair(low, high), 0);
        };
    }

    // ---- with MMX registers; a source in memory leaves the x87's state alone (SDM vol. 2A, "CVTPI2PD")
    // ------------------------

    private static void requireSource(Cpu cpu, DecodedInstruction in) {
        if (!in.memory()) {
            VectorOperands.requireBoth(cpu);
        }
    }

    private static void leaveSource(Cpu cpu, DecodedInstruction in) {
        if (!in.memory()) {
            cpu.fpu.enterMmx();
        }
    }

    static void cvtpi2ps(Cpu cpu, DecodedInstruction in) {
        requireSource(cpu, in);
        SoftFloat floats = FloatControl.begin(cpu);
        long result = singlesOf(floats, VectorOperands.readMmx(cpu, in));
        FloatControl.end(cpu, floats);
        leaveSource(cpu, in);
        cpu.vectors.xmm[in.reg() << 1] = result;
    }

    static void cvtpi2pd(Cpu cpu, DecodedInstruction in) {
        requireSource(cpu, in);
        SoftFloat floats = FloatControl.begin(cpu);
        long source = VectorOperands.readMmx(cpu, in);
        leaveSource(cpu, in);
        set(cpu, in, floats, doubleOf(floats, source << 32 >> 32), doubleOf(floats, source >> 32));
    }

    static Handler singlesToMmx(boolean truncates) {
        return (cpu, in) -> {
            VectorOperands.requireBoth(cpu);
            SoftFloat floats = beginTruncating(cpu, truncates);
            long result = integersOfSingles(cpu, floats, VectorOperands.read64(cpu, in));
            FloatControl.end(cpu, floats);
            VectorOperands.writeMmx(cpu, in, result);
        };
    }

    static Handler doublesToMmx(boolean truncates) {
        return (cpu, in) -> {
            VectorOperands.requireBoth(cpu);
            SoftFloat floats = beginTruncating(cpu, truncates);
            long low = integerOfDouble(cpu, floats, FloatArithmetic.sourceLow(cpu, in), 32);
            long high = integerOfDouble(cpu, floats, FloatArithmetic.sourceHigh(cpu, in), 32);
            FloatControl.end(cpu, floats);
            VectorOperands.writeMmx(cpu, in, pair(low, high));
        };
    }
}
