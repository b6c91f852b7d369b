// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Cr4;

/**
 * The little of x87 and SSE that code meets which never calculates: initialization, control words, WAIT.
 *
 * <p>Not modelled: registers and arithmetic; FXSAVE and FXRSTOR are #UD.
 */
final class FloatingPointControl {
    private static final int CONTROL_WORD_RESET = 0x37F;
    private static final int MXCSR_RESET = 0x1F80;

    private FloatingPointControl() {}

    static void fninit(Cpu cpu, DecodedInstruction in) {
        checkAvailable(cpu);
    }

    static void fnstcw(Cpu cpu, DecodedInstruction in) {
        checkAvailable(cpu);
        cpu.memory.write16(cpu.address(in, 2, true), CONTROL_WORD_RESET);
    }

    static void fldcw(Cpu cpu, DecodedInstruction in) {
        checkAvailable(cpu);
        cpu.memory.read16(cpu.address(in, 2, false));
    }

    /** WAIT looks at MP and TS together (SDM vol. 3A, table 2-2). */
    static void fwait(Cpu cpu, DecodedInstruction in) {
        if ((cpu.control.cr0 & (Cr0.MP | Cr0.TS)) == (Cr0.MP | Cr0.TS)) {
            throw cpu.fault(CpuException.NM);
        }
    }

    static void ldmxcsr(Cpu cpu, DecodedInstruction in) {
        checkSse(cpu);
        cpu.memory.read32(cpu.address(in, 4, false));
    }

    static void stmxcsr(Cpu cpu, DecodedInstruction in) {
        checkSse(cpu);
        cpu.memory.write32(cpu.address(in, 4, true), MXCSR_RESET);
    }

    static void undefined(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.ud(cpu, in);
    }

    private static void checkAvailable(Cpu cpu) {
        if ((cpu.control.cr0 & (Cr0.EM | Cr0.TS)) != 0) {
            throw cpu.fault(CpuException.NM);
        }
    }

    private static void checkSse(Cpu cpu) {
        if ((cpu.control.cr0 & Cr0.EM) != 0 || (cpu.control.cr4 & Cr4.OSFXSR) == 0) {
            throw cpu.fault(CpuException.UD);
        }
        if ((cpu.control.cr0 & Cr0.TS) != 0) {
            throw cpu.fault(CpuException.NM);
        }
    }
}
