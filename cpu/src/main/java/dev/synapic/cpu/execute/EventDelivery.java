// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.state.Descriptor;
import dev.synapic.spec.x86.Rflags;

/**
 * Interrupts and exceptions on their way through the IDT (SDM vol. 3A, chapter 6), or through the real-mode vector
 * table. RIP is the return address when it is called.
 *
 * <p>Not modelled: task gates, virtual-8086 mode.
 */
public final class EventDelivery {
    /** Where an event comes from, as far as its delivery depends on it. */
    public enum Kind {
        /** An exception that restarts its instruction. */
        FAULT,
        /** An exception behind its instruction, or INT1. */
        TRAP,
        /** An external interrupt or NMI. */
        EXTERNAL,
        /** INT n, INT3, INTO: the gate's DPL counts, and faults on the way are the program's own. */
        SOFTWARE
    }

    private static final int NO_EVENT = -1;
    private static final int GENERAL_DETECT = 1 << 13;

    private final Cpu cpu;
    private final StackCursor stack;

    public EventDelivery(Cpu cpu) {
        this.cpu = cpu;
        this.stack = new StackCursor(cpu);
    }

    /**
     * Delivers, and turns faults on the way into those that SDM vol. 3A, table 6-5 demands.
     *
     * @return false on a triple fault
     */
    public boolean raise(Kind kind, int vector, int errorCode, boolean hasErrorCode) {
        Kind how = kind;
        int what = vector;
        int code = errorCode;
        boolean with = hasErrorCode;
        while (true) {
            try {
                deliver(how, what, code, with);
                return true;
            } catch (CpuException second) {
                if (what == CpuException.DF && how != Kind.EXTERNAL) {
                    return false;
                }
                boolean doubled = how != Kind.EXTERNAL && doubleFault(what, second.vector());
                what = doubled ? CpuException.DF : second.vector();
                code = doubled ? 0 : second.errorCode();
                with = doubled || second.hasErrorCode();
                how = Kind.FAULT;
            }
        }
    }

    private static boolean doubleFault(int first, int second) {
        boolean contributorySecond = contributory(second);
        return first == CpuException.PF
                ? contributorySecond || second == CpuException.PF
                : contributory(first) && contributorySecond;
    }

    private static boolean contributory(int vector) {
        return vector == CpuException.DE || vector >= CpuException.TS && vector <= CpuException.GP;
    }

    /** Delivers, or throws and leaves the processor as it was. */
    public void deliver(Kind kind, int vector, int errorCode, boolean hasErrorCode) {
        if (cpu.control.protectedMode()) {
            deliverProtected(kind, vector, hasErrorCode ? errorCode : NO_EVENT, hasErrorCode);
        } else {
            deliverReal(vector);
        }
        if (vector == CpuException.DB && kind != Kind.SOFTWARE) {
            cpu.control.debug[7] &= ~(long) GENERAL_DETECT;
        }
    }

    /** Four-byte vectors, no error codes (SDM vol. 3B, 21.1.4). */
    private void deliverReal(int vector) {
        if (vector * 4 + 3 > cpu.tables.idtLimit) {
            throw cpu.fault(CpuException.GP, 0);
        }
        long entry = cpu.memory.readSystem(cpu.tables.idtBase + vector * 4L, 4);
        stack.onPresent(0);
        stack.push(2, cpu.rflags());
        stack.push(2, cpu.segments.selector(DecodedInstruction.CS));
        stack.push(2, cpu.rip);
        cpu.setStackPointer(stack.pointer());
        cpu.systemFlags &= ~(long) (Rflags.IF | Rflags.TF | Rflags.AC | Rflags.RF);
        cpu.segments.loadReal(DecodedInstruction.CS, (int) (entry >>> 16) & 0xFFFF);
        cpu.rip = entry & 0xFFFF;
        cpu.modeChanged();
    }

    private void deliverProtected(Kind kind, int vector, int errorCode, boolean hasErrorCode) {
        int external = kind == Kind.SOFTWARE ? 0 : 1;
        boolean longMode = cpu.control.longMode();
        long gate = readGate(kind, vector, vector * 8 + 2 + external, longMode);
        int gateAttributes = Descriptor.attributes(gate);
        int selector = Descriptor.gateSelector(gate);
        long code = codeSegment(selector, external, longMode);
        int codeAttributes = Descriptor.attributes(code);
        int cpl = Descriptor.conforming(codeAttributes) ? cpu.cpl() : Descriptor.dpl(codeAttributes);
        boolean switchesStack = cpl != cpu.cpl();
        int ss = 0;
        long ssRaw = 0;
        int size = 8;
        if (longMode) {
            longStack(cpl, switchesStack, (int) (gate >>> 32) & 7, external);
        } else {
            size = (gateAttributes & 8) != 0 ? 4 : 2;
            if (switchesStack) {
                ss = TaskStateSegment.stackSelector(cpu, cpl, external);
                ssRaw = legacyStack(ss, cpl, external);
            } else {
                stack.onPresent(external);
            }
        }
        Descriptors.accessed(cpu, selector, code);
        pushFrame(kind, vector, size, cpl, longMode || switchesStack, hasErrorCode, errorCode);
        if (switchesStack && longMode) {
            cpu.segments.loadNullStack(cpl);
        } else if (switchesStack) {
            cpu.segments.load(DecodedInstruction.SS, ss, Descriptors.accessed(cpu, ss, ssRaw));
        }
        boolean interruptGate = (gateAttributes & 1) == 0;
        cpu.systemFlags &= ~(long) (Rflags.TF | Rflags.NT | Rflags.RF | (interruptGate ? Rflags.IF : 0));
        Descriptors.enterCode(cpu, selector, code, cpl, target(gate, vector, size));
        cpu.setStackPointer(stack.pointer());
    }

    private long readGate(Kind kind, int vector, int error, boolean longMode) {
        int size = longMode ? 16 : 8;
        if (vector * size + size - 1 > cpu.tables.idtLimit) {
            throw cpu.fault(CpuException.GP, error);
        }
        long gate = cpu.memory.readSystem(cpu.tables.idtBase + (long) vector * size, 8);
        int attributes = Descriptor.attributes(gate);
        boolean known = Descriptor.system(attributes) && isInterruptGate(Descriptor.type(attributes), longMode);
        if (!known || kind == Kind.SOFTWARE && Descriptor.dpl(attributes) < cpu.cpl()) {
            throw cpu.fault(CpuException.GP, error);
        }
        if (!Descriptor.present(attributes)) {
            throw cpu.fault(CpuException.NP, error);
        }
        return gate;
    }

    private static boolean isInterruptGate(int type, boolean longMode) {
        return switch (type) {
            case Descriptor.TYPE_INTERRUPT_GATE, Descriptor.TYPE_TRAP_GATE -> true;
            case Descriptor.TYPE_INTERRUPT_GATE16, Descriptor.TYPE_TRAP_GATE16 -> !longMode;
            default -> false;
        };
    }

    private long codeSegment(int selector, int external, boolean longMode) {
        if (Descriptors.isNull(selector)) {
            throw cpu.fault(CpuException.GP, external);
        }
        long raw = Descriptors.read(cpu, selector, CpuException.GP, external);
        int attributes = Descriptor.attributes(raw);
        boolean wide = (attributes & (Descriptor.LONG | Descriptor.BIG)) == Descriptor.LONG;
        if (!Descriptor.code(attributes) || Descriptor.dpl(attributes) > cpu.cpl() || longMode && !wide) {
            throw cpu.fault(CpuException.GP, Descriptors.error(selector, external));
        }
        Descriptors.checkPresent(cpu, selector, attributes, external);
        return raw;
    }

    /** IST, the privilege level's stack, or the present one, aligned to 16 bytes (SDM vol. 3A, 6.14.2). */
    private void longStack(int cpl, boolean switchesStack, int ist, int external) {
        boolean fromTss = switchesStack || ist != 0;
        long rsp = fromTss ? TaskStateSegment.stack64(cpu, cpl, ist, external) : cpu.gpr[Operands.RSP];
        stack.onLong(rsp & -16, external);
    }

    private long legacyStack(int ss, int cpl, int external) {
        long pointer = TaskStateSegment.stackPointer(cpu, cpl, external);
        if (Descriptors.isNull(ss)) {
            throw cpu.fault(CpuException.TS, external);
        }
        long raw = Descriptors.stackDescriptor(cpu, ss, cpl, CpuException.TS, external);
        stack.onDescriptor(raw, pointer, Descriptors.error(ss, external));
        return raw;
    }

    /** Pushes with the rights of the handler's privilege level. */
    private void pushFrame(
            Kind kind, int vector, int size, int cpl, boolean withStack, boolean hasErrorCode, int errorCode) {
        cpu.memory.setUser(cpl == 3);
        try {
            if (withStack) {
                stack.push(size, cpu.segments.selector(DecodedInstruction.SS));
                stack.push(size, cpu.gpr[Operands.RSP]);
            }
            stack.push(size, cpu.rflags() | (restarts(kind, vector) ? Rflags.RF : 0));
            stack.push(size, cpu.segments.selector(DecodedInstruction.CS));
            stack.push(size, cpu.rip);
            if (hasErrorCode) {
                stack.push(size, errorCode);
            }
        } finally {
            cpu.memory.setUser(cpu.cpl() == 3);
        }
    }

    /**
     * Faults push RF set, so that the restarted instruction does not meet its breakpoint again (SDM vol. 3B, 18.3.1.1).
     */
    private static boolean restarts(Kind kind, int vector) {
        return kind == Kind.FAULT && vector != CpuException.DF;
    }

    private long target(long gate, int vector, int size) {
        if (size == 8) {
            long upper = cpu.memory.readSystem(cpu.tables.idtBase + vector * 16L + 8, 4);
            return Descriptor.gateOffset32(gate) | upper << 32;
        }
        return size == 4 ? Descriptor.gateOffset32(gate) : gate & 0xFFFF;
    }
}
