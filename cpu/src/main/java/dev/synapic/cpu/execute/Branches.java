// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.MASK32;
import static dev.synapic.cpu.execute.Operands.RCX;
import static dev.synapic.cpu.execute.Operands.RSP;
import static dev.synapic.cpu.execute.Operands.readE;
import static dev.synapic.cpu.execute.Operands.readRegister;
import static dev.synapic.cpu.execute.Operands.writeRegister;
import static dev.synapic.cpu.execute.Operands.zeroExtend;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;

/** Near branches. Targets are checked before anything else changes. */
final class Branches {
    private Branches() {}

    /** Relative target, truncated to the operand size (SDM vol. 2A, "JMP"). */
    private static void relative(Cpu cpu, DecodedInstruction in) {
        long target = cpu.nextRip(in) + in.immediate();
        if (in.operandSize() != 8) {
            target &= in.operandSize() == 2 ? 0xFFFF : MASK32;
        }
        cpu.branch(target);
    }

    static void jmp(Cpu cpu, DecodedInstruction in) {
        relative(cpu, in);
    }

    static void jmpIndirect(Cpu cpu, DecodedInstruction in) {
        cpu.branch(zeroExtend(readE(cpu, in, in.operandSize()), in.operandSize()));
    }

    static void call(Cpu cpu, DecodedInstruction in) {
        relative(cpu, in);
        cpu.push(in.operandSize(), cpu.nextRip(in));
    }

    /** CALL rel32 in 64-bit mode: the target is canonical unless the code stands at an end of the canonical half. */
    static void call64(Cpu cpu, DecodedInstruction in) {
        long next = cpu.nextRip(in);
        long target = next + in.immediate();
        if (target << 16 >> 16 != target) {
            throw cpu.fault(CpuException.GP, 0);
        }
        long pointer = cpu.gpr[RSP] - 8;
        cpu.memory.write64(pointer, next);
        cpu.gpr[RSP] = pointer;
        cpu.rip = target;
    }

    static void ret64(Cpu cpu, DecodedInstruction in) {
        long pointer = cpu.gpr[RSP];
        long target = cpu.memory.read64(pointer);
        if (target << 16 >> 16 != target) {
            throw cpu.fault(CpuException.GP, 0);
        }
        cpu.gpr[RSP] = pointer + 8;
        cpu.rip = target;
    }

    static void callIndirect(Cpu cpu, DecodedInstruction in) {
        cpu.branch(zeroExtend(readE(cpu, in, in.operandSize()), in.operandSize()));
        cpu.push(in.operandSize(), cpu.nextRip(in));
    }

    static void ret(Cpu cpu, DecodedInstruction in) {
        long stackPointer = cpu.gpr[RSP];
        try {
            cpu.branch(zeroExtend(cpu.pop(in.operandSize()), in.operandSize()));
        } catch (CpuException fault) {
            cpu.gpr[RSP] = stackPointer;
            throw fault;
        }
    }

    static void retImmediate(Cpu cpu, DecodedInstruction in) {
        ret(cpu, in);
        int stackWidth = cpu.stackWidth();
        writeRegister(cpu, RSP, stackWidth, cpu.gpr[RSP] + (in.immediate() & 0xFFFF));
    }

    // ---- on rCX -----------------------------------------------------------------------------------------------------

    static void jcxz(Cpu cpu, DecodedInstruction in) {
        if (readRegister(cpu, RCX, in.addressSize()) == 0) {
            relative(cpu, in);
        }
    }

    static void loop(Cpu cpu, DecodedInstruction in) {
        countDown(cpu, in, true);
    }

    static void loope(Cpu cpu, DecodedInstruction in) {
        countDown(cpu, in, cpu.flags.zero());
    }

    static void loopne(Cpu cpu, DecodedInstruction in) {
        countDown(cpu, in, !cpu.flags.zero());
    }

    private static void countDown(Cpu cpu, DecodedInstruction in, boolean condition) {
        long count = readRegister(cpu, RCX, in.addressSize()) - 1;
        if (condition && zeroExtend(count, in.addressSize()) != 0) {
            relative(cpu, in);
        }
        writeRegister(cpu, RCX, in.addressSize(), count);
    }

    // ---- Jcc: one handler per condition, so that each asks for its own flags only -----------------------------------

    static Handler jcc(DecodedInstruction in) {
        return switch (in.opcode() & 15) {
            case 0 -> Branches::jo;
            case 1 -> Branches::jno;
            case 2 -> Branches::jb;
            case 3 -> Branches::jae;
            case 4 -> Branches::je;
            case 5 -> Branches::jne;
            case 6 -> Branches::jbe;
            case 7 -> Branches::ja;
            case 8 -> Branches::js;
            case 9 -> Branches::jns;
            case 10 -> Branches::jp;
            case 11 -> Branches::jnp;
            case 12 -> Branches::jl;
            case 13 -> Branches::jge;
            case 14 -> Branches::jle;
            default -> Branches::jg;
        };
    }

    private static void jo(Cpu cpu, DecodedInstruction in) {
        if (cpu.flags.overflow()) {
            relative(cpu, in);
        }
    }

    private static void jno(Cpu cpu, DecodedInstruction in) {
        if (!cpu.flags.overflow()) {
            relative(cpu, in);
        }
    }

    private static void jb(Cpu cpu, DecodedInstruction in) {
        if (cpu.flags.carry()) {
            relative(cpu, in);
        }
    }

    private static void jae(Cpu cpu, DecodedInstruction in) {
        if (!cpu.flags.carry()) {
            relative(cpu, in);
        }
    }

    private static void je(Cpu cpu, DecodedInstruction in) {
        if (cpu.flags.zero()) {
            relative(cpu, in);
        }
    }

    private static void jne(Cpu cpu, DecodedInstruction in) {
        if (!cpu.flags.zero()) {
            relative(cpu, in);
        }
    }

    private static void jbe(Cpu cpu, DecodedInstruction in) {
        if (cpu.flags.belowOrEqual()) {
            relative(cpu, in);
        }
    }

    private static void ja(Cpu cpu, DecodedInstruction in) {
        if (!cpu.flags.belowOrEqual()) {
            relative(cpu, in);
        }
    }

    private static void js(Cpu cpu, DecodedInstruction in) {
        if (cpu.flags.sign()) {
            relative(cpu, in);
        }
    }

    private static void jns(Cpu cpu, DecodedInstruction in) {
        if (!cpu.flags.sign()) {
            relative(cpu, in);
        }
    }

    private static void jp(Cpu cpu, DecodedInstruction in) {
        if (cpu.flags.parity()) {
            relative(cpu, in);
        }
    }

    private static void jnp(Cpu cpu, DecodedInstruction in) {
        if (!cpu.flags.parity()) {
            relative(cpu, in);
        }
    }

    private static void jl(Cpu cpu, DecodedInstruction in) {
        if (cpu.flags.less()) {
            relative(cpu, in);
        }
    }

    private static void jge(Cpu cpu, DecodedInstruction in) {
        if (!cpu.flags.less()) {
            relative(cpu, in);
        }
    }

    private static void jle(Cpu cpu, DecodedInstruction in) {
        if (cpu.flags.lessOrEqual()) {
            relative(cpu, in);
        }
    }

    private static void jg(Cpu cpu, DecodedInstruction in) {
        if (!cpu.flags.lessOrEqual()) {
            relative(cpu, in);
        }
    }
}
