// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.state.FpuRegisters;
import dev.synapic.cpu.state.VectorRegisters;
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Cr4;

/**
 * FXSAVE, FXRSTOR (SDM vol. 1, 10.5) and XSAVE, XSAVEOPT, XRSTOR (chapter 13) for the components x87 and SSE.
 *
 * <p>Not modelled: compacted form, supervisor states, and the modified optimization: XSAVEOPT writes whatever is in use.
 */
final class StateSaves {
    private static final int LEGACY_BYTES = 512, HEADER_BYTES = 64, AREA_BYTES = LEGACY_BYTES + HEADER_BYTES;
    private static final int MXCSR = 24, MXCSR_MASK = 28, DATA_REGISTERS = 32, XMM = 160;
    private static final int STATE_BV = 512, COMPACTION_BV = 520, RESERVED = 528;
    private static final int X87 = 1, SSE = 2;

    private StateSaves() {}

    // ---- FXSAVE, FXRSTOR
    // ---------------------------------------------------------------------------------------------------

    static void fxsave(Cpu cpu, DecodedInstruction in) {
        long area = legacyArea(cpu, in, true);
        cpu.memory.checkWrite(area, LEGACY_BYTES);
        saveX87(cpu, area, in.operandSize() == 8);
        saveMxcsr(cpu, area);
        saveXmm(cpu, area);
    }

    static void fxrstor(Cpu cpu, DecodedInstruction in) {
        long area = legacyArea(cpu, in, false);
        cpu.memory.checkRead(area, LEGACY_BYTES);
        FloatControl.setMxcsr(cpu, cpu.memory.read32(area + MXCSR));
        loadX87(cpu, area, in.operandSize() == 8);
        loadXmm(cpu, area);
    }

    private static long legacyArea(Cpu cpu, DecodedInstruction in, boolean write) {
        if ((cpu.control.cr0 & (Cr0.EM | Cr0.TS)) != 0) {
            throw cpu.fault(CpuException.NM);
        }
        return aligned(cpu, cpu.address(in, LEGACY_BYTES, write), 16);
    }

    private static long aligned(Cpu cpu, long linear, int bytes) {
        if ((linear & bytes - 1) != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
        return linear;
    }

    // ---- XSAVE, XRSTOR
    // -----------------------------------------------------------------------------------------------------

    static void xsave(Cpu cpu, DecodedInstruction in) {
        save(cpu, in, false);
    }

    static void xsaveopt(Cpu cpu, DecodedInstruction in) {
        save(cpu, in, true);
    }

    private static void save(Cpu cpu, DecodedInstruction in, boolean leavesInitialStateOut) {
        long area = extendedArea(cpu, in, true);
        int wanted = wanted(cpu);
        int inUse = (cpu.fpu.isInitial() ? 0 : X87) | (cpu.vectors.registersAreZero() ? 0 : SSE);
        int written = leavesInitialStateOut ? wanted & inUse : wanted;
        cpu.memory.checkWrite(area, AREA_BYTES);
        long state = cpu.memory.read64(area + STATE_BV);
        if ((written & X87) != 0) {
            saveX87(cpu, area, in.operandSize() == 8);
        }
        if ((wanted & SSE) != 0) {
            saveMxcsr(cpu, area);
        }
        if ((written & SSE) != 0) {
            saveXmm(cpu, area);
        }
        cpu.memory.write64(area + STATE_BV, state & ~wanted | wanted & inUse);
    }

    static void xrstor(Cpu cpu, DecodedInstruction in) {
        long area = extendedArea(cpu, in, false);
        int wanted = wanted(cpu);
        cpu.memory.checkRead(area, AREA_BYTES);
        long state = cpu.memory.read64(area + STATE_BV);
        boolean compacted = cpu.memory.read64(area + COMPACTION_BV) != 0;
        if (compacted || cpu.memory.read64(area + RESERVED) != 0 || (state & ~cpu.control.xcr0) != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
        if ((wanted & SSE) != 0) {
            FloatControl.setMxcsr(cpu, cpu.memory.read32(area + MXCSR));
        }
        if ((wanted & state & X87) != 0) {
            loadX87(cpu, area, in.operandSize() == 8);
        } else if ((wanted & X87) != 0) {
            cpu.fpu.resetComponent();
        }
        if ((wanted & state & SSE) != 0) {
            loadXmm(cpu, area);
        } else if ((wanted & SSE) != 0) {
            cpu.vectors.resetRegisters();
        }
    }

    private static long extendedArea(Cpu cpu, DecodedInstruction in, boolean write) {
        if ((cpu.control.cr4 & Cr4.OSXSAVE) == 0) {
            throw cpu.fault(CpuException.UD);
        }
        if ((cpu.control.cr0 & Cr0.TS) != 0) {
            throw cpu.fault(CpuException.NM);
        }
        return aligned(cpu, cpu.address(in, AREA_BYTES, write), 64);
    }

    /** The components in XCR0 that EDX:EAX asks for. */
    private static int wanted(Cpu cpu) {
        return (int) (cpu.gpr[0] & cpu.control.xcr0);
    }

    // ---- the legacy area's parts
    // -------------------------------------------------------------------------------------------

    private static void saveX87(Cpu cpu, long area, boolean wide) {
        FpuRegisters fpu = cpu.fpu;
        cpu.memory.write64(
                area,
                fpu.control() | (long) fpu.status() << 16 | (long) fpu.abridgedTags() << 32 | (long) fpu.opcode << 48);
        cpu.memory.write64(area + 8, wide ? fpu.instructionPointer : fpu.instructionPointer & 0xFFFF_FFFFL);
        cpu.memory.write64(area + 16, wide ? fpu.dataPointer : fpu.dataPointer & 0xFFFF_FFFFL);
        for (int i = 0; i < FpuRegisters.COUNT; i++) {
            int register = fpu.index(i);
            cpu.memory.write64(area + DATA_REGISTERS + 16L * i, fpu.significand(register));
            cpu.memory.write64(area + DATA_REGISTERS + 16L * i + 8, fpu.signAndExponent(register));
        }
    }

    private static void loadX87(Cpu cpu, long area, boolean wide) {
        FpuRegisters fpu = cpu.fpu;
        long words = cpu.memory.read64(area);
        fpu.setControl((int) words & 0xFFFF);
        fpu.setStatus((int) (words >>> 16) & 0xFFFF);
        fpu.opcode = (int) (words >>> 48) & 0x7FF;
        long pointerMask = wide ? -1L : 0xFFFF_FFFFL;
        fpu.instructionPointer = cpu.memory.read64(area + 8) & pointerMask;
        fpu.dataPointer = cpu.memory.read64(area + 16) & pointerMask;
        for (int i = 0; i < FpuRegisters.COUNT; i++) {
            long significand = cpu.memory.read64(area + DATA_REGISTERS + 16L * i);
            fpu.restore(fpu.index(i), cpu.memory.read16(area + DATA_REGISTERS + 16L * i + 8), significand);
        }
        fpu.setAbridgedTags((int) (words >>> 32) & 0xFF);
    }

    private static void saveMxcsr(Cpu cpu, long area) {
        cpu.memory.write32(area + MXCSR, cpu.vectors.mxcsr);
        cpu.memory.write32(area + MXCSR_MASK, VectorRegisters.MXCSR_MASK);
    }

    /** Outside 64-bit mode there are eight. */
    private static int words(Cpu cpu) {
        return cpu.in64BitMode() ? 2 * VectorRegisters.COUNT : VectorRegisters.COUNT;
    }

    private static void saveXmm(Cpu cpu, long area) {
        int words = words(cpu);
        for (int i = 0; i < words; i++) {
            cpu.memory.write64(area + XMM + 8L * i, cpu.vectors.xmm[i]);
        }
    }

    private static void loadXmm(Cpu cpu, long area) {
        int words = words(cpu);
        for (int i = 0; i < words; i++) {
            cpu.vectors.xmm[i] = cpu.memory.read64(area + XMM + 8L * i);
        }
    }
}
