// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.spec.x86.Rflags;

/** INT, IRET, HLT and what changes RFLAGS as a whole or IF (SDM vol. 2). */
final class InterruptInstructions {
    private InterruptInstructions() {}

    static void int3(Cpu cpu, DecodedInstruction in) {
        cpu.softwareInterrupt(EventDelivery.Kind.SOFTWARE, CpuException.BP);
    }

    static void intN(Cpu cpu, DecodedInstruction in) {
        cpu.softwareInterrupt(EventDelivery.Kind.SOFTWARE, (int) in.immediate() & 0xFF);
    }

    static void into(Cpu cpu, DecodedInstruction in) {
        if (cpu.flags.overflow()) {
            cpu.softwareInterrupt(EventDelivery.Kind.SOFTWARE, CpuException.OF);
        }
    }

    static void int1(Cpu cpu, DecodedInstruction in) {
        cpu.softwareInterrupt(EventDelivery.Kind.TRAP, CpuException.DB);
    }

    private static long iopl(Cpu cpu) {
        return (cpu.systemFlags & Rflags.IOPL) >> Rflags.IOPL_SHIFT;
    }

    /** In 64-bit mode the stack operand is 8 bytes unless it is 2. */
    private static int stackSize(Cpu cpu, DecodedInstruction in) {
        return cpu.in64BitMode() && in.operandSize() != 2 ? 8 : in.operandSize();
    }

    static void pushf(Cpu cpu, DecodedInstruction in) {
        cpu.push(stackSize(cpu, in), cpu.rflags() & ~(long) (Rflags.RF | Rflags.VM));
    }

    /** What POPF may change depends on CPL and IOPL (SDM vol. 2B, table 4-16). */
    static void popf(Cpu cpu, DecodedInstruction in) {
        int size = stackSize(cpu, in);
        long image = cpu.pop(size);
        long mask = Rflags.STATUS | Rflags.TF | Rflags.DF | Rflags.NT;
        if (size > 2) {
            mask |= Rflags.AC | Rflags.ID;
        }
        if (cpu.cpl() <= iopl(cpu)) {
            mask |= Rflags.IF;
        }
        if (cpu.cpl() == 0) {
            mask |= Rflags.IOPL;
        }
        cpu.setRflags(cpu.rflags() & ~mask | image & mask);
    }

    static void cli(Cpu cpu, DecodedInstruction in) {
        checkIopl(cpu);
        cpu.systemFlags &= ~(long) Rflags.IF;
    }

    static void sti(Cpu cpu, DecodedInstruction in) {
        checkIopl(cpu);
        boolean before = (cpu.systemFlags & Rflags.IF) != 0;
        cpu.systemFlags |= Rflags.IF;
        if (!before) {
            cpu.shadowInterrupts(false);
        }
    }

    private static void checkIopl(Cpu cpu) {
        if (cpu.control.protectedMode() && cpu.cpl() > iopl(cpu)) {
            throw cpu.fault(CpuException.GP, 0);
        }
    }

    static void hlt(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.requireCpl0(cpu);
        cpu.halt();
    }

    /** There are no extensions for RCX to ask for; the address must be readable (SDM vol. 2B, "MONITOR"). */
    static void monitor(Cpu cpu, DecodedInstruction in) {
        requireMonitor(cpu);
        refuseExtensions(cpu);
        long offset = Operands.zeroExtend(cpu.gpr[Operands.RAX], in.addressSize());
        cpu.memory.read8(cpu.linear(in.segment(), offset, 1, false));
    }

    /**
     * Returns at once, as it may for any reason (SDM vol. 2B, "MWAIT"). RCX bit 0, to wake with interrupts disabled, would be offered by
     * CPUID leaf 5.
     */
    static void mwait(Cpu cpu, DecodedInstruction in) {
        requireMonitor(cpu);
        refuseExtensions(cpu);
        cpu.ports.platform().pause();
    }

    /** All of RCX counts in 64-bit mode, else ECX. */
    private static void refuseExtensions(Cpu cpu) {
        long extensions = cpu.gpr[Operands.RCX];
        if ((cpu.in64BitMode() ? extensions : (int) extensions) != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
    }

    private static void requireMonitor(Cpu cpu) {
        if (cpu.cpl() != 0 || !cpu.features().monitor) {
            throw cpu.fault(CpuException.UD);
        }
    }

    static void ud(Cpu cpu, DecodedInstruction in) {
        if (!deliberate(in.opcode())) {
            reportUndefined(cpu, in);
        }
        throw cpu.fault(CpuException.UD);
    }

    /** UD0, UD1 and UD2 are meant to fault. */
    private static boolean deliberate(int opcode) {
        return opcode == 0x0F0B || opcode == 0x0FB9 || opcode == 0x0FFF;
    }

    private static void reportUndefined(Cpu cpu, DecodedInstruction in) {
        byte[] bytes = new byte[15];
        long rip = cpu.nextRip(in) - in.length();
        long linear = rip + cpu.segments.effectiveBase(DecodedInstruction.CS);
        int length = (int) Math.min(bytes.length, 4096 - (linear & 0xFFF));
        cpu.memory.fetch(linear, bytes, 0, length);
        cpu.ports.platform().undefinedInstruction(rip, bytes, length);
    }
}
