// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.fpu;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.state.FpuRegisters;
import dev.synapic.spec.x86.Cr0;

/**
 * Control and status words, the environment and the whole state in memory (SDM vol. 1, 8.1.10). Instructions whose names begin with
 * FN do not look at pending exceptions.
 */
final class FpuControl {
    private static final int RAX = 0;
    private static final int EXTENDED_BYTES = 10;
    private static final int ALL_MASKED = 0x3F;

    private FpuControl() {}

    /** WAIT looks at MP and TS together (SDM vol. 3A, table 2-2). */
    static void fwait(Cpu cpu, DecodedInstruction in) {
        if ((cpu.control.cr0 & (Cr0.MP | Cr0.TS)) == (Cr0.MP | Cr0.TS)) {
            throw cpu.fault(CpuException.NM);
        }
        FpuAccess.reportPending(cpu);
    }

    static void fninit(Cpu cpu, DecodedInstruction in) {
        FpuAccess.requireAvailable(cpu);
        cpu.fpu.initialize();
    }

    static void fnclex(Cpu cpu, DecodedInstruction in) {
        FpuAccess.requireAvailable(cpu);
        cpu.fpu.clearExceptions();
    }

    /** FNENI, FNDISI, FNSETPM: of the 8087 and the 287. */
    static void nothing(Cpu cpu, DecodedInstruction in) {
        FpuAccess.requireAvailable(cpu);
    }

    static void fnstcw(Cpu cpu, DecodedInstruction in) {
        FpuAccess.requireAvailable(cpu);
        cpu.memory.write16(cpu.address(in, 2, true), cpu.fpu.control());
    }

    static void fldcw(Cpu cpu, DecodedInstruction in) {
        FpuAccess.waitForExceptions(cpu);
        cpu.fpu.setControl(cpu.memory.read16(cpu.address(in, 2, false)));
    }

    /** To memory or AX. */
    static void fnstsw(Cpu cpu, DecodedInstruction in) {
        FpuAccess.requireAvailable(cpu);
        if (in.memory()) {
            cpu.memory.write16(cpu.address(in, 2, true), cpu.fpu.status());
        } else {
            cpu.gpr[RAX] = cpu.gpr[RAX] & ~0xFFFFL | cpu.fpu.status();
        }
    }

    // ---- environment
    // -------------------------------------------------------------------------------------------------------

    private static int environmentBytes(DecodedInstruction in) {
        return in.operandSize() == 2 ? 14 : 28;
    }

    static void fnstenv(Cpu cpu, DecodedInstruction in) {
        FpuAccess.requireAvailable(cpu);
        int size = environmentBytes(in);
        long linear = cpu.address(in, size, true);
        cpu.memory.checkWrite(linear, size);
        writeEnvironment(cpu, in, linear);
        cpu.fpu.setControl(cpu.fpu.control() | ALL_MASKED);
    }

    static void fldenv(Cpu cpu, DecodedInstruction in) {
        FpuAccess.waitForExceptions(cpu);
        int size = environmentBytes(in);
        long linear = cpu.address(in, size, false);
        cpu.memory.checkRead(linear, size);
        readEnvironment(cpu, in, linear);
    }

    /** Each word has four bytes, of which the upper two are ones, or two bytes. */
    private static void writeEnvironment(Cpu cpu, DecodedInstruction in, long linear) {
        FpuRegisters fpu = cpu.fpu;
        boolean narrow = in.operandSize() == 2;
        int filler = narrow ? 0 : 0xFFFF_0000;
        int step = narrow ? 2 : 4;
        cpu.memory.write(linear, step, fpu.control() | filler);
        cpu.memory.write(linear + step, step, fpu.status() | filler);
        cpu.memory.write(linear + 2L * step, step, fpu.tagWord() | filler);
        cpu.memory.write(linear + 3L * step, step, pointerLow(cpu, in, fpu.instructionPointer));
        cpu.memory.write(linear + 4L * step, step, instructionHigh(cpu, in));
        cpu.memory.write(linear + 5L * step, step, pointerLow(cpu, in, fpu.dataPointer));
        cpu.memory.write(linear + 6L * step, step, dataHigh(cpu, in));
    }

    private static long pointerLow(Cpu cpu, DecodedInstruction in, long pointer) {
        return in.operandSize() == 2 || cpu.inRealMode() ? pointer & 0xFFFF : pointer;
    }

    /** Protected mode has a selector (0 here) and, in the 32-bit form, the opcode; real mode has the pointer's upper bits. */
    private static long instructionHigh(Cpu cpu, DecodedInstruction in) {
        FpuRegisters fpu = cpu.fpu;
        if (cpu.inRealMode()) {
            return upperBits(in, fpu.instructionPointer) | fpu.opcode;
        }
        return in.operandSize() == 2 ? 0 : (long) fpu.opcode << 16;
    }

    private static long dataHigh(Cpu cpu, DecodedInstruction in) {
        if (cpu.inRealMode()) {
            return upperBits(in, cpu.fpu.dataPointer);
        }
        return in.operandSize() == 2 ? 0 : 0xFFFF_0000L;
    }

    private static long upperBits(DecodedInstruction in, long pointer) {
        return (in.operandSize() == 2 ? pointer >>> 16 & 0xF : pointer >>> 16 & 0xFFFF) << 12;
    }

    private static void readEnvironment(Cpu cpu, DecodedInstruction in, long linear) {
        FpuRegisters fpu = cpu.fpu;
        int step = in.operandSize() == 2 ? 2 : 4;
        long instruction = cpu.memory.read(linear + 3L * step, step);
        long high = cpu.memory.read(linear + 4L * step, step);
        long data = cpu.memory.read(linear + 5L * step, step);
        long dataHigh = cpu.memory.read(linear + 6L * step, step);
        fpu.setControl(cpu.memory.read16(linear));
        fpu.setStatus(cpu.memory.read16(linear + step));
        fpu.setTagWord(cpu.memory.read16(linear + 2L * step));
        if (cpu.inRealMode()) {
            long mask = in.operandSize() == 2 ? 0xF : 0xFFFF;
            fpu.instructionPointer = instruction & 0xFFFF | (high >>> 12 & mask) << 16;
            fpu.dataPointer = data & 0xFFFF | (dataHigh >>> 12 & mask) << 16;
            fpu.opcode = (int) high & 0x7FF;
        } else {
            fpu.instructionPointer = instruction;
            fpu.dataPointer = data;
            fpu.opcode = in.operandSize() == 2 ? 0 : (int) (high >>> 16) & 0x7FF;
        }
    }

    // ---- the whole state
    // -----------------------------------------------------------------------------------------------------

    static void fnsave(Cpu cpu, DecodedInstruction in) {
        FpuAccess.requireAvailable(cpu);
        int environment = environmentBytes(in);
        int size = environment + FpuRegisters.COUNT * EXTENDED_BYTES;
        long linear = cpu.address(in, size, true);
        cpu.memory.checkWrite(linear, size);
        writeEnvironment(cpu, in, linear);
        for (int i = 0; i < FpuRegisters.COUNT; i++) {
            long at = linear + environment + (long) EXTENDED_BYTES * i;
            int register = cpu.fpu.index(i);
            cpu.memory.write64(at, cpu.fpu.significand(register));
            cpu.memory.write16(at + 8, cpu.fpu.signAndExponent(register));
        }
        cpu.fpu.initialize();
    }

    static void frstor(Cpu cpu, DecodedInstruction in) {
        FpuAccess.waitForExceptions(cpu);
        int environment = environmentBytes(in);
        int size = environment + FpuRegisters.COUNT * EXTENDED_BYTES;
        long linear = cpu.address(in, size, false);
        cpu.memory.checkRead(linear, size);
        readEnvironment(cpu, in, linear);
        for (int i = 0; i < FpuRegisters.COUNT; i++) {
            long at = linear + environment + (long) EXTENDED_BYTES * i;
            cpu.fpu.restore(cpu.fpu.index(i), cpu.memory.read16(at + 8), cpu.memory.read64(at));
        }
    }
}
