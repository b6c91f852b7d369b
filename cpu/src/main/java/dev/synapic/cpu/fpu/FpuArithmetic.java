// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.fpu;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;
import dev.synapic.cpu.execute.Family;
import dev.synapic.cpu.softfloat.Format;
import dev.synapic.cpu.softfloat.Real;
import dev.synapic.cpu.softfloat.SoftFloat;
import dev.synapic.cpu.state.FpuRegisters;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** FADD, FMUL, FSUB, FSUBR, FDIV, FDIVR with all their operands; FSQRT, FRNDINT, FCHS, FABS. Exact, flags included. */
final class FpuArithmetic {
    private FpuArithmetic() {}

    // ---- two operands
    // --------------------------------------------------------------------------------------------------------

    /** FADD and its like: memory (M), ST(0) and ST(i) (opcode D8), ST(i) and ST(0) (DC). */
    static Family binary(Consumer<SoftFloat> operation, boolean reversed) {
        return (in, form) -> {
            if (in.memory()) {
                return memory(operation, reversed, false);
            }
            return in.opcode() == 0xD8
                    ? (cpu, i) -> registers(cpu, i, operation, 0, i.rm() & 7, reversed)
                    : (cpu, i) -> registers(cpu, i, operation, i.rm() & 7, 0, reversed);
        };
    }

    /** FADDP and its like. */
    static Handler popping(Consumer<SoftFloat> operation, boolean reversed) {
        return (cpu, in) -> {
            if (registers(cpu, in, operation, in.rm() & 7, 0, reversed)) {
                cpu.fpu.pop();
            }
        };
    }

    /** FIADD and its like. */
    static Handler integer(Consumer<SoftFloat> operation, boolean reversed) {
        return memory(operation, reversed, true);
    }

    private static Handler memory(Consumer<SoftFloat> operation, boolean reversed, boolean isInteger) {
        return (cpu, in) -> {
            SoftFloat floats = FpuAccess.begin(cpu);
            readOperand(cpu, in, reversed ? floats.a : floats.b, isInteger);
            FpuAccess.note(cpu, in);
            if (FpuAccess.underflows(cpu, 0)) {
                return;
            }
            FpuAccess.load(cpu, reversed ? floats.b : floats.a, cpu.fpu.index(0));
            calculate(cpu, floats, operation, 0);
        };
    }

    /** A single, a double, or an integer in memory. */
    static void readOperand(Cpu cpu, DecodedInstruction in, Real real, boolean isInteger) {
        long linear = cpu.address(in, in.width(), false);
        if (isInteger) {
            real.setLong(in.width() == 2 ? (short) cpu.memory.read16(linear) : cpu.memory.read32(linear));
        } else if (in.width() == 4) {
            real.setSingle(cpu.memory.read32(linear));
        } else {
            real.setDouble(cpu.memory.read64(linear));
        }
    }

    /** ST(target) = ST(target) op ST(source), or the other way round; whether the result was stored. */
    private static boolean registers(
            Cpu cpu, DecodedInstruction in, Consumer<SoftFloat> operation, int target, int source, boolean reversed) {
        SoftFloat floats = FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        if (FpuAccess.underflows(cpu, target, target) || FpuAccess.underflows(cpu, source, target)) {
            return (cpu.fpu.masked() & SoftFloat.INVALID) != 0;
        }
        FpuAccess.load(cpu, reversed ? floats.b : floats.a, cpu.fpu.index(target));
        FpuAccess.load(cpu, reversed ? floats.a : floats.b, cpu.fpu.index(source));
        return calculate(cpu, floats, operation, target);
    }

    private static boolean calculate(Cpu cpu, SoftFloat floats, Consumer<SoftFloat> operation, int target) {
        operation.accept(floats);
        floats.round(FpuAccess.format(cpu));
        return FpuAccess.store(cpu, floats, target);
    }

    // ---- one operand
    // ---------------------------------------------------------------------------------------------------------

    static void fsqrt(Cpu cpu, DecodedInstruction in) {
        unary(cpu, in, SoftFloat::squareRoot, FpuAccess.format(cpu));
    }

    static void frndint(Cpu cpu, DecodedInstruction in) {
        unary(cpu, in, SoftFloat::roundToIntegral, null);
    }

    /** Without a format the operation has rounded. */
    private static void unary(Cpu cpu, DecodedInstruction in, Consumer<SoftFloat> operation, @Nullable Format format) {
        SoftFloat floats = FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        if (FpuAccess.underflows(cpu, 0)) {
            return;
        }
        FpuAccess.load(cpu, floats.a, cpu.fpu.index(0));
        operation.accept(floats);
        if (format != null) {
            floats.round(format);
        }
        FpuAccess.store(cpu, floats, 0);
    }

    static void fchs(Cpu cpu, DecodedInstruction in) {
        changeSign(cpu, in, 0x8000, 0);
    }

    static void fabs(Cpu cpu, DecodedInstruction in) {
        changeSign(cpu, in, 0, 0x8000);
    }

    private static void changeSign(Cpu cpu, DecodedInstruction in, int turned, int cleared) {
        FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        if (FpuAccess.underflows(cpu, 0)) {
            return;
        }
        int register = cpu.fpu.index(0);
        int top = cpu.fpu.signAndExponent(register) & ~cleared ^ turned;
        cpu.fpu.set(register, top, cpu.fpu.significand(register));
        cpu.fpu.setConditions(FpuRegisters.C1, 0);
    }
}
