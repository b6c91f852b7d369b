// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.mmu.LinearMemory;
import dev.synapic.cpu.state.Descriptor;
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Cr4;
import dev.synapic.spec.x86.Efer;
import dev.synapic.spec.x86.Rflags;

/**
 * Control and debug registers, and translation maintenance (SDM vol. 3A, 2.5; vol. 2, "MOV to/from Control Registers").
 */
final class ControlInstructions {
    private static final int GENERAL_DETECT = 1 << 13;
    /** Bit 63 of what is moved to CR3 (SDM vol. 3A, 4.10.4.1). */
    private static final long KEEP_TRANSLATIONS = 1L << 63;

    private static final long TRANSLATION_BITS = Cr4.PSE | Cr4.PAE | Cr4.PGE | Cr4.PCIDE | Cr4.SMEP | Cr4.SMAP;
    private static final int ONE_ADDRESS = 0, ONE_CONTEXT = 1, ALL = 2;

    /** State components that XCR0 can have (SDM vol. 1, 13.3). */
    private static final long X87 = 1, SSE = 2;

    private ControlInstructions() {}

    static void requireCpl0(Cpu cpu) {
        if (cpu.cpl() != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
    }

    /** SGDT, SIDT, SLDT, STR and SMSW outside CPL 0 with CR4.UMIP. */
    static void checkUserModePrevention(Cpu cpu) {
        if (cpu.cpl() != 0 && (cpu.control.cr4 & Cr4.UMIP) != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
    }

    static void movFromCr(Cpu cpu, DecodedInstruction in) {
        requireCpl0(cpu);
        long value = switch (in.reg()) {
            case 0 -> cpu.control.cr0;
            case 2 -> cpu.control.cr2;
            case 3 -> cpu.control.cr3;
            case 4 -> cpu.control.cr4;
            case 8 -> cpu.ports.platform().readCr8();
            default -> throw cpu.fault(CpuException.UD);
        };
        cpu.gpr[in.rm()] = cpu.in64BitMode() ? value : value & 0xFFFF_FFFFL;
    }

    static void movToCr(Cpu cpu, DecodedInstruction in) {
        requireCpl0(cpu);
        long value = cpu.in64BitMode() ? cpu.gpr[in.rm()] : cpu.gpr[in.rm()] & 0xFFFF_FFFFL;
        switch (in.reg()) {
            case 0 -> writeCr0(cpu, value);
            case 2 -> cpu.control.cr2 = value;
            case 3 -> writeCr3(cpu, value);
            case 4 -> writeCr4(cpu, value);
            case 8 -> writeCr8(cpu, value);
            default -> throw cpu.fault(CpuException.UD);
        }
        if (in.reg() < 8 && in.reg() != 2) {
            cpu.ports.platform().controlRegisterWritten();
        }
    }

    /** SDM vol. 2, "MOV to CR": which combinations are #GP; vol. 3A, 9.8.5: how LME and PG make LMA. */
    static void writeCr0(Cpu cpu, long wanted) {
        long value = wanted | Cr0.ET;
        boolean paging = (value & Cr0.PG) != 0;
        boolean pagingBefore = cpu.control.paging();
        if (value >>> 32 != 0
                || paging && (value & Cr0.PE) == 0
                || (value & (Cr0.NW | Cr0.CD)) == Cr0.NW
                || !paging && pagingBefore && (cpu.in64BitMode() || (cpu.control.cr4 & Cr4.PCIDE) != 0)) {
            throw cpu.fault(CpuException.GP, 0);
        }
        if (paging && !pagingBefore) {
            enablePaging(cpu);
        } else if (!paging) {
            cpu.control.efer &= ~Efer.LMA;
        }
        long changed = cpu.control.cr0 ^ value;
        cpu.control.cr0 = value;
        if ((changed & (Cr0.PG | Cr0.PE)) != 0) {
            cpu.memory.pagingChanged();
        } else if ((changed & Cr0.WP) != 0) {
            cpu.memory.writeProtectionChanged();
        }
        if ((changed & Cr0.PE) != 0 && (value & Cr0.PE) == 0) {
            cpu.setCpl(0);
        }
        cpu.modeChanged();
    }

    private static void enablePaging(Cpu cpu) {
        boolean pae = (cpu.control.cr4 & Cr4.PAE) != 0;
        if ((cpu.control.efer & Efer.LME) != 0) {
            boolean longCode = (cpu.segments.attributes(DecodedInstruction.CS) & Descriptor.LONG) != 0;
            if (!pae || longCode) {
                throw cpu.fault(CpuException.GP, 0);
            }
            cpu.control.efer |= Efer.LMA;
        } else if (pae && !cpu.memory.loadPdptes(cpu.control.cr3)) {
            throw cpu.fault(CpuException.GP, 0);
        }
    }

    private static void writeCr3(Cpu cpu, long wanted) {
        long value = wanted;
        boolean keep = false;
        if (cpu.control.longMode()) {
            if ((cpu.control.cr4 & Cr4.PCIDE) != 0) {
                keep = (value & KEEP_TRANSLATIONS) != 0;
                value &= ~KEEP_TRANSLATIONS;
            }
            if (value >>> LinearMemory.PHYSICAL_ADDRESS_BITS != 0) {
                throw cpu.fault(CpuException.GP, 0);
            }
        } else if (cpu.control.paging() && (cpu.control.cr4 & Cr4.PAE) != 0 && !cpu.memory.loadPdptes(value)) {
            throw cpu.fault(CpuException.GP, 0);
        }
        cpu.control.cr3 = value;
        cpu.memory.addressSpaceChanged(keep);
    }

    static void writeCr4(Cpu cpu, long value) {
        long before = cpu.control.cr4;
        boolean pae = (value & Cr4.PAE) != 0;
        boolean turnsPcidOn = (value & ~before & Cr4.PCIDE) != 0;
        if ((value & ~cpu.features().cr4Bits) != 0
                || !pae && cpu.control.longMode()
                || turnsPcidOn && (!cpu.control.longMode() || (cpu.control.cr3 & 0xFFF) != 0)) {
            throw cpu.fault(CpuException.GP, 0);
        }
        if (pae && cpu.control.paging() && !cpu.control.longMode() && !cpu.memory.loadPdptes(cpu.control.cr3)) {
            throw cpu.fault(CpuException.GP, 0);
        }
        cpu.control.cr4 = value;
        if (((before ^ value) & Cr4.DE) != 0) {
            cpu.debug.registersChanged();
        }
        if (((before ^ value) & TRANSLATION_BITS) != 0) {
            cpu.memory.pagingChanged();
        }
    }

    private static void writeCr8(Cpu cpu, long value) {
        if (value >>> 4 != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
        cpu.ports.platform().writeCr8((int) value);
    }

    static void lmsw(Cpu cpu, DecodedInstruction in) {
        requireCpl0(cpu);
        long mask = Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS;
        // It can set PE but not clear it (SDM vol. 2, "LMSW").
        long value = SegmentInstructions.selectorOperand(cpu, in) & mask | cpu.control.cr0 & Cr0.PE;
        writeCr0(cpu, cpu.control.cr0 & ~mask | value);
    }

    static void smsw(Cpu cpu, DecodedInstruction in) {
        checkUserModePrevention(cpu);
        if (in.memory()) {
            cpu.memory.write16(cpu.address(in, 2, true), (int) cpu.control.cr0);
        } else {
            Operands.writeRegister(cpu, in.rm(), in.operandSize(), cpu.control.cr0);
        }
    }

    static void clts(Cpu cpu, DecodedInstruction in) {
        requireCpl0(cpu);
        cpu.control.cr0 &= ~Cr0.TS;
    }

    static void movFromDr(Cpu cpu, DecodedInstruction in) {
        int number = debugRegister(cpu, in);
        long value = cpu.control.debug[number];
        cpu.gpr[in.rm()] = cpu.in64BitMode() ? value : value & 0xFFFF_FFFFL;
    }

    static void movToDr(Cpu cpu, DecodedInstruction in) {
        int number = debugRegister(cpu, in);
        long value = cpu.in64BitMode() ? cpu.gpr[in.rm()] : cpu.gpr[in.rm()] & 0xFFFF_FFFFL;
        if (number >= 6 && value >>> 32 != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
        cpu.control.debug[number] = switch (number) {
            case 6 -> value & 0xE00FL | 0xFFFF_0FF0L;
            case 7 -> value & 0xFFFF_2BFFL | 0x400;
            default -> value;
        };
        if (number != 6) {
            cpu.debug.registersChanged();
        }
    }

    private static int debugRegister(Cpu cpu, DecodedInstruction in) {
        boolean aliased = in.reg() == 4 || in.reg() == 5;
        if (in.reg() > 7 || aliased && (cpu.control.cr4 & Cr4.DE) != 0) {
            throw cpu.fault(CpuException.UD);
        }
        requireCpl0(cpu);
        if ((cpu.control.debug[7] & GENERAL_DETECT) != 0) {
            cpu.control.debug[6] |= GENERAL_DETECT;
            throw cpu.fault(CpuException.DB);
        }
        return aliased ? in.reg() + 2 : in.reg();
    }

    static void invlpg(Cpu cpu, DecodedInstruction in) {
        requireCpl0(cpu);
        if (!in.memory()) {
            throw cpu.fault(CpuException.UD);
        }
        long address = cpu.effectiveAddress(in) + cpu.segments.effectiveBase(in.segment());
        cpu.memory.invalidatePage(cpu.in64BitMode() ? address : address & 0xFFFF_FFFFL);
    }

    /** One address goes in all contexts, which it may (SDM vol. 2A, "INVPCID"). */
    static void invpcid(Cpu cpu, DecodedInstruction in) {
        if (!in.memory() || !cpu.features().invpcid) {
            throw cpu.fault(CpuException.UD);
        }
        requireCpl0(cpu);
        long type = cpu.in64BitMode() ? cpu.gpr[in.reg()] : cpu.gpr[in.reg()] & 0xFFFF_FFFFL;
        long linear = cpu.address(in, 16, false);
        long contextId = cpu.memory.read64(linear);
        long address = cpu.memory.read64(linear + 8);
        boolean badContext =
                type < 2 && contextId >>> 12 != 0 || type < 2 && contextId != 0 && (cpu.control.cr4 & Cr4.PCIDE) == 0;
        if (type >>> 2 != 0 || badContext || type == 0 && address << 16 >> 16 != address) {
            throw cpu.fault(CpuException.GP, 0);
        }
        switch ((int) type) {
            case ONE_ADDRESS -> cpu.memory.invalidatePage(address);
            case ONE_CONTEXT -> cpu.memory.flushContext((int) contextId);
            case ALL -> cpu.memory.flush();
            default -> cpu.memory.flushLocal();
        }
    }

    static void cacheControl(Cpu cpu, DecodedInstruction in) {
        requireCpl0(cpu);
    }

    static void clac(Cpu cpu, DecodedInstruction in) {
        requireSmap(cpu);
        cpu.systemFlags &= ~(long) Rflags.AC;
        cpu.memory.setUser(cpu.cpl() == 3);
    }

    static void stac(Cpu cpu, DecodedInstruction in) {
        requireSmap(cpu);
        cpu.systemFlags |= Rflags.AC;
        cpu.memory.setUser(cpu.cpl() == 3);
    }

    private static void requireSmap(Cpu cpu) {
        boolean enabled = (cpu.control.cr4 & Cr4.SMAP) != 0;
        if (cpu.cpl() != 0 || !enabled && (cpu.features().cr4Bits & Cr4.SMAP) == 0) {
            throw cpu.fault(CpuException.UD);
        }
    }

    static void xgetbv(Cpu cpu, DecodedInstruction in) {
        requireXsave(cpu);
        if ((int) cpu.gpr[Operands.RCX] != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
        MsrInstructions.setEdxEax(cpu, cpu.control.xcr0);
    }

    static void xsetbv(Cpu cpu, DecodedInstruction in) {
        requireXsave(cpu);
        requireCpl0(cpu);
        long value = MsrInstructions.edxEax(cpu);
        if ((int) cpu.gpr[Operands.RCX] != 0 || (value & X87) == 0 || (value & ~(X87 | SSE)) != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
        cpu.control.xcr0 = value;
    }

    /** SDM vol. 2D, "XSETBV": #UD comes before #GP. */
    private static void requireXsave(Cpu cpu) {
        if ((cpu.control.cr4 & Cr4.OSXSAVE) == 0) {
            throw cpu.fault(CpuException.UD);
        }
    }
}
