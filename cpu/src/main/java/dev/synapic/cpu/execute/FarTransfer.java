// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.state.Descriptor;

/**
 * Far JMP and CALL, direct and through call gates (SDM vol. 3A, 5.8; vol. 2A, "CALL").
 *
 * <p>Not modelled: task switches; a TSS or task gate as target is #GP.
 */
final class FarTransfer {
    private FarTransfer() {}

    static void jump(Cpu cpu, int selector, long offset) {
        if (!cpu.control.protectedMode()) {
            enterReal(cpu, selector, offset);
            return;
        }
        long raw = target(cpu, selector);
        int attributes = Descriptor.attributes(raw);
        if (Descriptor.system(attributes)) {
            throughGate(cpu, selector, raw, false);
            return;
        }
        checkDirect(cpu, selector, attributes);
        Descriptors.checkTarget(cpu, raw, offset);
        Descriptors.enterCode(cpu, selector, Descriptors.accessed(cpu, selector, raw), cpu.cpl(), offset);
    }

    static void call(Cpu cpu, DecodedInstruction in, int selector, long offset) {
        if (!cpu.control.protectedMode()) {
            if (offset > cpu.segments.limit(DecodedInstruction.CS)) {
                throw cpu.fault(CpuException.GP, 0);
            }
            pushReturn(cpu, cpu.stack.onPresent(0), in.operandSize(), cpu.nextRip(in));
            cpu.setStackPointer(cpu.stack.pointer());
            enterReal(cpu, selector, offset);
            return;
        }
        long raw = target(cpu, selector);
        int attributes = Descriptor.attributes(raw);
        if (Descriptor.system(attributes)) {
            throughGate(cpu, selector, raw, true);
            return;
        }
        checkDirect(cpu, selector, attributes);
        Descriptors.checkTarget(cpu, raw, offset);
        pushReturn(cpu, cpu.stack.onPresent(0), in.operandSize(), cpu.nextRip(in));
        commitCall(cpu, selector, raw, cpu.cpl(), offset);
    }

    private static void enterReal(Cpu cpu, int selector, long offset) {
        if (offset > cpu.segments.limit(DecodedInstruction.CS)) {
            throw cpu.fault(CpuException.GP, 0);
        }
        cpu.segments.loadReal(DecodedInstruction.CS, selector);
        cpu.rip = offset;
        cpu.modeChanged();
    }

    private static long target(Cpu cpu, int selector) {
        if (Descriptors.isNull(selector)) {
            throw cpu.fault(CpuException.GP, 0);
        }
        return Descriptors.read(cpu, selector);
    }

    /** A code segment named directly: same privilege, or conforming and at least as privileged. */
    private static void checkDirect(Cpu cpu, int selector, int attributes) {
        int dpl = Descriptor.dpl(attributes);
        boolean allowed =
                Descriptor.conforming(attributes) ? dpl <= cpu.cpl() : (selector & 3) <= cpu.cpl() && dpl == cpu.cpl();
        if (!Descriptor.code(attributes) || !allowed) {
            throw cpu.fault(CpuException.GP, Descriptors.error(selector, 0));
        }
        Descriptors.checkCodeSize(cpu, selector, attributes, 0);
        Descriptors.checkPresent(cpu, selector, attributes, 0);
    }

    private static void throughGate(Cpu cpu, int gateSelector, long gate, boolean call) {
        boolean longMode = cpu.control.longMode();
        int attributes = Descriptor.attributes(gate);
        int type = Descriptor.type(attributes);
        boolean known = type == Descriptor.TYPE_CALL_GATE || type == Descriptor.TYPE_CALL_GATE16 && !longMode;
        int dpl = Descriptor.dpl(attributes);
        if (!known || dpl < cpu.cpl() || dpl < (gateSelector & 3)) {
            throw cpu.fault(CpuException.GP, Descriptors.error(gateSelector, 0));
        }
        Descriptors.checkPresent(cpu, gateSelector, attributes, 0);
        long offset = type == Descriptor.TYPE_CALL_GATE ? Descriptor.gateOffset32(gate) : gate & 0xFFFF;
        if (longMode) {
            offset |= Descriptors.readUpper(cpu, gateSelector, CpuException.GP) << 32;
        }
        int selector = Descriptor.gateSelector(gate);
        long code = gateTarget(cpu, selector, call, longMode);
        Descriptors.checkTarget(cpu, code, offset);
        if (!call) {
            Descriptors.enterCode(cpu, selector, Descriptors.accessed(cpu, selector, code), cpu.cpl(), offset);
            return;
        }
        int size = longMode ? 8 : type == Descriptor.TYPE_CALL_GATE ? 4 : 2;
        callThroughGate(cpu, selector, code, offset, size, (int) (gate >>> 32) & 0x1F);
    }

    private static long gateTarget(Cpu cpu, int selector, boolean call, boolean longMode) {
        long code = target(cpu, selector);
        int attributes = Descriptor.attributes(code);
        int dpl = Descriptor.dpl(attributes);
        boolean wide = (attributes & (Descriptor.LONG | Descriptor.BIG)) == Descriptor.LONG;
        boolean sameLevel = call || Descriptor.conforming(attributes) || dpl == cpu.cpl();
        if (!Descriptor.code(attributes) || dpl > cpu.cpl() || !sameLevel || longMode && !wide) {
            throw cpu.fault(CpuException.GP, Descriptors.error(selector, 0));
        }
        Descriptors.checkPresent(cpu, selector, attributes, 0);
        return code;
    }

    private static void callThroughGate(Cpu cpu, int selector, long code, long offset, int size, int parameters) {
        int attributes = Descriptor.attributes(code);
        int cpl = Descriptor.conforming(attributes) ? cpu.cpl() : Descriptor.dpl(attributes);
        long returnRip = cpu.rip;
        if (cpl == cpu.cpl()) {
            pushReturn(cpu, cpu.stack.onPresent(0), size, returnRip);
            commitCall(cpu, selector, code, cpl, offset);
            return;
        }
        if (size == 8) {
            cpu.stack.onLong(TaskStateSegment.stack64(cpu, cpl, 0, 0), 0);
            pushInner(cpu, size, cpl, 0, returnRip);
            cpu.segments.loadNullStack(cpl);
        } else {
            int ss = TaskStateSegment.stackSelector(cpu, cpl, 0);
            long pointer = TaskStateSegment.stackPointer(cpu, cpl, 0);
            if (Descriptors.isNull(ss)) {
                throw cpu.fault(CpuException.TS, 0);
            }
            long raw = Descriptors.stackDescriptor(cpu, ss, cpl, CpuException.TS, 0);
            cpu.stack.onDescriptor(raw, pointer, Descriptors.error(ss, 0));
            pushInner(cpu, size, cpl, parameters, returnRip);
            cpu.segments.load(DecodedInstruction.SS, ss, Descriptors.accessed(cpu, ss, raw));
        }
        commitCall(cpu, selector, code, cpl, offset);
    }

    private static void pushInner(Cpu cpu, int size, int cpl, int parameters, long returnRip) {
        StackCursor inner = cpu.stack;
        long[] copied = readParameters(cpu, size, parameters);
        cpu.memory.setUser(cpl == 3);
        try {
            inner.push(size, cpu.segments.selector(DecodedInstruction.SS));
            inner.push(size, cpu.gpr[Operands.RSP]);
            for (int i = parameters - 1; i >= 0; i--) {
                inner.push(size, copied[i]);
            }
            pushReturn(cpu, inner, size, returnRip);
        } finally {
            cpu.memory.setUser(cpu.cpl() == 3);
        }
    }

    private static long[] readParameters(Cpu cpu, int size, int parameters) {
        StackCursor outer = new StackCursor(cpu).onPresent(0);
        long[] copied = new long[parameters];
        for (int i = 0; i < parameters; i++) {
            copied[i] = outer.pop(size);
        }
        return copied;
    }

    private static void pushReturn(Cpu cpu, StackCursor stack, int size, long returnRip) {
        stack.push(size, cpu.segments.selector(DecodedInstruction.CS));
        stack.push(size, returnRip);
    }

    /** The cursor's position was computed for the stack that is in force when the code has been entered. */
    private static void commitCall(Cpu cpu, int selector, long code, int cpl, long offset) {
        long pointer = cpu.stack.pointer();
        Descriptors.enterCode(cpu, selector, Descriptors.accessed(cpu, selector, code), cpl, offset);
        cpu.setStackPointer(pointer);
    }
}
