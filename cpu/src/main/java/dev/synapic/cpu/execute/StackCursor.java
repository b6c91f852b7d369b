// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.state.Descriptor;

/**
 * A position on some stack, moved by far transfers and events before they commit: RSP changes only when all accesses
 * have passed.
 */
public final class StackCursor {
    private final Cpu cpu;
    private long base;
    private long limit;
    private long mask;
    private boolean expandDown;
    private int errorCode;
    private long pointer;

    public StackCursor(Cpu cpu) {
        this.cpu = cpu;
    }

    /** The present stack; errorCode goes with #SS. */
    StackCursor onPresent(int errorCode) {
        if (cpu.in64BitMode()) {
            return onLong(cpu.gpr[Operands.RSP], errorCode);
        }
        int ss = DecodedInstruction.SS;
        long pointer = cpu.gpr[Operands.RSP];
        return on(cpu.segments.base(ss), cpu.segments.limit(ss), cpu.segments.attributes(ss), pointer, errorCode);
    }

    /** A flat 64-bit stack. */
    StackCursor onLong(long rsp, int errorCode) {
        this.base = 0;
        this.limit = -1;
        this.mask = -1;
        this.expandDown = false;
        this.errorCode = errorCode;
        this.pointer = rsp;
        return this;
    }

    /** The stack segment of a descriptor. */
    StackCursor onDescriptor(long raw, long pointer, int errorCode) {
        return on(Descriptor.base(raw), Descriptor.limit(raw), Descriptor.attributes(raw), pointer, errorCode);
    }

    private StackCursor on(long base, long limit, int attributes, long pointer, int errorCode) {
        this.base = base;
        this.limit = limit;
        this.mask = (attributes & Descriptor.BIG) != 0 ? 0xFFFF_FFFFL : 0xFFFF;
        this.expandDown = (attributes & (Descriptor.CODE | Descriptor.EXPAND_DOWN)) == Descriptor.EXPAND_DOWN;
        this.errorCode = errorCode;
        this.pointer = pointer & mask;
        return this;
    }

    void push(int size, long value) {
        long to = pointer - size & mask;
        cpu.memory.write(linear(to, size), size, size == 8 ? value : value & (1L << size * 8) - 1);
        pointer = to;
    }

    /** Zero-extended. */
    long pop(int size) {
        long value = cpu.memory.read(linear(pointer, size), size);
        pointer = pointer + size & mask;
        return value;
    }

    void skip(long bytes) {
        pointer = pointer + bytes & mask;
    }

    long pointer() {
        return pointer;
    }

    private long linear(long offset, int size) {
        if (mask == -1) {
            if (offset << 16 >> 16 != offset) {
                throw cpu.fault(CpuException.SS, errorCode);
            }
            return offset;
        }
        long last = offset + size - 1;
        boolean inside = expandDown ? offset > limit && last <= mask : last <= limit || limit == 0xFFFF_FFFFL;
        if (!inside) {
            throw cpu.fault(CpuException.SS, errorCode);
        }
        return base + offset & 0xFFFF_FFFFL;
    }
}
