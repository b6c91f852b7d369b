// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.spec.x86.Rflags;

/** IN, OUT, INS, OUTS. With REP one element is moved per execution, and RIP stays until the count is used up. */
final class IoInstructions {
    private IoInstructions() {}

    static void inImmediate(Cpu cpu, DecodedInstruction in) {
        input(cpu, (int) in.immediate() & 0xFF, size(in));
    }

    static void inDx(Cpu cpu, DecodedInstruction in) {
        input(cpu, (int) cpu.gpr[Operands.RDX] & 0xFFFF, size(in));
    }

    static void outImmediate(Cpu cpu, DecodedInstruction in) {
        output(cpu, (int) in.immediate() & 0xFF, size(in));
    }

    static void outDx(Cpu cpu, DecodedInstruction in) {
        output(cpu, (int) cpu.gpr[Operands.RDX] & 0xFFFF, size(in));
    }

    private static void input(Cpu cpu, int port, int size) {
        checkAllowed(cpu, port, size);
        Operands.writeRegister(cpu, Operands.RAX, size, cpu.ports.io().in(port, size));
    }

    private static void output(Cpu cpu, int port, int size) {
        checkAllowed(cpu, port, size);
        int value = (int) cpu.gpr[Operands.RAX];
        cpu.ports.io().out(port, size, size == 4 ? value : value & (1 << size * 8) - 1);
    }

    static void ins(Cpu cpu, DecodedInstruction in) {
        if (finished(cpu, in)) {
            return;
        }
        int size = size(in);
        int port = (int) cpu.gpr[Operands.RDX] & 0xFFFF;
        checkAllowed(cpu, port, size);
        long offset = Operands.zeroExtend(cpu.gpr[Operands.RDI], in.addressSize());
        long linear = cpu.linear(DecodedInstruction.ES, offset, size, true);
        cpu.memory.checkWrite(linear, size);
        cpu.memory.write(linear, size, cpu.ports.io().in(port, size) & 0xFFFF_FFFFL);
        advance(cpu, in, Operands.RDI, size);
    }

    static void outs(Cpu cpu, DecodedInstruction in) {
        if (finished(cpu, in)) {
            return;
        }
        int size = size(in);
        int port = (int) cpu.gpr[Operands.RDX] & 0xFFFF;
        checkAllowed(cpu, port, size);
        long offset = Operands.zeroExtend(cpu.gpr[Operands.RSI], in.addressSize());
        long value = cpu.memory.read(cpu.linear(in.segment(), offset, size, false), size);
        cpu.ports.io().out(port, size, (int) value);
        advance(cpu, in, Operands.RSI, size);
    }

    /** Byte forms have even opcodes; there is no 64-bit port access. */
    private static int size(DecodedInstruction in) {
        return (in.opcode() & 1) == 0 ? 1 : Math.min(in.operandSize(), 4);
    }

    private static boolean finished(Cpu cpu, DecodedInstruction in) {
        return repeats(in) && Operands.zeroExtend(cpu.gpr[Operands.RCX], in.addressSize()) == 0;
    }

    private static boolean repeats(DecodedInstruction in) {
        return in.rep() || in.repne();
    }

    private static void advance(Cpu cpu, DecodedInstruction in, int pointer, int size) {
        long step = cpu.flags.direction ? -size : size;
        Operands.writeRegister(cpu, pointer, in.addressSize(), cpu.gpr[pointer] + step);
        if (repeats(in)) {
            long left = Operands.zeroExtend(cpu.gpr[Operands.RCX] - 1, in.addressSize());
            Operands.writeRegister(cpu, Operands.RCX, in.addressSize(), left);
            if (left != 0) {
                cpu.rip = cpu.nextRip(in) - in.length();
            }
        }
    }

    /** IOPL, then the TSS's permission bitmap (SDM vol. 1, 19.5). */
    private static void checkAllowed(Cpu cpu, int port, int size) {
        long iopl = (cpu.systemFlags & Rflags.IOPL) >> Rflags.IOPL_SHIFT;
        if (cpu.control.protectedMode() && cpu.cpl() > iopl && !TaskStateSegment.allowsIo(cpu, port, size)) {
            throw cpu.fault(CpuException.GP, 0);
        }
        if (cpu.debug.breakpoints.watchesPorts()) {
            cpu.debug.trap(cpu.debug.breakpoints.portHits(port, size));
        }
    }
}
