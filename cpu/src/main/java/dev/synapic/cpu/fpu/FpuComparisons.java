// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.fpu;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;
import dev.synapic.cpu.execute.Flags;
import dev.synapic.cpu.softfloat.Real;
import dev.synapic.cpu.softfloat.SoftFloat;
import dev.synapic.cpu.state.FpuRegisters;

/** FCOM, FUCOM, FICOM, FTST, FCOMI, FUCOMI with their popping forms, and FXAM. */
final class FpuComparisons {
    private static final int C0 = FpuRegisters.C0, C2 = FpuRegisters.C2, C3 = FpuRegisters.C3;

    private FpuComparisons() {}

    /** FCOM, FCOMP: memory or ST(i). */
    static Handler fcom(DecodedInstruction in, int pops) {
        return in.memory() ? memory(pops, false) : registers(pops, true);
    }

    static Handler ficom(int pops) {
        return memory(pops, true);
    }

    private static Handler memory(int pops, boolean isInteger) {
        return (cpu, in) -> {
            SoftFloat floats = FpuAccess.begin(cpu);
            FpuArithmetic.readOperand(cpu, in, floats.b, isInteger);
            FpuAccess.note(cpu, in);
            FpuAccess.load(cpu, floats.a, cpu.fpu.index(0));
            compare(cpu, floats, cpu.fpu.isEmpty(cpu.fpu.index(0)), true, pops);
        };
    }

    /** FCOM and FUCOM with ST(i). */
    static Handler registers(int pops, boolean quietNansAreInvalid) {
        return (cpu, in) -> {
            SoftFloat floats = FpuAccess.begin(cpu);
            FpuAccess.note(cpu, in);
            boolean empty = loadBoth(cpu, floats, in.rm() & 7);
            compare(cpu, floats, empty, quietNansAreInvalid, pops);
        };
    }

    /** True where ST(0) or ST(i) is empty. */
    private static boolean loadBoth(Cpu cpu, SoftFloat floats, int i) {
        FpuAccess.load(cpu, floats.a, cpu.fpu.index(0));
        FpuAccess.load(cpu, floats.b, cpu.fpu.index(i));
        return cpu.fpu.isEmpty(cpu.fpu.index(0)) || cpu.fpu.isEmpty(cpu.fpu.index(i));
    }

    static void ftst(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        FpuAccess.load(cpu, floats.a, cpu.fpu.index(0));
        floats.b.setLong(0);
        compare(cpu, floats, cpu.fpu.isEmpty(cpu.fpu.index(0)), true, 0);
    }

    private static void compare(Cpu cpu, SoftFloat floats, boolean empty, boolean quietNansAreInvalid, int pops) {
        int order = order(cpu, floats, empty, quietNansAreInvalid);
        int conditions = switch (order) {
            case -1 -> C0;
            case 0 -> C3;
            case 1 -> 0;
            default -> C0 | C2 | C3;
        };
        cpu.fpu.setConditions(FpuRegisters.CONDITIONS, conditions);
        popUnlessRefused(cpu, floats, pops);
    }

    /** Also notes the exceptions. */
    private static int order(Cpu cpu, SoftFloat floats, boolean empty, boolean quietNansAreInvalid) {
        if (empty) {
            FpuAccess.stackFault(cpu, 0);
            floats.flags = SoftFloat.INVALID;
            return SoftFloat.UNORDERED;
        }
        int order = floats.compare(quietNansAreInvalid);
        cpu.fpu.raise(floats.flags);
        return order;
    }

    private static void popUnlessRefused(Cpu cpu, SoftFloat floats, int pops) {
        if (!floats.refused()) {
            for (int i = 0; i < pops; i++) {
                cpu.fpu.pop();
            }
        }
    }

    /** FCOMI and FUCOMI: to RFLAGS. */
    static Handler toFlags(int pops, boolean quietNansAreInvalid) {
        return (cpu, in) -> {
            SoftFloat floats = FpuAccess.begin(cpu);
            FpuAccess.note(cpu, in);
            boolean empty = loadBoth(cpu, floats, in.rm() & 7);
            cpu.fpu.setConditions(FpuRegisters.C1, 0);
            int order = order(cpu, floats, empty, quietNansAreInvalid);
            cpu.flags.setBits(
                    switch (order) {
                        case -1 -> Flags.CF;
                        case 0 -> Flags.ZF;
                        case 1 -> 0;
                        default -> Flags.ZF | Flags.PF | Flags.CF;
                    });
            popUnlessRefused(cpu, floats, pops);
        };
    }

    /** SDM vol. 2A, table 3-42; C1 is the sign, of an empty register too. */
    static void fxam(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        int register = cpu.fpu.index(0);
        FpuAccess.load(cpu, floats.a, register);
        int kind = cpu.fpu.isEmpty(register) ? C3 | C0 : classify(floats.a);
        int sign = (cpu.fpu.signAndExponent(register) & 0x8000) != 0 ? FpuRegisters.C1 : 0;
        cpu.fpu.setConditions(FpuRegisters.CONDITIONS, kind | sign);
    }

    private static int classify(Real real) {
        return switch (real.kind) {
            case Real.ZERO -> C3;
            case Real.FINITE -> real.denormal ? C3 | C2 : C2;
            case Real.INFINITE -> C2 | C0;
            case Real.UNSUPPORTED -> 0;
            default -> C0;
        };
    }
}
