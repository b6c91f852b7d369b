// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.mmu;

import java.util.Arrays;

/**
 * Direct-mapped software TLB with separate tags for read, write and execute, in two halves: for supervisor and for user
 * accesses. A tag is the linear page address; an entry adds the distance from linear address to pool offset. Whoever
 * probes compares the tag with the page of the access's last byte, so that accesses across pages miss.
 *
 * <p>Only RAM gets in. Pages that hold decoded code have no write tag, so that stores to them are seen.
 */
final class Tlb {
    static final long PAGE_MASK = -4096L;
    /** No page has this address. */
    static final long INVALID = 1;

    static final int ENTRIES = 512;
    private static final int INDEX_MASK = ENTRIES - 1;
    static final int DATA_SHIFT = 2;
    static final int CODE_SHIFT = 1;
    /** Where the user half starts. */
    static final int DATA_USER = ENTRIES << DATA_SHIFT;

    static final int CODE_USER = ENTRIES << CODE_SHIFT;
    /** Places in a data entry. */
    static final int READ_TAG = 0, WRITE_TAG = 1, DISTANCE = 2;

    /** Data entries: read tag, write tag, distance, unused. */
    final long[] data = new long[2 * DATA_USER];
    /** Code entries: tag, distance. */
    final long[] code = new long[2 * CODE_USER];

    /** Lowest and highest linear address under a large page since the last flush: INVLPG there drops everything. */
    private long largeFirst;

    private long largeLast;

    Tlb() {
        flush();
    }

    /**
     * Page number bits 8:0, folded with those from 9 on so that buffers at powers of two do not collide. Bit 0 stays as
     * it is: two neighbouring pages never share an entry, on which the probe of an access across pages relies.
     */
    static int index(long linear) {
        return (int) (linear >>> 12) & INDEX_MASK ^ (int) (linear >>> 20) & INDEX_MASK & ~1;
    }

    static int dataIndex(long linear) {
        return index(linear) << DATA_SHIFT;
    }

    static int codeIndex(long linear) {
        return index(linear) << CODE_SHIFT;
    }

    void flush() {
        Arrays.fill(data, INVALID);
        Arrays.fill(code, INVALID);
        largeFirst = Long.MAX_VALUE;
        largeLast = Long.MIN_VALUE;
    }

    void invalidate(long linear) {
        if (linear >= largeFirst && linear <= largeLast) {
            flush();
            return;
        }
        long page = linear & PAGE_MASK;
        for (int half = 0; half < 2; half++) {
            int entry = dataIndex(linear) + half * DATA_USER;
            dropIf(data, entry + READ_TAG, page);
            dropIf(data, entry + WRITE_TAG, page);
            dropIf(code, codeIndex(linear) + half * CODE_USER, page);
        }
    }

    private static void dropIf(long[] tags, int at, long page) {
        if (tags[at] == page) {
            tags[at] = INVALID;
        }
    }

    void noteLargePage(long linear, long size) {
        long first = linear & -size;
        largeFirst = Math.min(largeFirst, first);
        largeLast = Math.max(largeLast, first + size - 1);
    }

    /** Enters a data page; half is 0 or {@link #DATA_USER}. */
    void enterData(long linear, int half, long poolOffset, boolean readable, boolean writable) {
        int entry = dataIndex(linear) + half;
        long page = linear & PAGE_MASK;
        data[entry + READ_TAG] = readable ? page : INVALID;
        data[entry + WRITE_TAG] = writable ? page : INVALID;
        data[entry + DISTANCE] = (poolOffset & PAGE_MASK) - page;
    }

    /** Enters a code page; half is 0 or {@link #CODE_USER}. */
    void enterCode(long linear, int half, long poolOffset) {
        int entry = codeIndex(linear) + half;
        long page = linear & PAGE_MASK;
        code[entry] = page;
        code[entry + 1] = (poolOffset & PAGE_MASK) - page;
    }

    /** Makes stores to the page at a pool offset miss. */
    void dropWritable(long poolPage) {
        for (int entry = 0; entry < data.length; entry += 1 << DATA_SHIFT) {
            long tag = data[entry + WRITE_TAG];
            if (tag != INVALID && tag + data[entry + DISTANCE] == poolPage) {
                data[entry + WRITE_TAG] = INVALID;
            }
        }
    }
}
