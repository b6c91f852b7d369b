// SPDX-License-Identifier: Apache-2.0
package dev.synapic.guestmem;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One machine's RAM, by guest physical address, little-endian. It starts at 0; what exceeds 3 GiB continues at 4 GiB,
 * as on a PC, where the fourth gigabyte belongs to devices.
 *
 * <p>Every access is checked: a gpa that is not RAM is the caller's error and throws {@link IndexOutOfBoundsException},
 * so a device that takes addresses from its guest asks {@link #contains} first. Addresses need no alignment, but for
 * the atomic operations.
 *
 * <p>A page can be watched: writes to it, through this class or by a processor, are then told to the listener.
 *
 * <p>Threads: plain accesses have plain memory semantics; the watch is meant for the thread that runs the machine.
 */
public final class GuestMemory implements AutoCloseable {
    public static final int PAGE_SIZE = 4096;
    public static final int PAGE_SHIFT = 12;
    /** First address of the hole for devices. */
    public static final long HOLE_START = 3L << 30;
    /** Where RAM continues behind the hole. */
    public static final long HOLE_END = 4L << 30;

    private final PoolRanges.Lease lease;
    private final long base;
    private final long bytes;
    private final boolean[] touched;
    private final boolean[] watched;
    private long lowBytes;
    private long highBytes;
    private @Nullable WriteListener listener;

    private GuestMemory(long bytes) {
        this.lease = PoolRanges.INSTANCE.take(this, bytes);
        this.base = lease.offset;
        this.bytes = bytes;
        this.touched = lease.touched;
        this.watched = new boolean[(int) (bytes >> PAGE_SHIFT)];
        this.lowBytes = Math.min(bytes, HOLE_START);
        this.highBytes = bytes - lowBytes;
    }

    /** Allocates zeroed RAM of a size in bytes, a multiple of the page size. */
    public static GuestMemory allocate(long bytes) {
        if (bytes <= 0 || bytes % PAGE_SIZE != 0) {
            throw new IllegalArgumentException("RAM size " + bytes + " is not a positive multiple of " + PAGE_SIZE);
        }
        return new GuestMemory(bytes);
    }

    /**
     * Returns the RAM to the pool. All accesses fail from here on, and a processor on this RAM must not run any more.
     */
    @Override
    public void close() {
        lowBytes = 0;
        highBytes = 0;
        PoolRanges.INSTANCE.giveBack(lease);
    }

    /** Whether the RAM went back to the pool, so that no address is RAM any more. */
    public boolean isClosed() {
        return lowBytes == 0;
    }

    /** The RAM's size in bytes. */
    public long size() {
        return bytes;
    }

    /** Whether all of length bytes at gpa are RAM. */
    public boolean contains(long gpa, long length) {
        return ramOffset(gpa, length) >= 0;
    }

    /**
     * Distance of gpa from the RAM's first byte, the hole not counted, or -1 where not all of length bytes at gpa are
     * RAM.
     */
    public long ramOffset(long gpa, long length) {
        if (length < 0) {
            return -1;
        }
        if (gpa >= 0 && gpa <= lowBytes - length) {
            return gpa;
        }
        long high = gpa - HOLE_END;
        return high >= 0 && high <= highBytes - length ? high + lowBytes : -1;
    }

    /**
     * Where the page that holds gpa lies in the {@link MemoryPool}, plus gpa's offset in it, or -1 where gpa is not
     * RAM.
     */
    public long poolOffset(long gpa) {
        long offset = ramOffset(gpa, 1);
        if (offset < 0) {
            return -1;
        }
        touched[(int) (offset >> PoolRanges.CHUNK_SHIFT)] = true;
        return base + offset;
    }

    /** The byte at gpa; throws {@link IndexOutOfBoundsException} where that is not RAM. */
    public byte getByte(long gpa) {
        return MemoryPool.getByte(checked(gpa, 1));
    }

    /** The 16-bit word at gpa, of any alignment; throws {@link IndexOutOfBoundsException} where not all of it is RAM. */
    public short getShort(long gpa) {
        return MemoryPool.getShort(checked(gpa, 2));
    }

    /** The 32-bit word at gpa, of any alignment; throws {@link IndexOutOfBoundsException} where not all of it is RAM. */
    public int getInt(long gpa) {
        return MemoryPool.getInt(checked(gpa, 4));
    }

    /** The 64-bit word at gpa, of any alignment; throws {@link IndexOutOfBoundsException} where not all of it is RAM. */
    public long getLong(long gpa) {
        return MemoryPool.getLong(checked(gpa, 8));
    }

    /** Writes the byte at gpa; throws {@link IndexOutOfBoundsException} where that is not RAM. */
    public void putByte(long gpa, byte value) {
        MemoryPool.putByte(checked(gpa, 1), value);
        written(gpa, 1);
    }

    /**
     * Writes the 16-bit word at gpa, of any alignment; throws {@link IndexOutOfBoundsException}, and writes nothing,
     * where not all of it is RAM.
     */
    public void putShort(long gpa, short value) {
        MemoryPool.putShort(checked(gpa, 2), value);
        written(gpa, 2);
    }

    /**
     * Writes the 32-bit word at gpa, of any alignment; throws {@link IndexOutOfBoundsException}, and writes nothing,
     * where not all of it is RAM.
     */
    public void putInt(long gpa, int value) {
        MemoryPool.putInt(checked(gpa, 4), value);
        written(gpa, 4);
    }

    /**
     * Writes the 64-bit word at gpa, of any alignment; throws {@link IndexOutOfBoundsException}, and writes nothing,
     * where not all of it is RAM.
     */
    public void putLong(long gpa, long value) {
        MemoryPool.putLong(checked(gpa, 8), value);
        written(gpa, 8);
    }

    /** Writes the whole array to gpa and on; throws {@link IndexOutOfBoundsException}, and writes nothing, where not all of that is RAM. */
    public void putBytes(long gpa, byte[] bytes) {
        putBytes(gpa, bytes, 0, bytes.length);
    }

    /**
     * Writes length bytes of the array, from index from on, to gpa and on; throws {@link IndexOutOfBoundsException},
     * and writes nothing, where they are not all in the array or not all RAM.
     */
    public void putBytes(long gpa, byte[] bytes, int from, int length) {
        Objects.checkFromIndexSize(from, length, bytes.length);
        MemoryPool.putBytes(checked(gpa, length), bytes, from, length);
        written(gpa, length);
    }

    /**
     * Copies length bytes at gpa into the array, from index at on; throws {@link IndexOutOfBoundsException} where they
     * are not all RAM or not all fit.
     */
    public void getBytes(long gpa, byte[] into, int at, int length) {
        Objects.checkFromIndexSize(at, length, into.length);
        MemoryPool.getBytes(checked(gpa, length), into, at, length);
    }

    /** Sets length bytes at gpa to one value. */
    public void fill(long gpa, long length, byte value) {
        MemoryPool.range(checked(gpa, length), length).fill(value);
        written(gpa, length);
    }

    /** Atomically ors mask into the naturally aligned 32-bit word at gpa and returns the word's old value. */
    public int getAndBitwiseOrInt(long gpa, int mask) {
        int old = MemoryPool.getAndBitwiseOrInt(checkedAligned(gpa, 4), mask);
        written(gpa, 4);
        return old;
    }

    /** Atomically ors mask into the naturally aligned 64-bit word at gpa and returns the word's old value. */
    public long getAndBitwiseOrLong(long gpa, long mask) {
        long old = MemoryPool.getAndBitwiseOrLong(checkedAligned(gpa, 8), mask);
        written(gpa, 8);
        return old;
    }

    /** Atomically replaces the aligned 32-bit word at gpa if it holds expected. */
    public boolean compareAndSetInt(long gpa, int expected, int replacement) {
        return compareAndSet(checkedAligned(gpa, 4), gpa, 4, expected, replacement);
    }

    /** Atomically replaces the aligned 64-bit word at gpa if it holds expected. */
    public boolean compareAndSetLong(long gpa, long expected, long replacement) {
        return compareAndSet(checkedAligned(gpa, 8), gpa, 8, expected, replacement);
    }

    /** Who hears of writes to watched pages; there is one. */
    public void setWriteListener(WriteListener listener) {
        this.listener = listener;
    }

    /** Watches the page that holds gpa, or stops watching it. */
    public void watch(long gpa, boolean on) {
        watched[(int) (checked(gpa, 1) - base >> PAGE_SHIFT)] = on;
    }

    /** Whether the page that holds gpa is watched; false where there is no RAM. */
    public boolean isWatched(long gpa) {
        long offset = ramOffset(gpa, 1);
        return offset >= 0 && watched[(int) (offset >> PAGE_SHIFT)];
    }

    /** To be called after a write that did not go through this class. */
    public void written(long gpa, long length) {
        long end = gpa + length;
        for (long at = gpa; at < end; at = (at | PAGE_SIZE - 1) + 1) {
            long offset = ramOffset(at, 1);
            touched[(int) (offset >> PoolRanges.CHUNK_SHIFT)] = true;
            if (watched[(int) (offset >> PAGE_SHIFT)] && listener != null) {
                listener.written(at, (int) (Math.min(end, (at | PAGE_SIZE - 1) + 1) - at));
            }
        }
    }

    private boolean compareAndSet(long offset, long gpa, int size, long expected, long replacement) {
        boolean done = MemoryPool.compareAndSet(offset, size, expected, replacement);
        if (done) {
            written(gpa, size);
        }
        return done;
    }

    private long checkedAligned(long gpa, int size) {
        if ((gpa & size - 1) != 0) {
            throw new IllegalArgumentException("gpa 0x" + Long.toHexString(gpa) + " is not " + size + "-byte aligned");
        }
        return checked(gpa, size);
    }

    private long checked(long gpa, long length) {
        long offset = ramOffset(gpa, length);
        if (offset < 0) {
            throw new IndexOutOfBoundsException("no RAM for " + length + " bytes at gpa 0x" + Long.toHexString(gpa));
        }
        return base + offset;
    }
}
