// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.MASK32;
import static dev.synapic.cpu.execute.Operands.RAX;
import static dev.synapic.cpu.execute.Operands.RBX;
import static dev.synapic.cpu.execute.Operands.RDX;
import static dev.synapic.cpu.execute.Operands.readE;
import static dev.synapic.cpu.execute.Operands.readG;
import static dev.synapic.cpu.execute.Operands.readMemory;
import static dev.synapic.cpu.execute.Operands.readRegister;
import static dev.synapic.cpu.execute.Operands.readRegister8;
import static dev.synapic.cpu.execute.Operands.writeE;
import static dev.synapic.cpu.execute.Operands.writeG;
import static dev.synapic.cpu.execute.Operands.writeMemory;
import static dev.synapic.cpu.execute.Operands.writeRegister;
import static dev.synapic.cpu.execute.Operands.writeRegister16;
import static dev.synapic.cpu.execute.Operands.writeRegister8;
import static dev.synapic.cpu.execute.Operands.zeroExtend;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;

/** MOV, MOVZX, MOVSX, LEA, XCHG, CMOVcc, SETcc, BSWAP, MOVBE, XLAT and the sign extensions of the accumulator. */
final class Moves {
    private Moves() {}

    // ---- MOV --------------------------------------------------------------------------------------------------------

    static Handler mov(DecodedInstruction in, String form) {
        return switch (form) {
            case "G,E" -> in.memory() ? load(in.width()) : registerFromRegister(in.width());
            case "E,G" -> in.memory() ? store(in.width()) : registerFromRegister(in.width());
            default -> in.memory() ? Moves::storeImmediate : fromImmediate(in.width());
        };
    }

    /** Target is rm, source is reg. */
    private static Handler registerFromRegister(int width) {
        return switch (width) {
            case 4 -> (cpu, in) -> cpu.gpr[in.rm()] = cpu.gpr[in.reg()] & MASK32;
            case 8 -> (cpu, in) -> cpu.gpr[in.rm()] = cpu.gpr[in.reg()];
            default -> (cpu, in) -> writeRegister(cpu, in.rm(), in.width(), readRegister(cpu, in.reg(), in.width()));
        };
    }

    private static Handler load(int width) {
        return switch (width) {
            case 1 -> (cpu, in) -> writeRegister8(cpu, in.reg(), cpu.memory.read8(cpu.address(in, 1, false)));
            case 2 -> (cpu, in) -> writeRegister16(cpu, in.reg(), cpu.memory.read16(cpu.address(in, 2, false)));
            case 4 -> (cpu, in) -> cpu.gpr[in.reg()] = cpu.memory.read32(cpu.address(in, 4, false)) & MASK32;
            default -> (cpu, in) -> cpu.gpr[in.reg()] = cpu.memory.read64(cpu.address(in, 8, false));
        };
    }

    private static Handler store(int width) {
        return switch (width) {
            case 1 -> (cpu, in) -> cpu.memory.write8(cpu.address(in, 1, true), readRegister8(cpu, in.reg()));
            case 2 -> (cpu, in) -> cpu.memory.write16(cpu.address(in, 2, true), (int) cpu.gpr[in.reg()]);
            case 4 -> (cpu, in) -> cpu.memory.write32(cpu.address(in, 4, true), (int) cpu.gpr[in.reg()]);
            default -> (cpu, in) -> cpu.memory.write64(cpu.address(in, 8, true), cpu.gpr[in.reg()]);
        };
    }

    private static Handler fromImmediate(int width) {
        return switch (width) {
            case 4 -> (cpu, in) -> cpu.gpr[in.rm()] = in.immediate() & MASK32;
            case 8 -> (cpu, in) -> cpu.gpr[in.rm()] = in.immediate();
            default -> (cpu, in) -> writeRegister(cpu, in.rm(), in.width(), in.immediate());
        };
    }

    private static void storeImmediate(Cpu cpu, DecodedInstruction in) {
        writeMemory(cpu, cpu.address(in, in.width(), true), in.width(), in.immediate());
    }

    // ---- widening ---------------------------------------------------------------------------------------------------

    /** in.width() is the source's, in.operandSize() the target's. */
    static Handler movzx(DecodedInstruction in) {
        boolean plain = in.operandSize() != 2;
        if (plain && in.memory()) {
            return in.width() == 1
                    ? (cpu, i) -> cpu.gpr[i.reg()] = cpu.memory.read8(cpu.address(i, 1, false))
                    : (cpu, i) -> cpu.gpr[i.reg()] = cpu.memory.read16(cpu.address(i, 2, false));
        }
        if (plain) {
            return in.width() == 1
                    ? (cpu, i) -> cpu.gpr[i.reg()] = readRegister8(cpu, i.rm()) & 0xFF
                    : (cpu, i) -> cpu.gpr[i.reg()] = cpu.gpr[i.rm()] & 0xFFFF;
        }
        return (cpu, i) -> writeG(cpu, i, i.operandSize(), zeroExtend(readE(cpu, i, i.width()), i.width()));
    }

    /** MOVSX and MOVSXD; in.width() is the source's, in.operandSize() the target's. */
    static void movsx(Cpu cpu, DecodedInstruction in) {
        writeG(cpu, in, in.operandSize(), readE(cpu, in, in.width()));
    }

    static Handler movsxd(DecodedInstruction in) {
        if (in.operandSize() != 8) {
            return Moves::movsx;
        }
        return in.memory()
                ? (cpu, i) -> cpu.gpr[i.reg()] = cpu.memory.read32(cpu.address(i, 4, false))
                : (cpu, i) -> cpu.gpr[i.reg()] = (int) cpu.gpr[i.rm()];
    }

    /** CBW, CWDE, CDQE. */
    static void cbw(Cpu cpu, DecodedInstruction in) {
        writeRegister(cpu, RAX, in.operandSize(), readRegister(cpu, RAX, in.operandSize() / 2));
    }

    /** CWD, CDQ, CQO. */
    static void cwd(Cpu cpu, DecodedInstruction in) {
        writeRegister(cpu, RDX, in.operandSize(), readRegister(cpu, RAX, in.operandSize()) >> 63);
    }

    // ---- addresses --------------------------------------------------------------------------------------------------

    static Handler lea(DecodedInstruction in) {
        return switch (in.operandSize()) {
            case 8 -> (cpu, i) -> cpu.gpr[i.reg()] = cpu.effectiveAddress(i);
            case 4 -> (cpu, i) -> cpu.gpr[i.reg()] = cpu.effectiveAddress(i) & MASK32;
            default -> (cpu, i) -> writeRegister16(cpu, i.reg(), cpu.effectiveAddress(i));
        };
    }

    static void xlat(Cpu cpu, DecodedInstruction in) {
        long offset = zeroExtend(cpu.gpr[RBX] + (cpu.gpr[RAX] & 0xFF), in.addressSize());
        writeRegister8(cpu, RAX, cpu.memory.read8(cpu.linear(in.segment(), offset, 1, false)));
    }

    // ---- exchanges --------------------------------------------------------------------------------------------------

    /** With memory it is locked, prefix or not (SDM vol. 3A, 9.1.2.1). */
    static void xchg(Cpu cpu, DecodedInstruction in) {
        int width = in.width();
        long source = readG(cpu, in, width);
        if (in.memory()) {
            long linear = cpu.address(in, width, true);
            writeG(cpu, in, width, Updates.updateLocked(cpu, linear, width, Moves::second, source));
        } else {
            long old = readRegister(cpu, in.rm(), width);
            writeRegister(cpu, in.rm(), width, source);
            writeG(cpu, in, width, old);
        }
    }

    private static long second(Flags flags, int width, long a, long b) {
        return b;
    }

    /** The result of a 16-bit BSWAP is undefined; it is zero here, as on processors at hand. */
    static void bswap(Cpu cpu, DecodedInstruction in) {
        writeRegister(cpu, in.rm(), in.operandSize(), reverse(cpu.gpr[in.rm()], in.operandSize(), 0));
    }

    static void movbeLoad(Cpu cpu, DecodedInstruction in) {
        long value = readMemory(cpu, cpu.address(in, in.width(), false), in.width());
        writeG(cpu, in, in.width(), reverse(value, in.width(), Short.reverseBytes((short) value)));
    }

    static void movbeStore(Cpu cpu, DecodedInstruction in) {
        long value = readG(cpu, in, in.width());
        long reversed = reverse(value, in.width(), Short.reverseBytes((short) value));
        writeMemory(cpu, cpu.address(in, in.width(), true), in.width(), reversed);
    }

    private static long reverse(long value, int width, long reversed16) {
        return switch (width) {
            case 8 -> Long.reverseBytes(value);
            case 4 -> Integer.reverseBytes((int) value);
            default -> reversed16;
        };
    }

    // ---- on conditions ----------------------------------------------------------------------------------------------

    /** The source is read, and the upper half of a 32-bit target cleared, whether the condition holds or not. */
    static Handler cmov(DecodedInstruction in) {
        int code = in.opcode() & 15;
        return (cpu, i) -> {
            long source = readE(cpu, i, i.width());
            writeG(cpu, i, i.width(), cpu.flags.condition(code) ? source : readG(cpu, i, i.width()));
        };
    }

    static Handler setcc(DecodedInstruction in) {
        int code = in.opcode() & 15;
        return (cpu, i) -> writeE(cpu, i, 1, cpu.flags.condition(code) ? 1 : 0);
    }
}
