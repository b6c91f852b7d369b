// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.cpu.state.Descriptor;
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Cr4;
import dev.synapic.spec.x86.Efer;
import java.util.Arrays;

/** The states in which a processor begins (SDM vol. 3A, table 10-1; 10.4.4.2 for SIPI; Multiboot 0.6.96, 3.2). */
final class StartUp {
    private static final int RDX = 2;
    /** Family 6, as software finds it in EDX after reset. */
    private static final int FAMILY = 0x600;

    private static final long CODE_64 = 0x00AF_9B00_0000_FFFFL;

    private static final int BOOT_CODE = 0x08;
    private static final int BOOT_DATA = 0x10;

    private StartUp() {}

    static void reset(Cpu cpu, boolean init) {
        Arrays.fill(cpu.gpr, 0);
        cpu.gpr[RDX] = FAMILY;
        cpu.rip = 0xFFF0;
        cpu.flags.setBits(0);
        cpu.flags.direction = false;
        cpu.systemFlags = 0;
        cpu.control.reset(init);
        cpu.tables.reset();
        cpu.segments.reset();
        int cs = DecodedInstruction.CS;
        cpu.segments.load(cs, 0xF000, 0xFFFF_0000L, 0xFFFF, cpu.segments.attributes(cs));
        if (!init) {
            cpu.msrs.reset();
            cpu.fpu.reset();
            cpu.vectors.reset();
        }
        cpu.setCpl(0);
        cpu.clearEvents();
        cpu.debug.registersChanged();
        cpu.memory.pagingChanged();
        cpu.modeChanged();
    }

    static void atVector(Cpu cpu, int vector) {
        cpu.segments.loadReal(DecodedInstruction.CS, vector << 8);
        cpu.rip = 0;
        cpu.clearEvents();
        cpu.modeChanged();
    }

    static void flat(Cpu cpu, int eip) {
        reset(cpu, true);
        cpu.control.cr0 = Cr0.PE | Cr0.ET;
        for (int segment = DecodedInstruction.ES; segment <= DecodedInstruction.GS; segment++) {
            cpu.segments.loadFlat(segment, BOOT_DATA, 0);
        }
        cpu.segments.loadFlat(DecodedInstruction.CS, BOOT_CODE, Descriptor.CODE);
        cpu.rip = eip & 0xFFFF_FFFFL;
        cpu.memory.pagingChanged();
        cpu.modeChanged();
    }

    /** 64-bit mode with paging on and interrupts off, as a boot loader enters a 64-bit kernel. */
    static void longMode(Cpu cpu, long rip, long cr3, int codeSelector, int dataSelector) {
        reset(cpu, true);
        cpu.control.cr0 = Cr0.PE | Cr0.ET | Cr0.NE | Cr0.WP | Cr0.PG;
        cpu.control.cr4 = Cr4.PAE;
        cpu.control.efer = Efer.LME | Efer.LMA;
        cpu.control.cr3 = cr3;
        for (int segment = DecodedInstruction.ES; segment <= DecodedInstruction.GS; segment++) {
            cpu.segments.loadFlat(segment, dataSelector, 0);
        }
        cpu.segments.load(DecodedInstruction.CS, codeSelector, CODE_64);
        cpu.rip = rip;
        cpu.memory.pagingChanged();
        cpu.modeChanged();
    }
}
