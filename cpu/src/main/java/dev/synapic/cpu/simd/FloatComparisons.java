// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.execute.Flags;
import dev.synapic.cpu.softfloat.SoftFloat;

/** CMPcc, COMIS, UCOMIS, and the sign masks. */
final class FloatComparisons {
    private static final long LOW32 = 0xFFFF_FFFFL;
    /** Of the predicates 0 to 3 (EQ, LT, LE, UNORD) and their negations 4 to 7, LT and LE object to quiet NaNs. */
    private static final int LT = 1, LE = 2;

    private FloatComparisons() {}

    // ---- to RFLAGS
    // ---------------------------------------------------------------------------------------------------------

    static void comiss(Cpu cpu, DecodedInstruction in) {
        compareSingle(cpu, in, true);
    }

    static void ucomiss(Cpu cpu, DecodedInstruction in) {
        compareSingle(cpu, in, false);
    }

    static void comisd(Cpu cpu, DecodedInstruction in) {
        compareDouble(cpu, in, true);
    }

    static void ucomisd(Cpu cpu, DecodedInstruction in) {
        compareDouble(cpu, in, false);
    }

    private static void compareSingle(Cpu cpu, DecodedInstruction in, boolean quietNansAreInvalid) {
        SoftFloat floats = FloatControl.begin(cpu);
        int b = VectorOperands.read32(cpu, in);
        setFlags(cpu, compare(cpu, floats, (int) cpu.vectors.xmm[in.reg() << 1], b, quietNansAreInvalid), floats);
    }

    private static void compareDouble(Cpu cpu, DecodedInstruction in, boolean quietNansAreInvalid) {
        SoftFloat floats = FloatControl.begin(cpu);
        long b = VectorOperands.read64(cpu, in);
        setFlags(cpu, compare(cpu, floats, cpu.vectors.xmm[in.reg() << 1], b, quietNansAreInvalid), floats);
    }

    private static void setFlags(Cpu cpu, int order, SoftFloat floats) {
        FloatControl.end(cpu, floats);
        cpu.flags.setBits(rflags(order));
    }

    /** ZF, PF, CF as COMISS, COMISD and the x87's FCOMI set them. */
    static int rflags(int order) {
        return switch (order) {
            case -1 -> Flags.CF;
            case 0 -> Flags.ZF;
            case 1 -> 0;
            default -> Flags.ZF | Flags.PF | Flags.CF;
        };
    }

    private static int compare(Cpu cpu, SoftFloat floats, int a, int b, boolean quietNansAreInvalid) {
        if (FloatArithmetic.ordinary(a) && FloatArithmetic.ordinary(b)) {
            float first = Float.intBitsToFloat(a);
            float second = Float.intBitsToFloat(b);
            return first < second ? -1 : first == second ? 0 : 1;
        }
        FloatControl.loadSingle(cpu, floats.a, a);
        FloatControl.loadSingle(cpu, floats.b, b);
        return floats.compare(quietNansAreInvalid);
    }

    private static int compare(Cpu cpu, SoftFloat floats, long a, long b, boolean quietNansAreInvalid) {
        if (FloatArithmetic.ordinary(a) && FloatArithmetic.ordinary(b)) {
            double first = Double.longBitsToDouble(a);
            double second = Double.longBitsToDouble(b);
            return first < second ? -1 : first == second ? 0 : 1;
        }
        FloatControl.loadDouble(cpu, floats.a, a);
        FloatControl.loadDouble(cpu, floats.b, b);
        return floats.compare(quietNansAreInvalid);
    }

    // ---- to masks
    // ----------------------------------------------------------------------------------------------------------

    private static boolean signals(int predicate) {
        return (predicate & 3) == LT || (predicate & 3) == LE;
    }

    private static boolean holds(int predicate, int order) {
        boolean met = switch (predicate & 3) {
            case 0 -> order == 0;
            case LT -> order < 0;
            case LE -> order <= 0;
            default -> order == SoftFloat.UNORDERED;
        };
        return met ^ (predicate & 4) != 0;
    }

    private static long maskSingle(Cpu cpu, SoftFloat floats, int predicate, long a, long b) {
        boolean low = holds(predicate, compare(cpu, floats, (int) a, (int) b, signals(predicate)));
        return low ? LOW32 : 0;
    }

    private static long maskPair(Cpu cpu, SoftFloat floats, int predicate, long a, long b) {
        return maskSingle(cpu, floats, predicate, a, b) | maskSingle(cpu, floats, predicate, a >>> 32, b >>> 32) << 32;
    }

    private static long maskDouble(Cpu cpu, SoftFloat floats, int predicate, long a, long b) {
        return holds(predicate, compare(cpu, floats, a, b, signals(predicate))) ? -1 : 0;
    }

    static void cmpss(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        int b = VectorOperands.read32(cpu, in);
        long[] xmm = cpu.vectors.xmm;
        int target = in.reg() << 1;
        long mask = maskSingle(cpu, floats, (int) in.immediate(), xmm[target], b);
        FloatControl.end(cpu, floats);
        xmm[target] = xmm[target] & ~LOW32 | mask;
    }

    static void cmpsd(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        long b = VectorOperands.read64(cpu, in);
        int target = in.reg() << 1;
        long mask = maskDouble(cpu, floats, (int) in.immediate(), cpu.vectors.xmm[target], b);
        FloatControl.end(cpu, floats);
        cpu.vectors.xmm[target] = mask;
    }

    static void cmpps(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        long[] xmm = cpu.vectors.xmm;
        int target = in.reg() << 1;
        int predicate = (int) in.immediate();
        long low = maskPair(cpu, floats, predicate, xmm[target], FloatArithmetic.sourceLow(cpu, in));
        long high = maskPair(cpu, floats, predicate, xmm[target + 1], FloatArithmetic.sourceHigh(cpu, in));
        FloatControl.end(cpu, floats);
        xmm[target] = low;
        xmm[target + 1] = high;
    }

    static void cmppd(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FloatControl.begin(cpu);
        long[] xmm = cpu.vectors.xmm;
        int target = in.reg() << 1;
        int predicate = (int) in.immediate();
        long low = maskDouble(cpu, floats, predicate, xmm[target], FloatArithmetic.sourceLow(cpu, in));
        long high = maskDouble(cpu, floats, predicate, xmm[target + 1], FloatArithmetic.sourceHigh(cpu, in));
        FloatControl.end(cpu, floats);
        xmm[target] = low;
        xmm[target + 1] = high;
    }

    // ---- signs
    // -------------------------------------------------------------------------------------------------------------

    static void movmskps(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        cpu.gpr[in.reg()] = signs(cpu.vectors.xmm[in.rm() << 1]) | signs(cpu.vectors.xmm[(in.rm() << 1) + 1]) << 2;
    }

    private static long signs(long a) {
        return a >>> 31 & 1 | a >>> 62 & 2;
    }

    static void movmskpd(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        cpu.gpr[in.reg()] = cpu.vectors.xmm[in.rm() << 1] >>> 63 | cpu.vectors.xmm[(in.rm() << 1) + 1] >>> 63 << 1;
    }
}
