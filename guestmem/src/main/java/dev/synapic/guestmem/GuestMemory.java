// SPDX-License-Identifier: Apache-2.0
package dev.synapic.guestmem;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Skeleton: see the contract in the class comment of the finished class. */
public final class GuestMemory {
    public static final int PAGE_SIZE = 4096;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private final MemorySegment ram;

    private GuestMemory(MemorySegment ram) {
        this.ram = ram;
    }

    /** Allocates zeroed RAM of a size in bytes, a multiple of the page size, at guest physical address 0. */
    public static GuestMemory allocate(long bytes) {
        return new GuestMemory(Arena.ofAuto().allocate(bytes, PAGE_SIZE));
    }

    /** The RAM's size in bytes. */
    public long size() {
        return ram.byteSize();
    }

    /** Whether all of length bytes at gpa are RAM. */
    public boolean contains(long gpa, long length) {
        return gpa >= 0 && length >= 0 && gpa <= ram.byteSize() - length;
    }

    public byte getByte(long gpa) {
        return ram.get(ValueLayout.JAVA_BYTE, gpa);
    }

    public short getShort(long gpa) {
        return ram.get(SHORT, gpa);
    }

    public int getInt(long gpa) {
        return ram.get(INT, gpa);
    }

    public long getLong(long gpa) {
        return ram.get(LONG, gpa);
    }

    public void putByte(long gpa, byte value) {
        ram.set(ValueLayout.JAVA_BYTE, gpa, value);
    }

    public void putShort(long gpa, short value) {
        ram.set(SHORT, gpa, value);
    }

    public void putInt(long gpa, int value) {
        ram.set(INT, gpa, value);
    }

    public void putLong(long gpa, long value) {
        ram.set(LONG, gpa, value);
    }

    public void putBytes(long gpa, byte[] bytes) {
        MemorySegment.copy(bytes, 0, ram, ValueLayout.JAVA_BYTE, gpa, bytes.length);
    }

    /** Atomically ors mask into the naturally aligned 32-bit word at gpa and returns the word's old value. */
    public int getAndBitwiseOrInt(long gpa, int mask) {
        return (int) ValueLayout.JAVA_INT.varHandle().getAndBitwiseOr(ram, gpa, mask);
    }

    /** Atomically replaces the aligned 32-bit word at gpa if it holds expected. */
    public boolean compareAndSetInt(long gpa, int expected, int replacement) {
        return ValueLayout.JAVA_INT.varHandle().compareAndSet(ram, gpa, expected, replacement);
    }
}
