// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.softfloat.Real;
import dev.synapic.cpu.softfloat.SoftFloat;
import dev.synapic.cpu.state.VectorRegisters;
import dev.synapic.spec.x86.Cr4;

/** MXCSR: what it asks of an operation, and where an operation's exceptions go (SDM vol. 1, 11.5). */
final class FloatControl {
    private static final int PRECISION_MASK = SoftFloat.PRECISION << 7;
    private static final int ROUNDING = 3 << 13;
    private static final int QUICK = SoftFloat.PRECISION | PRECISION_MASK;

    private FloatControl() {}

    /** Starts an instruction that calculates. */
    static SoftFloat begin(Cpu cpu) {
        VectorOperands.requireSse(cpu);
        VectorRegisters vectors = cpu.vectors;
        boolean flush = (vectors.mxcsr & VectorRegisters.FLUSH_TO_ZERO) != 0;
        cpu.floats.begin(vectors.rounding(), vectors.masked(), flush, false);
        return cpu.floats;
    }

    /** Ends it: nothing may have been written before, for it faults where an exception is not masked. */
    static void end(Cpu cpu, SoftFloat floats) {
        if (floats.flags != 0) {
            raise(cpu, floats.flags);
        }
    }

    private static void raise(Cpu cpu, int flags) {
        VectorRegisters vectors = cpu.vectors;
        int open = flags & ~vectors.masked();
        vectors.mxcsr |= (open & SoftFloat.BEFORE) != 0 ? flags & SoftFloat.BEFORE : flags;
        if (open != 0) {
            throw cpu.fault((cpu.control.cr4 & Cr4.OSXMMEXCPT) != 0 ? CpuException.XM : CpuException.UD);
        }
    }

    /** Whether a result that is rounded to nearest, and inexact at most, changes no flag and raises nothing. */
    static boolean quick(Cpu cpu) {
        return (cpu.vectors.mxcsr & (QUICK | ROUNDING)) == QUICK;
    }

    static void loadSingle(Cpu cpu, Real real, int bits) {
        real.setSingle(bits);
        dropDenormal(cpu, real);
    }

    static void loadDouble(Cpu cpu, Real real, long bits) {
        real.setDouble(bits);
        dropDenormal(cpu, real);
    }

    private static void dropDenormal(Cpu cpu, Real real) {
        if (real.denormal && (cpu.vectors.mxcsr & VectorRegisters.DENORMALS_ARE_ZERO) != 0) {
            real.setZero(real.negative);
        }
    }

    static void ldmxcsr(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        setMxcsr(cpu, cpu.memory.read32(cpu.address(in, 4, false)));
    }

    static void stmxcsr(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        cpu.memory.write32(cpu.address(in, 4, true), cpu.vectors.mxcsr);
    }

    static void setMxcsr(Cpu cpu, int value) {
        checkMxcsr(cpu, value);
        cpu.vectors.mxcsr = value;
    }

    static void checkMxcsr(Cpu cpu, int value) {
        if ((value & ~VectorRegisters.MXCSR_MASK) != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
    }
}
