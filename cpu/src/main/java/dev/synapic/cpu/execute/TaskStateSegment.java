// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.state.Descriptor;
import dev.synapic.cpu.state.SegmentRegisters;

/** The stacks and the I/O permission bitmap in the TSS (SDM vol. 3A, 7.2.1, 7.6, 7.7; vol. 1, 19.5.2). */
final class TaskStateSegment {
    private static final int IO_MAP_BASE = 102;

    private TaskStateSegment() {}

    /** RSP for a privilege level, or with ist 1 to 7 that interrupt stack. */
    static long stack64(Cpu cpu, int cpl, int ist, int external) {
        int offset = ist == 0 ? 4 + 8 * cpl : 36 + 8 * (ist - 1);
        long rsp = read(cpu, offset, 8, external);
        if (rsp << 16 >> 16 != rsp) {
            throw cpu.fault(CpuException.SS, external);
        }
        return rsp;
    }

    static int stackSelector(Cpu cpu, int cpl, int external) {
        return (int) read(cpu, is32(cpu) ? 8 + 8 * cpl : 4 + 4 * cpl, 2, external);
    }

    static long stackPointer(Cpu cpu, int cpl, int external) {
        return is32(cpu) ? read(cpu, 4 + 8 * cpl, 4, external) : read(cpu, 2 + 4 * cpl, 2, external);
    }

    /** Whether the bitmap allows a port access of size bytes. */
    static boolean allowsIo(Cpu cpu, int port, int size) {
        long limit = cpu.segments.limit(SegmentRegisters.TR);
        if (!is32(cpu) || limit < IO_MAP_BASE + 1) {
            return false;
        }
        long base = cpu.segments.base(SegmentRegisters.TR);
        long map = cpu.memory.readSystem(base + IO_MAP_BASE, 2) & 0xFFFF;
        long at = map + (port >> 3);
        if (at + 1 > limit) {
            return false;
        }
        long bits = cpu.memory.readSystem(base + at, 2) >> (port & 7);
        return (bits & (1 << size) - 1) == 0;
    }

    private static boolean is32(Cpu cpu) {
        return (cpu.segments.attributes(SegmentRegisters.TR) & 8) != 0;
    }

    private static long read(Cpu cpu, int offset, int size, int external) {
        int tr = SegmentRegisters.TR;
        if (!Descriptor.present(cpu.segments.attributes(tr)) || offset + size - 1 > cpu.segments.limit(tr)) {
            throw cpu.fault(CpuException.TS, Descriptors.error(cpu.segments.selector(tr), external));
        }
        return cpu.memory.readSystem(cpu.segments.base(tr) + offset, size);
    }
}
