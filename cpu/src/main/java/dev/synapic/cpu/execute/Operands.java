// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;

/**
 * Reads and writes operands of any width: registers, memory, and "E", which is either. Values are sign-extended to 64
 * bits.
 */
final class Operands {
    static final int RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7;
    static final long MASK32 = 0xFFFF_FFFFL;

    private Operands() {}

    static long signExtend(long value, int width) {
        return switch (width) {
            case 1 -> (byte) value;
            case 2 -> (short) value;
            case 4 -> (int) value;
            default -> value;
        };
    }

    static long zeroExtend(long value, int width) {
        return switch (width) {
            case 1 -> value & 0xFF;
            case 2 -> value & 0xFFFF;
            case 4 -> value & MASK32;
            default -> value;
        };
    }

    // ---- registers --------------------------------------------------------------------------------------------------

    /** An 8-bit register; AH, CH, DH, BH are 16 to 19. */
    static byte readRegister8(Cpu cpu, int number) {
        return (byte) (cpu.gpr[number & 15] >> ((number & 16) >> 1));
    }

    static void writeRegister8(Cpu cpu, int number, long value) {
        int shift = (number & 16) >> 1;
        int register = number & 15;
        cpu.gpr[register] = cpu.gpr[register] & ~(0xFFL << shift) | (value & 0xFF) << shift;
    }

    static void writeRegister16(Cpu cpu, int number, long value) {
        cpu.gpr[number] = cpu.gpr[number] & ~0xFFFFL | value & 0xFFFF;
    }

    static long readRegister(Cpu cpu, int number, int width) {
        return switch (width) {
            case 1 -> readRegister8(cpu, number);
            case 2 -> (short) cpu.gpr[number];
            case 4 -> (int) cpu.gpr[number];
            default -> cpu.gpr[number];
        };
    }

    /** 8 and 16 bits merge into the register, 32 bits clear its upper half (SDM vol. 1, 3.4.1.1). */
    static void writeRegister(Cpu cpu, int number, int width, long value) {
        switch (width) {
            case 1 -> writeRegister8(cpu, number, value);
            case 2 -> writeRegister16(cpu, number, value);
            case 4 -> cpu.gpr[number] = value & MASK32;
            default -> cpu.gpr[number] = value;
        }
    }

    // ---- memory -----------------------------------------------------------------------------------------------------

    static long readMemory(Cpu cpu, long linear, int width) {
        return switch (width) {
            case 1 -> (byte) cpu.memory.read8(linear);
            case 2 -> (short) cpu.memory.read16(linear);
            case 4 -> cpu.memory.read32(linear);
            default -> cpu.memory.read64(linear);
        };
    }

    static long readMemoryForWrite(Cpu cpu, long linear, int width) {
        return switch (width) {
            case 1 -> (byte) cpu.memory.read8ForWrite(linear);
            case 2 -> (short) cpu.memory.read16ForWrite(linear);
            case 4 -> cpu.memory.read32ForWrite(linear);
            default -> cpu.memory.read64ForWrite(linear);
        };
    }

    static void writeMemory(Cpu cpu, long linear, int width, long value) {
        switch (width) {
            case 1 -> cpu.memory.write8(linear, (int) value);
            case 2 -> cpu.memory.write16(linear, (int) value);
            case 4 -> cpu.memory.write32(linear, (int) value);
            default -> cpu.memory.write64(linear, value);
        }
    }

    // ---- E, G -------------------------------------------------------------------------------------------------------

    static long readE(Cpu cpu, DecodedInstruction in, int width) {
        return in.memory() ? readMemory(cpu, cpu.address(in, width, false), width) : readRegister(cpu, in.rm(), width);
    }

    static void writeE(Cpu cpu, DecodedInstruction in, int width, long value) {
        if (in.memory()) {
            writeMemory(cpu, cpu.address(in, width, true), width, value);
        } else {
            writeRegister(cpu, in.rm(), width, value);
        }
    }

    static long readG(Cpu cpu, DecodedInstruction in, int width) {
        return readRegister(cpu, in.reg(), width);
    }

    static void writeG(Cpu cpu, DecodedInstruction in, int width, long value) {
        writeRegister(cpu, in.reg(), width, value);
    }
}
