// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.mmu;

import dev.synapic.guestmem.GuestMemory;

/**
 * Memory as instructions see it: linear addresses, translated, with page faults thrown as {@link dev.synapic.cpu.CpuException}.
 * Skeleton without paging; values are zero-extended on read unless noted.
 */
public final class LinearMemory {
    private final GuestMemory ram;

    public LinearMemory(GuestMemory ram) {
        this.ram = ram;
    }

    public int read8(long linear) {
        return ram.getByte(linear) & 0xFF;
    }

    public int read16(long linear) {
        return ram.getShort(linear) & 0xFFFF;
    }

    /** Reads 32 bits; sign is the caller's matter. */
    public int read32(long linear) {
        return ram.getInt(linear);
    }

    public long read64(long linear) {
        return ram.getLong(linear);
    }

    /** As read, but faults as a write would: the first half of a read-modify-write. */
    public int read8ForWrite(long linear) {
        return read8(linear);
    }

    public int read16ForWrite(long linear) {
        return read16(linear);
    }

    public int read32ForWrite(long linear) {
        return read32(linear);
    }

    public long read64ForWrite(long linear) {
        return read64(linear);
    }

    public void write8(long linear, int value) {
        ram.putByte(linear, (byte) value);
    }

    public void write16(long linear, int value) {
        ram.putShort(linear, (short) value);
    }

    public void write32(long linear, int value) {
        ram.putInt(linear, value);
    }

    public void write64(long linear, long value) {
        ram.putLong(linear, value);
    }

    /** LOCK-prefixed update: atomically replaces size (1, 2, 4, 8) bytes if they hold expected. */
    public boolean compareAndSet(long linear, int size, long expected, long replacement) {
        long old =
                switch (size) {
                    case 1 -> read8(linear);
                    case 2 -> read16(linear);
                    case 4 -> read32(linear) & 0xFFFF_FFFFL;
                    default -> read64(linear);
                };
        long mask = size == 8 ? -1L : (1L << (size * 8)) - 1;
        if ((old & mask) != (expected & mask)) {
            return false;
        }
        switch (size) {
            case 1 -> write8(linear, (int) replacement);
            case 2 -> write16(linear, (int) replacement);
            case 4 -> write32(linear, (int) replacement);
            default -> write64(linear, replacement);
        }
        return true;
    }
}
