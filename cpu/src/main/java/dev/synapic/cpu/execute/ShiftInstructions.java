// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.MASK32;
import static dev.synapic.cpu.execute.Operands.RCX;
import static dev.synapic.cpu.execute.Operands.readG;
import static dev.synapic.cpu.execute.Operands.readMemoryForWrite;
import static dev.synapic.cpu.execute.Operands.readRegister;
import static dev.synapic.cpu.execute.Operands.writeMemory;
import static dev.synapic.cpu.execute.Operands.writeRegister;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;
import org.jspecify.annotations.Nullable;

/** Handlers of SHLD and SHRD, and of the hot shifts of registers by constants. The other shifts are {@link Updates}. */
final class ShiftInstructions {
    private ShiftInstructions() {}

    /** Handlers for a constant count from 1 to the operand's width less one; null for other forms. */
    static @Nullable Handler byConstant(String mnemonic, DecodedInstruction in) {
        int count = (int) in.immediate() & (in.width() == 8 ? 63 : 31);
        if (in.memory() || count == 0 || in.width() < 4) {
            return null;
        }
        boolean wide = in.width() == 8;
        return switch (mnemonic) {
            case "SHL" -> wide ? ShiftInstructions::shl64 : ShiftInstructions::shl32;
            case "SHR" -> wide ? ShiftInstructions::shr64 : ShiftInstructions::shr32;
            case "SAR" -> wide ? ShiftInstructions::sar64 : ShiftInstructions::sar32;
            case "ROL" -> wide ? ShiftInstructions::rol64 : ShiftInstructions::rol32;
            case "ROR" -> wide ? ShiftInstructions::ror64 : ShiftInstructions::ror32;
            default -> null;
        };
    }

    private static void rol32(Cpu cpu, DecodedInstruction in) {
        int result = Integer.rotateLeft((int) cpu.gpr[in.rm()], (int) in.immediate());
        cpu.gpr[in.rm()] = result & MASK32;
        boolean carry = (result & 1) != 0;
        cpu.flags.rotated(carry, result < 0 != carry);
    }

    private static void rol64(Cpu cpu, DecodedInstruction in) {
        long result = Long.rotateLeft(cpu.gpr[in.rm()], (int) in.immediate());
        cpu.gpr[in.rm()] = result;
        boolean carry = (result & 1) != 0;
        cpu.flags.rotated(carry, result < 0 != carry);
    }

    private static void ror32(Cpu cpu, DecodedInstruction in) {
        int result = Integer.rotateRight((int) cpu.gpr[in.rm()], (int) in.immediate());
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.rotated(result < 0, (result ^ result << 1) < 0);
    }

    private static void ror64(Cpu cpu, DecodedInstruction in) {
        long result = Long.rotateRight(cpu.gpr[in.rm()], (int) in.immediate());
        cpu.gpr[in.rm()] = result;
        cpu.flags.rotated(result < 0, (result ^ result << 1) < 0);
    }

    private static void shl32(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int count = (int) in.immediate();
        int result = a << count;
        boolean carry = a << count - 1 < 0;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.result(result, carry, result < 0 != carry);
    }

    private static void shl64(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        int count = (int) in.immediate();
        long result = a << count;
        boolean carry = a << count - 1 < 0;
        cpu.gpr[in.rm()] = result;
        cpu.flags.result(result, carry, result < 0 != carry);
    }

    private static void shr32(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int count = (int) in.immediate();
        int result = a >>> count;
        cpu.gpr[in.rm()] = result;
        cpu.flags.result(result, (a >>> count - 1 & 1) != 0, (result ^ result << 1) < 0);
    }

    private static void shr64(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        int count = (int) in.immediate();
        long result = a >>> count;
        cpu.gpr[in.rm()] = result;
        cpu.flags.result(result, (a >>> count - 1 & 1) != 0, (result ^ result << 1) < 0);
    }

    private static void sar32(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int count = (int) in.immediate();
        int result = a >> count;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.result(result, (a >> count - 1 & 1) != 0, false);
    }

    private static void sar64(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        int count = (int) in.immediate();
        long result = a >> count;
        cpu.gpr[in.rm()] = result;
        cpu.flags.result(result, (a >> count - 1 & 1) != 0, false);
    }

    static void shldImmediate(Cpu cpu, DecodedInstruction in) {
        doubleShift(cpu, in, in.immediate(), true);
    }

    static void shldCl(Cpu cpu, DecodedInstruction in) {
        doubleShift(cpu, in, cpu.gpr[RCX], true);
    }

    static void shrdImmediate(Cpu cpu, DecodedInstruction in) {
        doubleShift(cpu, in, in.immediate(), false);
    }

    static void shrdCl(Cpu cpu, DecodedInstruction in) {
        doubleShift(cpu, in, cpu.gpr[RCX], false);
    }

    private static void doubleShift(Cpu cpu, DecodedInstruction in, long count, boolean left) {
        int width = in.width();
        if (in.memory()) {
            long linear = cpu.address(in, width, true);
            long a = readMemoryForWrite(cpu, linear, width);
            writeMemory(cpu, linear, width, doubleShifted(cpu.flags, width, a, readG(cpu, in, width), count, left));
        } else {
            long a = readRegister(cpu, in.rm(), width);
            writeRegister(cpu, in.rm(), width, doubleShifted(cpu.flags, width, a, readG(cpu, in, width), count, left));
        }
    }

    private static long doubleShifted(Flags flags, int width, long a, long b, long count, boolean left) {
        return left ? Shifts.shld(flags, width, a, b, count) : Shifts.shrd(flags, width, a, b, count);
    }
}
