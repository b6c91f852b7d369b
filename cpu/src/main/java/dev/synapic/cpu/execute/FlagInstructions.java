// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.RAX;
import static dev.synapic.cpu.execute.Operands.writeRegister8;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import java.lang.invoke.VarHandle;

/** What moves single flags, and what does nothing or only faults. */
final class FlagInstructions {
    private static final int AH = 16;
    private static final int RESERVED_ONE = 1 << 1;
    private static final int AH_FLAGS = Flags.ARITHMETIC & 0xFF;

    private FlagInstructions() {}

    static void clc(Cpu cpu, DecodedInstruction in) {
        cpu.flags.replace(Flags.CF, 0);
    }

    static void stc(Cpu cpu, DecodedInstruction in) {
        cpu.flags.replace(Flags.CF, Flags.CF);
    }

    static void cmc(Cpu cpu, DecodedInstruction in) {
        cpu.flags.setBits(cpu.flags.bits() ^ Flags.CF);
    }

    static void cld(Cpu cpu, DecodedInstruction in) {
        cpu.flags.direction = false;
    }

    static void std(Cpu cpu, DecodedInstruction in) {
        cpu.flags.direction = true;
    }

    static void lahf(Cpu cpu, DecodedInstruction in) {
        writeRegister8(cpu, AH, cpu.flags.bits() & AH_FLAGS | RESERVED_ONE);
    }

    static void sahf(Cpu cpu, DecodedInstruction in) {
        cpu.flags.replace(AH_FLAGS, Operands.readRegister8(cpu, AH));
    }

    /** AL is all ones where CF is set (undocumented, but in every processor). */
    static void salc(Cpu cpu, DecodedInstruction in) {
        writeRegister8(cpu, RAX, cpu.flags.carry() ? 0xFF : 0);
    }

    /** Also hints and cache control. */
    static void nop(Cpu cpu, DecodedInstruction in) {}

    /** Also CLFLUSHOPT and CLWB: there are no caches, but it faults as a read does. */
    static void clflush(Cpu cpu, DecodedInstruction in) {
        cpu.memory.checkRead(cpu.address(in, 1, false), 1);
    }

    /** LFENCE, SFENCE, MFENCE. */
    static void fence(Cpu cpu, DecodedInstruction in) {
        VarHandle.fullFence();
    }

    /** The #UD that a program asks for (UD0, UD1, UD2) or earns (LOCK where it must not be). */
    static void undefined(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    /** More than 15 bytes. */
    static void tooLong(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.GP, 0);
    }

    static void bound(Cpu cpu, DecodedInstruction in) {
        int width = in.operandSize();
        long linear = cpu.address(in, width * 2, false);
        long index = Operands.readG(cpu, in, width);
        long lower = Operands.readMemory(cpu, linear, width);
        if (index < lower || index > Operands.readMemory(cpu, linear + width, width)) {
            throw cpu.fault(CpuException.BR);
        }
    }
}
