// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Cr4;

/** Whether SSE and MMX may be used now, and their operands in registers and memory. */
final class VectorOperands {
    private static final int PAGE = 4096;

    private VectorOperands() {}

    // ---- availability
    // ------------------------------------------------------------------------------------------------------

    /** SDM vol. 3A, 15.1 and table 14-1. */
    static void requireSse(Cpu cpu) {
        if ((cpu.control.cr0 & (Cr0.EM | Cr0.TS) | ~cpu.control.cr4 & Cr4.OSFXSR) != 0) {
            refuseSse(cpu);
        }
    }

    private static void refuseSse(Cpu cpu) {
        boolean undefined = (cpu.control.cr0 & Cr0.EM) != 0 || (cpu.control.cr4 & Cr4.OSFXSR) == 0;
        throw cpu.fault(undefined ? CpuException.UD : CpuException.NM);
    }

    /** SDM vol. 3A, 14.1. A pending x87 exception comes first. */
    static void requireMmx(Cpu cpu) {
        if ((cpu.control.cr0 & Cr0.EM) != 0) {
            throw cpu.fault(CpuException.UD);
        }
        if ((cpu.control.cr0 & Cr0.TS) != 0) {
            throw cpu.fault(CpuException.NM);
        }
        if (cpu.fpu.pending() && (cpu.control.cr0 & Cr0.NE) != 0) {
            throw cpu.fault(CpuException.MF);
        }
    }

    /** Instructions of SSE that also touch MMX registers. */
    static void requireBoth(Cpu cpu) {
        requireSse(cpu);
        requireMmx(cpu);
    }

    // ---- memory
    // ------------------------------------------------------------------------------------------------------------

    /** Linear address of a 16-byte operand that must be aligned. */
    static long aligned(Cpu cpu, DecodedInstruction in, boolean write) {
        long linear = cpu.address(in, 16, write);
        if ((linear & 15) != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
        return linear;
    }

    /** Writes 16 bytes; nothing is written where any of them cannot be. */
    static void write128(Cpu cpu, long linear, long low, long high) {
        if ((linear & PAGE - 1) > PAGE - 16) {
            cpu.memory.checkWrite(linear, 16);
        }
        cpu.memory.write64(linear, low);
        cpu.memory.write64(linear + 8, high);
    }

    // ---- W: XMM register or memory
    // -----------------------------------------------------------------------------------------

    static int read32(Cpu cpu, DecodedInstruction in) {
        return in.memory() ? cpu.memory.read32(cpu.address(in, 4, false)) : (int) cpu.vectors.xmm[in.rm() << 1];
    }

    static long read64(Cpu cpu, DecodedInstruction in) {
        return in.memory() ? cpu.memory.read64(cpu.address(in, 8, false)) : cpu.vectors.xmm[in.rm() << 1];
    }

    // ---- Q: MMX register or memory
    // -----------------------------------------------------------------------------------------

    static long readMmx(Cpu cpu, DecodedInstruction in) {
        if (!in.memory()) {
            return cpu.fpu.significand(in.rm() & 7);
        }
        return in.width() == 4
                ? cpu.memory.read32(cpu.address(in, 4, false)) & 0xFFFF_FFFFL
                : cpu.memory.read64(cpu.address(in, 8, false));
    }

    /** G: writes the MMX register and marks the x87's registers as MMX instructions do. */
    static void writeMmx(Cpu cpu, DecodedInstruction in, long value) {
        cpu.fpu.enterMmx();
        cpu.fpu.setMmx(in.reg() & 7, value);
    }
}
