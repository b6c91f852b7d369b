// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.state.Descriptor;
import dev.synapic.spec.x86.Efer;
import dev.synapic.spec.x86.Rflags;

/** SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS and the hypercalls (SDM vol. 2; vol. 3A, 5.8.7 and 5.8.8). */
final class SystemCalls {
    private static final int STAR_SYSCALL_SHIFT = 32;
    private static final int STAR_SYSRET_SHIFT = 48;
    /** SYSRET does not bring back RF and VM. */
    private static final long RESTORED_FLAGS = 0x3C_7FD7L;

    private SystemCalls() {}

    static void syscall(Cpu cpu, DecodedInstruction in) {
        requireSystemCallEnabled(cpu);
        boolean from64 = cpu.in64BitMode();
        boolean longMode = cpu.control.longMode();
        long flags = cpu.rflags();
        int cs = (int) (cpu.msrs.star >>> STAR_SYSCALL_SHIFT) & 0xFFFC;
        cpu.gpr[Operands.RCX] = cpu.nextRip(in);
        if (longMode) {
            cpu.gpr[11] = flags;
            cpu.setRflags(flags & ~cpu.msrs.fmask);
        } else {
            cpu.setRflags(flags & ~(long) Rflags.IF);
        }
        enterFlat(cpu, cs, 0, longMode, cs + 8);
        cpu.rip = from64 ? cpu.msrs.lstar : longMode ? cpu.msrs.cstar : cpu.msrs.star & 0xFFFF_FFFFL;
        cpu.debug.trapByNewFlags();
    }

    static void sysret(Cpu cpu, DecodedInstruction in) {
        requireSystemCallEnabled(cpu);
        ControlInstructions.requireCpl0(cpu);
        boolean to64 = in.operandSize() == 8;
        long target = to64 ? cpu.gpr[Operands.RCX] : cpu.gpr[Operands.RCX] & 0xFFFF_FFFFL;
        // AMD's processors leave that to the instruction fetch at the target.
        if (target << 16 >> 16 != target && !cpu.features().amd) {
            throw cpu.fault(CpuException.GP, 0);
        }
        int base = (int) (cpu.msrs.star >>> STAR_SYSRET_SHIFT) & 0xFFFF;
        int cs = to64 ? base + 16 : base;
        cpu.setRflags(cpu.control.longMode() ? cpu.gpr[11] & RESTORED_FLAGS : cpu.rflags() | Rflags.IF);
        enterFlat(cpu, cs | 3, 3, to64, base + 8 | 3);
        cpu.rip = target;
        cpu.debug.trapByNewFlags();
    }

    /** In 64-bit mode; on AMD's processors in all protected modes (APM vol. 3, "SYSCALL"). */
    private static void requireSystemCallEnabled(Cpu cpu) {
        boolean mode = cpu.in64BitMode() || cpu.features().amd && cpu.control.protectedMode();
        if (!mode || (cpu.control.efer & Efer.SCE) == 0) {
            throw cpu.fault(CpuException.UD);
        }
    }

    static void sysenter(Cpu cpu, DecodedInstruction in) {
        requireSysenter(cpu);
        boolean longMode = cpu.control.longMode();
        int cs = cpu.msrs.sysenterCs & 0xFFFC;
        cpu.systemFlags &= ~(long) Rflags.IF;
        enterFlat(cpu, cs, 0, longMode, cs + 8);
        cpu.gpr[Operands.RSP] = longMode ? cpu.msrs.sysenterEsp : cpu.msrs.sysenterEsp & 0xFFFF_FFFFL;
        cpu.rip = longMode ? cpu.msrs.sysenterEip : cpu.msrs.sysenterEip & 0xFFFF_FFFFL;
    }

    static void sysexit(Cpu cpu, DecodedInstruction in) {
        requireSysenter(cpu);
        ControlInstructions.requireCpl0(cpu);
        boolean to64 = in.operandSize() == 8;
        long target = Operands.zeroExtend(cpu.gpr[Operands.RDX], to64 ? 8 : 4);
        long stack = Operands.zeroExtend(cpu.gpr[Operands.RCX], to64 ? 8 : 4);
        if (target << 16 >> 16 != target || stack << 16 >> 16 != stack) {
            throw cpu.fault(CpuException.GP, 0);
        }
        int cs = (cpu.msrs.sysenterCs & 0xFFFC) + (to64 ? 32 : 16);
        enterFlat(cpu, cs | 3, 3, to64, cs + 8 | 3);
        cpu.gpr[Operands.RSP] = stack;
        cpu.rip = target;
    }

    /** AMD's processors have SYSENTER and SYSEXIT in legacy mode only (APM vol. 3). */
    private static void requireSysenter(Cpu cpu) {
        if (cpu.features().amd && cpu.control.longMode()) {
            throw cpu.fault(CpuException.UD);
        }
        if (!cpu.control.protectedMode() || (cpu.msrs.sysenterCs & 0xFFFC) == 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
    }

    /** Flat code and stack segments with fixed attributes; no descriptor is read. */
    private static void enterFlat(Cpu cpu, int cs, int cpl, boolean wide, int ss) {
        int level = cpl << Descriptor.DPL_SHIFT;
        cpu.segments.loadFlat(DecodedInstruction.CS, cs, Descriptor.CODE | level);
        if (wide) {
            int attributes = cpu.segments.attributes(DecodedInstruction.CS) & ~Descriptor.BIG | Descriptor.LONG;
            cpu.segments.load(DecodedInstruction.CS, cs, 0, 0xFFFF_FFFFL, attributes);
        }
        cpu.segments.loadFlat(DecodedInstruction.SS, ss, level);
        cpu.setCpl(cpl);
        cpu.modeChanged();
    }

    static void swapgs(Cpu cpu, DecodedInstruction in) {
        if (!cpu.in64BitMode()) {
            throw cpu.fault(CpuException.UD);
        }
        ControlInstructions.requireCpl0(cpu);
        long base = cpu.segments.base(DecodedInstruction.GS);
        cpu.segments.setBase(DecodedInstruction.GS, cpu.msrs.kernelGsBase);
        cpu.msrs.kernelGsBase = base;
    }

    /** At any CPL: who may call is the port's decision. */
    static void hypercall(Cpu cpu, DecodedInstruction in) {
        switch (cpu.ports.hypercalls().hypercall(cpu)) {
            case DONE -> {}
            case AGAIN -> cpu.rip = cpu.nextRip(in) - in.length();
            case UNDEFINED -> throw cpu.fault(CpuException.UD);
        }
    }
}
