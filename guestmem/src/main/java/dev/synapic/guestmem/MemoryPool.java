// SPDX-License-Identifier: Apache-2.0
package dev.synapic.guestmem;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The one reserved address range of this process in which all guest RAM lies. It is a constant to the JIT compiler,
 * which makes an access by pool offset as cheap as one can be that is still bounds-checked: the check is against the
 * pool, so that a wrong offset can never leave guest RAM. Offsets come from {@link GuestMemory#poolOffset} and hold for
 * a page; only a processor's TLB keeps any.
 *
 * <p>Pages are committed by the operating system when they are first written.
 */
public final class MemoryPool {
    private static final long LARGEST = 16L << 30;
    private static final long SMALLEST = 256L << 20;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle ALIGNED_INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle ALIGNED_LONG =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final Object SPLIT_LOCK = new Object();
    private static final MemorySegment POOL = reserve();

    private MemoryPool() {}

    static long size() {
        return POOL.byteSize();
    }

    static MemorySegment range(long offset, long length) {
        return POOL.asSlice(offset, length);
    }

    /** The byte at a pool offset; an offset outside the pool throws {@link IndexOutOfBoundsException}, here and below. */
    public static byte getByte(long offset) {
        return POOL.get(ValueLayout.JAVA_BYTE, offset);
    }

    /** The little-endian 16-bit word at a pool offset of any alignment. */
    public static short getShort(long offset) {
        return POOL.get(SHORT, offset);
    }

    /** The little-endian 32-bit word at a pool offset of any alignment. */
    public static int getInt(long offset) {
        return POOL.get(INT, offset);
    }

    /** The little-endian 64-bit word at a pool offset of any alignment. */
    public static long getLong(long offset) {
        return POOL.get(LONG, offset);
    }

    /** Writes the byte at a pool offset; like all writes here, it tells no listener of {@link GuestMemory}. */
    public static void putByte(long offset, byte value) {
        POOL.set(ValueLayout.JAVA_BYTE, offset, value);
    }

    /** Writes the little-endian 16-bit word at a pool offset of any alignment. */
    public static void putShort(long offset, short value) {
        POOL.set(SHORT, offset, value);
    }

    /** Writes the little-endian 32-bit word at a pool offset of any alignment. */
    public static void putInt(long offset, int value) {
        POOL.set(INT, offset, value);
    }

    /** Writes the little-endian 64-bit word at a pool offset of any alignment. */
    public static void putLong(long offset, long value) {
        POOL.set(LONG, offset, value);
    }

    /** Copies bytes at offset into an array. */
    public static void getBytes(long offset, byte[] into, int at, int length) {
        MemorySegment.copy(POOL, ValueLayout.JAVA_BYTE, offset, into, at, length);
    }

    /** Copies length bytes as if by way of another place. */
    public static void copy(long from, long to, long length) {
        MemorySegment.copy(POOL, from, POOL, to, length);
    }

    /** Sets length bytes at offset to one value. */
    public static void fill(long offset, long length, byte value) {
        POOL.asSlice(offset, length).fill(value);
    }

    static void putBytes(long offset, byte[] from, int at, int length) {
        MemorySegment.copy(from, at, POOL, ValueLayout.JAVA_BYTE, offset, length);
    }

    static int getAndBitwiseOrInt(long offset, int mask) {
        return (int) ALIGNED_INT.getAndBitwiseOr(POOL, offset, mask);
    }

    static long getAndBitwiseOrLong(long offset, long mask) {
        return (long) ALIGNED_LONG.getAndBitwiseOr(POOL, offset, mask);
    }

    /**
     * Atomically replaces the low size (1, 2, 4 or 8) bytes at offset if they hold expected. Operands within an aligned
     * 8-byte word use compare-and-set of the containing word; an operand across two such words is atomic against others
     * of its kind only.
     */
    public static boolean compareAndSet(long offset, int size, long expected, long replacement) {
        if (size == 8 && (offset & 7) == 0) {
            return ALIGNED_LONG.compareAndSet(POOL, offset, expected, replacement);
        }
        if (size == 4 && (offset & 3) == 0) {
            return ALIGNED_INT.compareAndSet(POOL, offset, (int) expected, (int) replacement);
        }
        long mask = size == 8 ? -1L : (1L << size * 8) - 1;
        int shift = (int) (offset & 7) * 8;
        if (shift + size * 8 <= 64) {
            return compareAndSetWithin(offset & ~7L, mask << shift, expected << shift, replacement << shift);
        }
        return compareAndSetSplit(offset, size, mask, expected, replacement);
    }

    /** Replaces 16 bytes at offset if they hold what is expected; atomic against others of its kind only. */
    public static boolean compareAndSet(long offset, long expectedLow, long expectedHigh, long low, long high) {
        synchronized (SPLIT_LOCK) {
            boolean equal = getLong(offset) == expectedLow && getLong(offset + 8) == expectedHigh;
            if (equal) {
                putLong(offset, low);
                putLong(offset + 8, high);
            }
            return equal;
        }
    }

    private static boolean compareAndSetWithin(long word, long mask, long expected, long replacement) {
        while (true) {
            long old = (long) ALIGNED_LONG.getVolatile(POOL, word);
            if (((old ^ expected) & mask) != 0) {
                return false;
            }
            if (ALIGNED_LONG.compareAndSet(POOL, word, old, old & ~mask | replacement & mask)) {
                return true;
            }
        }
    }

    private static boolean compareAndSetSplit(long offset, int size, long mask, long expected, long replacement) {
        synchronized (SPLIT_LOCK) {
            long old = 0;
            for (int i = 0; i < size; i++) {
                old |= (getByte(offset + i) & 0xFFL) << i * 8;
            }
            if (((old ^ expected) & mask) != 0) {
                return false;
            }
            for (int i = 0; i < size; i++) {
                putByte(offset + i, (byte) (replacement >>> i * 8));
            }
            return true;
        }
    }

    /**
     * A private mapping of a sparse file costs address space only, until a page is written; the file's name is gone at
     * once.
     */
    private static MemorySegment reserve() {
        try {
            Path file = Files.createTempFile("synapic-ram", null);
            try (FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE)) {
                return map(channel);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot reserve guest memory in the temporary directory", e);
        }
    }

    private static MemorySegment map(FileChannel channel) throws IOException {
        for (long size = LARGEST; ; size /= 2) {
            try {
                return channel.map(FileChannel.MapMode.PRIVATE, 0, size, Arena.global());
            } catch (IOException | OutOfMemoryError e) {
                if (size <= SMALLEST) {
                    throw e;
                }
            }
        }
    }
}
