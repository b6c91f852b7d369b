// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.RAX;
import static dev.synapic.cpu.execute.Operands.RBP;
import static dev.synapic.cpu.execute.Operands.RDI;
import static dev.synapic.cpu.execute.Operands.RSP;
import static dev.synapic.cpu.execute.Operands.readE;
import static dev.synapic.cpu.execute.Operands.readMemory;
import static dev.synapic.cpu.execute.Operands.readMemoryForWrite;
import static dev.synapic.cpu.execute.Operands.readRegister;
import static dev.synapic.cpu.execute.Operands.writeE;
import static dev.synapic.cpu.execute.Operands.writeRegister;
import static dev.synapic.cpu.execute.Operands.zeroExtend;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;

/**
 * PUSH, POP, PUSHA, POPA, ENTER, LEAVE. Those that move the stack pointer more than once put it back when they fault.
 */
final class StackInstructions {
    private StackInstructions() {}

    static Handler push(DecodedInstruction in) {
        if (in.memory() || in.operandSize() == 2) {
            return (cpu, i) -> cpu.push(i.operandSize(), readE(cpu, i, i.operandSize()));
        }
        return in.operandSize() == 8 ? StackInstructions::push64 : (cpu, i) -> cpu.push(4, cpu.gpr[i.rm()]);
    }

    /** An operand of eight bytes there is in 64-bit mode only, and with it a flat stack. */
    private static void push64(Cpu cpu, DecodedInstruction in) {
        long pointer = cpu.gpr[RSP] - 8;
        cpu.memory.write64(pointer, cpu.gpr[in.rm()]);
        cpu.gpr[RSP] = pointer;
    }

    private static void pop64(Cpu cpu, DecodedInstruction in) {
        long pointer = cpu.gpr[RSP];
        long value = cpu.memory.read64(pointer);
        cpu.gpr[RSP] = pointer + 8;
        cpu.gpr[in.rm()] = value;
    }

    static void pushImmediate(Cpu cpu, DecodedInstruction in) {
        cpu.push(in.operandSize(), in.immediate());
    }

    static Handler pop(DecodedInstruction in) {
        if (in.memory()) {
            return StackInstructions::popMemory;
        }
        return in.operandSize() == 8
                ? StackInstructions::pop64
                : (cpu, i) -> writeRegister(cpu, i.rm(), i.operandSize(), cpu.pop(i.operandSize()));
    }

    /** An address built on rSP sees it already incremented (SDM vol. 2B, "POP"). */
    private static void popMemory(Cpu cpu, DecodedInstruction in) {
        long stackPointer = cpu.gpr[RSP];
        try {
            writeE(cpu, in, in.operandSize(), cpu.pop(in.operandSize()));
        } catch (CpuException fault) {
            cpu.gpr[RSP] = stackPointer;
            throw fault;
        }
    }

    static void pusha(Cpu cpu, DecodedInstruction in) {
        long stackPointer = cpu.gpr[RSP];
        try {
            for (int register = RAX; register <= RDI; register++) {
                cpu.push(in.operandSize(), register == RSP ? stackPointer : cpu.gpr[register]);
            }
        } catch (CpuException fault) {
            cpu.gpr[RSP] = stackPointer;
            throw fault;
        }
    }

    /** All eight are read before the first register changes: the frame is probed first, then read again. */
    static void popa(Cpu cpu, DecodedInstruction in) {
        long stackPointer = cpu.gpr[RSP];
        try {
            for (int register = RDI; register >= RAX; register--) {
                cpu.pop(in.operandSize());
            }
        } catch (CpuException fault) {
            cpu.gpr[RSP] = stackPointer;
            throw fault;
        }
        cpu.gpr[RSP] = stackPointer;
        for (int register = RDI; register >= RAX; register--) {
            long value = cpu.pop(in.operandSize());
            if (register != RSP) {
                writeRegister(cpu, register, in.operandSize(), value);
            }
        }
    }

    /** immediate is the size of the frame, immediate2 the nesting level. */
    static void enter(Cpu cpu, DecodedInstruction in) {
        long stackPointer = cpu.gpr[RSP];
        int size = in.operandSize();
        int stackWidth = cpu.stackWidth();
        try {
            cpu.push(size, cpu.gpr[RBP]);
            long frame = cpu.gpr[RSP];
            copyDisplay(cpu, size, stackWidth, in.immediate2() & 31, frame);
            long bottom = zeroExtend(cpu.gpr[RSP] - (in.immediate() & 0xFFFF), stackWidth);
            readMemoryForWrite(cpu, cpu.linear(DecodedInstruction.SS, bottom, size, true), size);
            writeRegister(cpu, RSP, stackWidth, bottom);
            writeRegister(cpu, RBP, size, frame);
        } catch (CpuException fault) {
            cpu.gpr[RSP] = stackPointer;
            throw fault;
        }
    }

    private static void copyDisplay(Cpu cpu, int size, int stackWidth, int level, long frame) {
        if (level == 0) {
            return;
        }
        for (int i = 1; i < level; i++) {
            long offset = zeroExtend(cpu.gpr[RBP] - (long) i * size, stackWidth);
            cpu.push(size, readMemory(cpu, cpu.linear(DecodedInstruction.SS, offset, size, false), size));
        }
        cpu.push(size, frame);
    }

    static void leave(Cpu cpu, DecodedInstruction in) {
        long stackPointer = cpu.gpr[RSP];
        int stackWidth = cpu.stackWidth();
        try {
            writeRegister(cpu, RSP, stackWidth, readRegister(cpu, RBP, stackWidth));
            writeRegister(cpu, RBP, in.operandSize(), cpu.pop(in.operandSize()));
        } catch (CpuException fault) {
            cpu.gpr[RSP] = stackPointer;
            throw fault;
        }
    }
}
