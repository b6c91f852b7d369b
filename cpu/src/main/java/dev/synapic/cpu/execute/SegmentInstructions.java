// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.state.Descriptor;
import dev.synapic.cpu.state.SegmentRegisters;

/** Moves to and from segment registers, LDTR and TR, and the instructions that look at descriptors (SDM vol. 2). */
final class SegmentInstructions {
    private SegmentInstructions() {}

    static void movSregFromRm(Cpu cpu, DecodedInstruction in) {
        if (in.reg() == DecodedInstruction.CS || in.reg() > DecodedInstruction.GS) {
            throw cpu.fault(CpuException.UD);
        }
        Descriptors.loadSegment(cpu, in.reg(), selectorOperand(cpu, in));
        if (in.reg() == DecodedInstruction.SS) {
            cpu.shadowInterrupts(true);
        }
    }

    static void movRmFromSreg(Cpu cpu, DecodedInstruction in) {
        if (in.reg() > DecodedInstruction.GS) {
            throw cpu.fault(CpuException.UD);
        }
        storeSelector(cpu, in, cpu.segments.selector(in.reg()));
    }

    /** Which segment register an opcode of the one-byte map or 0FA0 to 0FA9 names, in bits 5:3. */
    private static int segmentOf(DecodedInstruction in) {
        return in.opcode() >> 3 & 7;
    }

    private static int stackSize(Cpu cpu, DecodedInstruction in) {
        return cpu.in64BitMode() && in.operandSize() != 2 ? 8 : in.operandSize();
    }

    static void pushSreg(Cpu cpu, DecodedInstruction in) {
        cpu.push(stackSize(cpu, in), cpu.segments.selector(segmentOf(in)));
    }

    static void popSreg(Cpu cpu, DecodedInstruction in) {
        int segment = segmentOf(in);
        long pointer = cpu.gpr[Operands.RSP];
        int selector = (int) cpu.pop(stackSize(cpu, in)) & 0xFFFF;
        long popped = cpu.gpr[Operands.RSP];
        cpu.gpr[Operands.RSP] = pointer;
        Descriptors.loadSegment(cpu, segment, selector);
        cpu.gpr[Operands.RSP] = popped;
        if (segment == DecodedInstruction.SS) {
            cpu.shadowInterrupts(true);
        }
    }

    /** LES, LDS, LSS, LFS, LGS. */
    static void loadFarPointer(Cpu cpu, DecodedInstruction in) {
        if (!in.memory()) {
            throw cpu.fault(CpuException.UD);
        }
        long linear = cpu.address(in, in.operandSize() + 2, false);
        long offset = cpu.memory.read(linear, in.operandSize());
        int selector = cpu.memory.read16(linear + in.operandSize());
        int segment = farPointerSegment(in.opcode());
        Descriptors.loadSegment(cpu, segment, selector);
        Operands.writeRegister(cpu, in.reg(), in.operandSize(), offset);
        if (segment == DecodedInstruction.SS) {
            cpu.shadowInterrupts(true);
        }
    }

    private static int farPointerSegment(int opcode) {
        return switch (opcode) {
            case 0xC4 -> DecodedInstruction.ES;
            case 0xC5 -> DecodedInstruction.DS;
            case 0x0FB2 -> DecodedInstruction.SS;
            case 0x0FB4 -> DecodedInstruction.FS;
            default -> DecodedInstruction.GS;
        };
    }

    static int selectorOperand(Cpu cpu, DecodedInstruction in) {
        return in.memory() ? cpu.memory.read16(cpu.address(in, 2, false)) : (int) cpu.gpr[in.rm()] & 0xFFFF;
    }

    /** To memory always 16 bits, to a register the operand size. */
    static void storeSelector(Cpu cpu, DecodedInstruction in, int selector) {
        if (in.memory()) {
            cpu.memory.write16(cpu.address(in, 2, true), selector);
        } else {
            Operands.writeRegister(cpu, in.rm(), in.operandSize(), selector);
        }
    }

    private static void requireProtectedMode(Cpu cpu) {
        if (!cpu.control.protectedMode()) {
            throw cpu.fault(CpuException.UD);
        }
    }

    static void lldt(Cpu cpu, DecodedInstruction in) {
        int selector = systemSelector(cpu, in);
        if (Descriptors.isNull(selector)) {
            cpu.segments.load(SegmentRegisters.LDTR, selector, 0, 0, 0);
            return;
        }
        long raw = systemDescriptor(cpu, selector);
        int attributes = Descriptor.attributes(raw);
        if ((attributes & 0x1F) != Descriptor.TYPE_LDT) {
            throw cpu.fault(CpuException.GP, Descriptors.error(selector, 0));
        }
        Descriptors.checkPresent(cpu, selector, attributes, 0);
        cpu.segments.load(SegmentRegisters.LDTR, selector, base(cpu, selector, raw), Descriptor.limit(raw), attributes);
    }

    static void ltr(Cpu cpu, DecodedInstruction in) {
        int selector = systemSelector(cpu, in);
        if (Descriptors.isNull(selector)) {
            throw cpu.fault(CpuException.GP, 0);
        }
        long raw = systemDescriptor(cpu, selector);
        int attributes = Descriptor.attributes(raw);
        int type = attributes & 0x1F;
        boolean available = type == Descriptor.TYPE_TSS || type == Descriptor.TYPE_TSS16 && !cpu.control.longMode();
        if (!available) {
            throw cpu.fault(CpuException.GP, Descriptors.error(selector, 0));
        }
        Descriptors.checkPresent(cpu, selector, attributes, 0);
        long base = base(cpu, selector, raw);
        Descriptors.replace(cpu, selector, raw | 2L << 40);
        cpu.segments.load(SegmentRegisters.TR, selector, base, Descriptor.limit(raw), attributes | 2);
    }

    private static int systemSelector(Cpu cpu, DecodedInstruction in) {
        requireProtectedMode(cpu);
        ControlInstructions.requireCpl0(cpu);
        return selectorOperand(cpu, in);
    }

    /** LDT and TSS descriptors stand in the GDT. */
    private static long systemDescriptor(Cpu cpu, int selector) {
        if ((selector & 4) != 0) {
            throw cpu.fault(CpuException.GP, Descriptors.error(selector, 0));
        }
        return Descriptors.read(cpu, selector);
    }

    private static long base(Cpu cpu, int selector, long raw) {
        long base = Descriptor.base(raw);
        if (!cpu.control.longMode()) {
            return base;
        }
        base |= Descriptors.readUpper(cpu, selector, CpuException.GP) << 32;
        if (base << 16 >> 16 != base) {
            throw cpu.fault(CpuException.GP, Descriptors.error(selector, 0));
        }
        return base;
    }

    static void sldt(Cpu cpu, DecodedInstruction in) {
        storeSystemSelector(cpu, in, SegmentRegisters.LDTR);
    }

    static void str(Cpu cpu, DecodedInstruction in) {
        storeSystemSelector(cpu, in, SegmentRegisters.TR);
    }

    private static void storeSystemSelector(Cpu cpu, DecodedInstruction in, int register) {
        requireProtectedMode(cpu);
        ControlInstructions.checkUserModePrevention(cpu);
        storeSelector(cpu, in, cpu.segments.selector(register));
    }

    static void lar(Cpu cpu, DecodedInstruction in) {
        requireProtectedMode(cpu);
        int selector = selectorOperand(cpu, in);
        long raw = visible(cpu, selector);
        boolean valid = raw != 0 && hasRights(cpu, Descriptor.attributes(raw));
        setZero(cpu, valid);
        if (valid) {
            Operands.writeRegister(cpu, in.reg(), in.operandSize(), raw >>> 32 & 0x00FF_FF00L);
        }
    }

    static void lsl(Cpu cpu, DecodedInstruction in) {
        requireProtectedMode(cpu);
        int selector = selectorOperand(cpu, in);
        long raw = visible(cpu, selector);
        boolean valid = raw != 0 && hasLimit(cpu, Descriptor.attributes(raw));
        setZero(cpu, valid);
        if (valid) {
            Operands.writeRegister(cpu, in.reg(), in.operandSize(), Descriptor.limit(raw));
        }
    }

    static void verr(Cpu cpu, DecodedInstruction in) {
        requireProtectedMode(cpu);
        long raw = visible(cpu, selectorOperand(cpu, in));
        setZero(cpu, raw != 0 && Descriptor.readable(Descriptor.attributes(raw)));
    }

    static void verw(Cpu cpu, DecodedInstruction in) {
        requireProtectedMode(cpu);
        long raw = visible(cpu, selectorOperand(cpu, in));
        setZero(cpu, raw != 0 && Descriptor.writable(Descriptor.attributes(raw)));
    }

    /** The descriptor, or 0 where it is null, outside its table, or too privileged for CPL and RPL. */
    private static long visible(Cpu cpu, int selector) {
        if (Descriptors.isNull(selector) || !Descriptors.inTable(cpu, selector, 8)) {
            return 0;
        }
        long raw = Descriptors.read(cpu, selector);
        int attributes = Descriptor.attributes(raw);
        int dpl = Descriptor.dpl(attributes);
        boolean conforming = !Descriptor.system(attributes) && Descriptor.conforming(attributes);
        return conforming || dpl >= cpu.cpl() && dpl >= (selector & 3) ? raw : 0;
    }

    private static boolean hasRights(Cpu cpu, int attributes) {
        if (!Descriptor.system(attributes)) {
            return true;
        }
        return switch (Descriptor.type(attributes)) {
            case Descriptor.TYPE_CALL_GATE -> true;
            case Descriptor.TYPE_CALL_GATE16, Descriptor.TYPE_TASK_GATE -> !cpu.control.longMode();
            default -> hasLimit(cpu, attributes);
        };
    }

    private static boolean hasLimit(Cpu cpu, int attributes) {
        if (!Descriptor.system(attributes)) {
            return true;
        }
        return switch (Descriptor.type(attributes)) {
            case Descriptor.TYPE_LDT, Descriptor.TYPE_TSS, Descriptor.TYPE_TSS_BUSY -> true;
            case Descriptor.TYPE_TSS16, Descriptor.TYPE_TSS16_BUSY -> !cpu.control.longMode();
            default -> false;
        };
    }

    private static void setZero(Cpu cpu, boolean zero) {
        cpu.flags.replace(Flags.ZF, zero ? Flags.ZF : 0);
    }
}
