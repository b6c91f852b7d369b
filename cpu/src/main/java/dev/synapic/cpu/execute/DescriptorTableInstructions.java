// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;

/** LGDT, LIDT, SGDT, SIDT (SDM vol. 2). */
final class DescriptorTableInstructions {
    private DescriptorTableInstructions() {}

    static void lgdt(Cpu cpu, DecodedInstruction in) {
        long linear = loadOperand(cpu, in);
        long base = readBase(cpu, in, linear);
        cpu.tables.gdtLimit = cpu.memory.read16(linear);
        cpu.tables.gdtBase = base;
    }

    static void lidt(Cpu cpu, DecodedInstruction in) {
        long linear = loadOperand(cpu, in);
        long base = readBase(cpu, in, linear);
        cpu.tables.idtLimit = cpu.memory.read16(linear);
        cpu.tables.idtBase = base;
    }

    static void sgdt(Cpu cpu, DecodedInstruction in) {
        store(cpu, in, cpu.tables.gdtBase, cpu.tables.gdtLimit);
    }

    static void sidt(Cpu cpu, DecodedInstruction in) {
        store(cpu, in, cpu.tables.idtBase, cpu.tables.idtLimit);
    }

    private static int baseSize(Cpu cpu) {
        return cpu.in64BitMode() ? 8 : 4;
    }

    private static long loadOperand(Cpu cpu, DecodedInstruction in) {
        if (!in.memory()) {
            throw cpu.fault(CpuException.UD);
        }
        ControlInstructions.requireCpl0(cpu);
        return cpu.address(in, 2 + baseSize(cpu), false);
    }

    /** With a 16-bit operand only 24 bits of the base count. */
    private static long readBase(Cpu cpu, DecodedInstruction in, long linear) {
        if (cpu.in64BitMode()) {
            long base = cpu.memory.read64(linear + 2);
            if (base << 16 >> 16 != base) {
                throw cpu.fault(CpuException.GP, 0);
            }
            return base;
        }
        return cpu.memory.read32(linear + 2) & (in.operandSize() == 2 ? 0xFF_FFFFL : 0xFFFF_FFFFL);
    }

    private static void store(Cpu cpu, DecodedInstruction in, long base, int limit) {
        if (!in.memory()) {
            throw cpu.fault(CpuException.UD);
        }
        ControlInstructions.checkUserModePrevention(cpu);
        int size = baseSize(cpu);
        long linear = cpu.address(in, 2 + size, true);
        cpu.memory.checkWrite(linear + 2, size);
        cpu.memory.write16(linear, limit);
        cpu.memory.write(linear + 2, size, base);
    }
}
