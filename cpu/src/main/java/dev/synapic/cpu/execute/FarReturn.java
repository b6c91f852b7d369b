// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.state.Descriptor;
import dev.synapic.spec.x86.Rflags;

/**
 * Far RET and IRET in all modes (SDM vol. 2, "RET", "IRET").
 *
 * <p>Not modelled: returns to virtual-8086 mode and from nested tasks; both are #GP(0).
 */
final class FarReturn {
    private static final long ALWAYS = Rflags.STATUS | Rflags.TF | Rflags.DF | Rflags.NT;

    private FarReturn() {}

    static void ret(Cpu cpu, int size, int released) {
        StackCursor stack = cpu.stack.onPresent(0);
        long offset = stack.pop(size);
        int selector = (int) stack.pop(size) & 0xFFFF;
        if (!cpu.control.protectedMode()) {
            stack.skip(released);
            enterReal(cpu, stack, selector, offset);
            return;
        }
        long code = codeSegment(cpu, selector);
        Descriptors.checkTarget(cpu, code, offset);
        stack.skip(released);
        if ((selector & 3) == cpu.cpl()) {
            long pointer = stack.pointer();
            Descriptors.enterCode(cpu, selector, Descriptors.accessed(cpu, selector, code), cpu.cpl(), offset);
            cpu.setStackPointer(pointer);
            return;
        }
        returnOutward(cpu, selector, code, offset, stack.pop(size), (int) stack.pop(size) & 0xFFFF, released);
    }

    static void iret(Cpu cpu, int size) {
        if (cpu.control.protectedMode() && (cpu.systemFlags & Rflags.NT) != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
        StackCursor stack = cpu.stack.onPresent(0);
        long offset = stack.pop(size);
        int selector = (int) stack.pop(size) & 0xFFFF;
        long image = stack.pop(size);
        if (!cpu.control.protectedMode()) {
            enterReal(cpu, stack, selector, offset);
            loadFlags(cpu, image, size, 0);
        } else {
            iretProtected(cpu, size, stack, offset, selector, image);
        }
        cpu.unblockNmi();
    }

    private static void iretProtected(Cpu cpu, int size, StackCursor stack, long offset, int selector, long image) {
        int before = cpu.cpl();
        if ((image & Rflags.VM) != 0 && size == 4 && before == 0 && !cpu.control.longMode()) {
            throw cpu.fault(CpuException.GP, 0);
        }
        long code = codeSegment(cpu, selector);
        Descriptors.checkTarget(cpu, code, offset);
        if (cpu.in64BitMode() || (selector & 3) != before) {
            returnOutward(cpu, selector, code, offset, stack.pop(size), (int) stack.pop(size) & 0xFFFF, 0);
        } else {
            long pointer = stack.pointer();
            Descriptors.enterCode(cpu, selector, Descriptors.accessed(cpu, selector, code), before, offset);
            cpu.setStackPointer(pointer);
        }
        loadFlags(cpu, image, size, before);
    }

    private static void enterReal(Cpu cpu, StackCursor stack, int selector, long offset) {
        if (offset > cpu.segments.limit(DecodedInstruction.CS)) {
            throw cpu.fault(CpuException.GP, 0);
        }
        cpu.setStackPointer(stack.pointer());
        cpu.segments.loadReal(DecodedInstruction.CS, selector);
        cpu.rip = offset;
        cpu.modeChanged();
    }

    private static long codeSegment(Cpu cpu, int selector) {
        if (Descriptors.isNull(selector)) {
            throw cpu.fault(CpuException.GP, 0);
        }
        long raw = Descriptors.read(cpu, selector);
        int attributes = Descriptor.attributes(raw);
        int rpl = selector & 3;
        int dpl = Descriptor.dpl(attributes);
        boolean level = Descriptor.conforming(attributes) ? dpl <= rpl : dpl == rpl;
        if (!Descriptor.code(attributes) || rpl < cpu.cpl() || !level) {
            throw cpu.fault(CpuException.GP, Descriptors.error(selector, 0));
        }
        Descriptors.checkCodeSize(cpu, selector, attributes, 0);
        Descriptors.checkPresent(cpu, selector, attributes, 0);
        return raw;
    }

    /** Takes over code and stack of the level returned to, which is the same one where IRET in 64-bit mode says so. */
    private static void returnOutward(
            Cpu cpu, int selector, long code, long offset, long pointer, int ss, int released) {
        int cpl = selector & 3;
        boolean to64 = cpu.control.longMode() && (Descriptor.attributes(code) & Descriptor.LONG) != 0;
        boolean outward = cpl != cpu.cpl();
        if (Descriptors.isNull(ss)) {
            if (!to64 || cpl == 3 || (ss & 3) != cpl) {
                throw cpu.fault(CpuException.GP, 0);
            }
            Descriptors.accessed(cpu, selector, code);
            cpu.segments.loadNullStack(cpl);
        } else {
            long stack = Descriptors.stackDescriptor(cpu, ss, cpl, CpuException.GP, 0);
            Descriptors.accessed(cpu, selector, code);
            cpu.segments.load(DecodedInstruction.SS, ss, Descriptors.accessed(cpu, ss, stack));
        }
        Descriptors.enterCode(cpu, selector, code, cpl, offset);
        cpu.setStackPointer(pointer + released);
        if (outward) {
            dropPrivilegedSegments(cpu);
        }
    }

    /**
     * Data segments that the outer level may not use become null (SDM vol. 2A, "IRET"). Their bases stay, which 64-bit code
     * sees in FS and GS: kernels that set GS's base by WRMSR under a kernel's selector rely on it.
     */
    static void dropPrivilegedSegments(Cpu cpu) {
        for (int segment :
                new int[] {DecodedInstruction.ES, DecodedInstruction.DS, DecodedInstruction.FS, DecodedInstruction.GS
                }) {
            int attributes = cpu.segments.attributes(segment);
            boolean loaded = Descriptor.present(attributes);
            if (loaded && !Descriptor.conforming(attributes) && Descriptor.dpl(attributes) < cpu.cpl()) {
                cpu.segments.load(segment, 0, cpu.segments.base(segment), 0, 0);
            }
        }
    }

    /** Loads what the level returned from may change. */
    private static void loadFlags(Cpu cpu, long image, int size, int cpl) {
        long iopl = (cpu.systemFlags & Rflags.IOPL) >> Rflags.IOPL_SHIFT;
        long mask = ALWAYS;
        if (size > 2) {
            mask |= Rflags.AC | Rflags.ID | Rflags.RF;
        }
        if (cpl <= iopl) {
            mask |= Rflags.IF;
        }
        if (cpl == 0) {
            mask |= Rflags.IOPL | (size > 2 ? Rflags.VIF | Rflags.VIP : 0);
        }
        cpu.setRflags(cpu.rflags() & ~mask | image & mask);
    }
}
