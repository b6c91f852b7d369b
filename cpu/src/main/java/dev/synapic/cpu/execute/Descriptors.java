// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.state.Descriptor;
import dev.synapic.cpu.state.SegmentRegisters;

/** Reads descriptors and loads segment registers from them, with the checks of SDM vol. 3A, 5.4 to 5.7. */
final class Descriptors {
    private Descriptors() {}

    static boolean isNull(int selector) {
        return (selector & 0xFFFC) == 0;
    }

    /** The error code that names a selector; external is 1 where the cause lies outside the program. */
    static int error(int selector, int external) {
        return selector & 0xFFFC | external;
    }

    /** The linear address of a selector's descriptor; a fault of the vector given where it lies outside its table. */
    private static long locate(Cpu cpu, int selector, int length, int vector, int external) {
        boolean local = (selector & 4) != 0;
        SegmentRegisters segments = cpu.segments;
        long limit = local ? segments.limit(SegmentRegisters.LDTR) : cpu.tables.gdtLimit;
        boolean usable = !local || Descriptor.present(segments.attributes(SegmentRegisters.LDTR));
        long offset = selector & 0xFFF8;
        if (!usable || offset + length - 1 > limit) {
            throw cpu.fault(vector, error(selector, external));
        }
        return (local ? segments.base(SegmentRegisters.LDTR) : cpu.tables.gdtBase) + offset;
    }

    static long read(Cpu cpu, int selector, int vector, int external) {
        return cpu.memory.readSystem(locate(cpu, selector, 8, vector, external), 8);
    }

    static long read(Cpu cpu, int selector) {
        return read(cpu, selector, CpuException.GP, 0);
    }

    /** The upper half of a 16-byte descriptor of long mode. */
    static long readUpper(Cpu cpu, int selector, int vector) {
        return cpu.memory.readSystem(locate(cpu, selector, 16, vector, 0) + 8, 8);
    }

    /** Whether a selector lies within its table (LAR and friends do not fault). */
    static boolean inTable(Cpu cpu, int selector, int length) {
        try {
            locate(cpu, selector, length, CpuException.GP, 0);
            return true;
        } catch (CpuException outside) {
            return false;
        }
    }

    static void replace(Cpu cpu, int selector, long raw) {
        cpu.memory.writeSystem(locate(cpu, selector, 8, CpuException.GP, 0), 8, raw);
    }

    /** Sets the accessed bit in the table, and returns the descriptor with it. */
    static long accessed(Cpu cpu, int selector, long raw) {
        long marked = raw | (long) Descriptor.ACCESSED << 40;
        if (marked != raw) {
            long at = locate(cpu, selector, 8, CpuException.GP, 0) + 5;
            cpu.memory.writeSystem(at, 1, marked >>> 40 & 0xFF);
        }
        return marked;
    }

    /** MOV, POP and LxS to a segment register other than CS. */
    static void loadSegment(Cpu cpu, int segment, int selector) {
        if (!cpu.control.protectedMode()) {
            cpu.segments.loadReal(segment, selector);
        } else if (segment == DecodedInstruction.SS) {
            loadStack(cpu, selector);
        } else {
            loadData(cpu, segment, selector);
        }
        if (segment == DecodedInstruction.SS) {
            cpu.modeChanged();
        }
    }

    private static void loadData(Cpu cpu, int segment, int selector) {
        if (isNull(selector)) {
            cpu.segments.loadNull(segment, selector);
            return;
        }
        long raw = read(cpu, selector);
        int attributes = Descriptor.attributes(raw);
        int dpl = Descriptor.dpl(attributes);
        boolean privileged = !Descriptor.conforming(attributes) && (dpl < (selector & 3) || dpl < cpu.cpl());
        if (!Descriptor.readable(attributes) || privileged) {
            throw cpu.fault(CpuException.GP, error(selector, 0));
        }
        if (!Descriptor.present(attributes)) {
            throw cpu.fault(CpuException.NP, error(selector, 0));
        }
        cpu.segments.load(segment, selector, accessed(cpu, selector, raw));
    }

    private static void loadStack(Cpu cpu, int selector) {
        if (isNull(selector)) {
            if (!cpu.in64BitMode() || cpu.cpl() == 3 || (selector & 3) != cpu.cpl()) {
                throw cpu.fault(CpuException.GP, 0);
            }
            cpu.segments.loadNullStack(cpu.cpl());
            return;
        }
        long raw = stackDescriptor(cpu, selector, cpu.cpl(), CpuException.GP, 0);
        cpu.segments.load(DecodedInstruction.SS, selector, accessed(cpu, selector, raw));
    }

    /**
     * A stack segment for a privilege level: RPL and DPL must be it; else the vector given, or #SS where it is not
     * present.
     */
    static long stackDescriptor(Cpu cpu, int selector, int cpl, int vector, int external) {
        long raw = read(cpu, selector, vector, external);
        int attributes = Descriptor.attributes(raw);
        if ((selector & 3) != cpl || Descriptor.dpl(attributes) != cpl || !Descriptor.writable(attributes)) {
            throw cpu.fault(vector, error(selector, external));
        }
        if (!Descriptor.present(attributes)) {
            throw cpu.fault(CpuException.SS, error(selector, external));
        }
        return raw;
    }

    /** In long mode a code segment may not have both L and D (SDM vol. 3A, 5.2.1). */
    static void checkCodeSize(Cpu cpu, int selector, int attributes, int external) {
        if (cpu.control.longMode() && (attributes & Descriptor.LONG) != 0 && (attributes & Descriptor.BIG) != 0) {
            throw cpu.fault(CpuException.GP, error(selector, external));
        }
    }

    static void checkPresent(Cpu cpu, int selector, int attributes, int external) {
        if (!Descriptor.present(attributes)) {
            throw cpu.fault(CpuException.NP, error(selector, external));
        }
    }

    /** The target of a far transfer: canonical in 64-bit code, within the limit elsewhere. */
    static void checkTarget(Cpu cpu, long raw, long offset) {
        boolean wide = cpu.control.longMode() && (Descriptor.attributes(raw) & Descriptor.LONG) != 0;
        boolean good = wide ? offset << 16 >> 16 == offset : offset <= Descriptor.limit(raw);
        if (!good) {
            throw cpu.fault(CpuException.GP, 0);
        }
    }

    /** Commits a transfer to code at a privilege level. The accessed bit was set by the caller's {@link #accessed}. */
    static void enterCode(Cpu cpu, int selector, long raw, int cpl, long offset) {
        cpu.segments.load(DecodedInstruction.CS, selector & 0xFFFC | cpl, raw);
        cpu.setCpl(cpl);
        cpu.rip = offset;
        cpu.modeChanged();
    }
}
