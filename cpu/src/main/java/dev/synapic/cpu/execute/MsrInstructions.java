// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.state.SystemMsrs;
import dev.synapic.spec.x86.Cr4;
import dev.synapic.spec.x86.Efer;
import dev.synapic.spec.x86.GeneralProtectionFault;
import dev.synapic.spec.x86.Msr;

/** MSRs, time stamps and CPUID. What is not the processor's own goes to the ports. */
final class MsrInstructions {
    private static final int OSXSAVE = 1 << 27;
    private static final int XSAVE = 1 << 26;
    private static final long FMASK_BITS = 0xFFFF_FFFFL;

    private MsrInstructions() {}

    static long edxEax(Cpu cpu) {
        return cpu.gpr[Operands.RDX] << 32 | cpu.gpr[Operands.RAX] & 0xFFFF_FFFFL;
    }

    static void setEdxEax(Cpu cpu, long value) {
        cpu.gpr[Operands.RAX] = value & 0xFFFF_FFFFL;
        cpu.gpr[Operands.RDX] = value >>> 32;
    }

    static void rdmsr(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.requireCpl0(cpu);
        try {
            setEdxEax(cpu, read(cpu, (int) cpu.gpr[Operands.RCX]));
        } catch (GeneralProtectionFault refused) {
            throw cpu.fault(CpuException.GP, 0);
        }
    }

    static void wrmsr(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.requireCpl0(cpu);
        try {
            write(cpu, (int) cpu.gpr[Operands.RCX], edxEax(cpu));
        } catch (GeneralProtectionFault refused) {
            throw cpu.fault(CpuException.GP, 0);
        }
    }

    private static long read(Cpu cpu, int msr) {
        SystemMsrs msrs = cpu.msrs;
        return switch (msr) {
            case Msr.IA32_EFER -> cpu.control.efer;
            case Msr.IA32_STAR -> msrs.star;
            case Msr.IA32_LSTAR -> msrs.lstar;
            case Msr.IA32_CSTAR -> msrs.cstar;
            case Msr.IA32_FMASK -> msrs.fmask;
            case Msr.IA32_FS_BASE -> cpu.segments.base(DecodedInstruction.FS);
            case Msr.IA32_GS_BASE -> cpu.segments.base(DecodedInstruction.GS);
            case Msr.IA32_KERNEL_GS_BASE -> msrs.kernelGsBase;
            case Msr.IA32_SYSENTER_CS -> msrs.sysenterCs & 0xFFFF_FFFFL;
            case Msr.IA32_SYSENTER_ESP -> msrs.sysenterEsp;
            case Msr.IA32_SYSENTER_EIP -> msrs.sysenterEip;
            case Msr.IA32_PAT -> msrs.pat;
            case Msr.IA32_TSC_AUX -> {
                requireTscAux(cpu);
                yield msrs.tscAux & 0xFFFF_FFFFL;
            }
            default -> cpu.ports.msrs().read(msr);
        };
    }

    private static void write(Cpu cpu, int msr, long value) {
        SystemMsrs msrs = cpu.msrs;
        switch (msr) {
            case Msr.IA32_EFER -> writeEfer(cpu, value);
            case Msr.IA32_STAR -> msrs.star = value;
            case Msr.IA32_LSTAR -> msrs.lstar = canonical(value);
            case Msr.IA32_CSTAR -> msrs.cstar = canonical(value);
            case Msr.IA32_FMASK -> msrs.fmask = low32(value) & FMASK_BITS;
            case Msr.IA32_FS_BASE -> cpu.segments.setBase(DecodedInstruction.FS, canonical(value));
            case Msr.IA32_GS_BASE -> cpu.segments.setBase(DecodedInstruction.GS, canonical(value));
            case Msr.IA32_KERNEL_GS_BASE -> msrs.kernelGsBase = canonical(value);
            case Msr.IA32_SYSENTER_CS -> msrs.sysenterCs = (int) value;
            case Msr.IA32_SYSENTER_ESP -> msrs.sysenterEsp = canonical(value);
            case Msr.IA32_SYSENTER_EIP -> msrs.sysenterEip = canonical(value);
            case Msr.IA32_PAT -> msrs.pat = memoryTypes(value);
            case Msr.IA32_TSC_AUX -> {
                requireTscAux(cpu);
                msrs.tscAux = (int) low32(value);
            }
            default -> cpu.ports.msrs().write(msr, value);
        }
    }

    /** It comes with the instructions that read it (SDM vol. 4, table 2-2). */
    private static void requireTscAux(Cpu cpu) {
        if (!cpu.features().rdtscp && !cpu.features().rdpid) {
            throw GeneralProtectionFault.generalProtection();
        }
    }

    /** LME may not change while paging is on; LMA is the processor's (SDM vol. 3A, 2.2.1). */
    private static void writeEfer(Cpu cpu, long value) {
        long before = cpu.control.efer;
        long noExecute = cpu.features().noExecute ? Efer.NXE : 0;
        boolean changesLme = ((value ^ before) & Efer.LME) != 0;
        if ((value & ~(Efer.SCE | Efer.LME | Efer.LMA | noExecute)) != 0 || changesLme && cpu.control.paging()) {
            throw GeneralProtectionFault.generalProtection();
        }
        cpu.control.efer = value & ~Efer.LMA | before & Efer.LMA;
        cpu.memory.pagingChanged();
    }

    private static long canonical(long value) {
        if (value << 16 >> 16 != value) {
            throw GeneralProtectionFault.generalProtection();
        }
        return value;
    }

    private static long low32(long value) {
        if (value >>> 32 != 0) {
            throw GeneralProtectionFault.generalProtection();
        }
        return value;
    }

    /** Types 2, 3 and above 7 are reserved (SDM vol. 3A, table 13-10). */
    private static long memoryTypes(long value) {
        for (int i = 0; i < 64; i += 8) {
            int type = (int) (value >>> i) & 0xFF;
            if (type > 7 || type == 2 || type == 3) {
                throw GeneralProtectionFault.generalProtection();
            }
        }
        return value;
    }

    static void rdtsc(Cpu cpu, DecodedInstruction in) {
        checkTimeStampAllowed(cpu);
        setEdxEax(cpu, cpu.ports.platform().readTsc());
    }

    static void rdtscp(Cpu cpu, DecodedInstruction in) {
        if (!cpu.features().rdtscp) {
            throw cpu.fault(CpuException.UD);
        }
        checkTimeStampAllowed(cpu);
        setEdxEax(cpu, cpu.ports.platform().readTsc());
        cpu.gpr[Operands.RCX] = cpu.msrs.tscAux & 0xFFFF_FFFFL;
    }

    static void rdpid(Cpu cpu, DecodedInstruction in) {
        if (!cpu.features().rdpid) {
            throw cpu.fault(CpuException.UD);
        }
        cpu.gpr[in.rm()] = cpu.msrs.tscAux & 0xFFFF_FFFFL;
    }

    /** There are no performance counters. */
    static void rdpmc(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.GP, 0);
    }

    private static void checkTimeStampAllowed(Cpu cpu) {
        if (cpu.cpl() != 0 && (cpu.control.cr4 & Cr4.TSD) != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
    }

    /** OSXSAVE in leaf 1 tells CR4.OSXSAVE, which only the processor knows. */
    static void cpuid(Cpu cpu, DecodedInstruction in) {
        int[] result = cpu.cpuidResult;
        int leaf = (int) cpu.gpr[Operands.RAX];
        cpu.ports.platform().cpuid(leaf, (int) cpu.gpr[Operands.RCX], result);
        if (leaf == 1) {
            boolean enabled = (result[2] & XSAVE) != 0 && (cpu.control.cr4 & Cr4.OSXSAVE) != 0;
            result[2] = enabled ? result[2] | OSXSAVE : result[2] & ~OSXSAVE;
        }
        cpu.gpr[Operands.RAX] = result[0] & 0xFFFF_FFFFL;
        cpu.gpr[Operands.RBX] = result[1] & 0xFFFF_FFFFL;
        cpu.gpr[Operands.RCX] = result[2] & 0xFFFF_FFFFL;
        cpu.gpr[Operands.RDX] = result[3] & 0xFFFF_FFFFL;
    }

    /** RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE: F3 0F AE /0 to /3. */
    static void fsgsbase(Cpu cpu, DecodedInstruction in) {
        if (!cpu.in64BitMode() || in.memory() || (cpu.control.cr4 & Cr4.FSGSBASE) == 0) {
            throw cpu.fault(CpuException.UD);
        }
        int segment = (in.reg() & 1) == 0 ? DecodedInstruction.FS : DecodedInstruction.GS;
        int size = in.operandSize() == 8 ? 8 : 4;
        if ((in.reg() & 2) == 0) {
            Operands.writeRegister(cpu, in.rm(), size, cpu.segments.base(segment));
            return;
        }
        long base = Operands.zeroExtend(cpu.gpr[in.rm()], size);
        if (base << 16 >> 16 != base) {
            throw cpu.fault(CpuException.GP, 0);
        }
        cpu.segments.setBase(segment, base);
    }
}
