// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.mmu;

import java.util.Arrays;

/**
 * Direct-mapped software TLB with separate tags for read, write and execute, in parts by the rights of an access: supervisor, user,
 * and supervisor while RFLAGS.AC lifts SMAP. A tag is the linear page address; an entry adds the distance from linear address to
 * pool offset. Whoever probes compares the tag with the page of the access's last byte, so that accesses across pages miss.
 *
 * <p>Only RAM gets in. Pages that hold decoded code have no write tag, so that stores to them are seen.
 */
final class Tlb {
    static final long PAGE_MASK = -4096L;
    /** No page has this address. */
    static final long INVALID = 1;

    static final int ENTRIES = 512;
    private static final int INDEX_MASK = ENTRIES - 1;
    static final int SHIFT = 2;
    private static final int PART = ENTRIES << SHIFT;
    /** Where the parts start. */
    static final int USER = PART, LIFTED = 2 * PART;

    /** This part stays empty: every access goes the slow way, which checks alignment. */
    static final int NONE = 3 * PART;

    /** Places in an entry of data. */
    static final int READ_TAG = 0, WRITE_TAG = 1, DISTANCE = 2;
    /** Places in an entry of code; the distance is where data has it. */
    static final int CODE_TAG = 0;

    private static final int FLAGS = 3;
    /** A page's translation survives a change of address space. */
    static final int GLOBAL = 1;
    /** Writable just because CR0.WP is clear. */
    static final int UNPROTECTED = 2;
    /** Part of a large page: INVLPG of any address in that drops it. */
    static final int LARGE = 4;

    /** Data entries: read tag, write tag, distance, flags. */
    final long[] data = new long[NONE + PART];
    /** Code entries: tag, nothing, distance, flags. */
    final long[] code = new long[2 * PART];

    private final Journal enteredData = new Journal();
    private final Journal enteredCode = new Journal();
    private boolean unprotected;

    /** Lowest and highest linear address under a large page since the last flush. */
    private long largeFirst;

    private long largeLast;

    Tlb() {
        Arrays.fill(data, INVALID);
        Arrays.fill(code, INVALID);
        forgetLarge();
    }

    private void forgetLarge() {
        largeFirst = Long.MAX_VALUE;
        largeLast = Long.MIN_VALUE;
    }

    /**
     * Page number bits 8:0, folded with those from 9 on so that buffers at powers of two do not collide. Bit 0 stays as
     * it is: two neighbouring pages never share an entry, on which the probe of an access across pages relies.
     */
    static int index(long linear) {
        return (int) (linear >>> 12) & INDEX_MASK ^ (int) (linear >>> 20) & INDEX_MASK & ~1;
    }

    /** Place of a page's entry within each part. */
    static int entry(long linear) {
        return index(linear) << SHIFT;
    }

    void flush() {
        drop(0);
        forgetLarge();
        unprotected = false;
    }

    /** Drops all but global translations. */
    void flushLocal() {
        drop(GLOBAL);
    }

    /** Drops what has none of the flags to keep. */
    private void drop(int keep) {
        enteredData.drop(data, NONE, keep);
        enteredCode.drop(code, code.length, keep);
    }

    /** Which entries were used since they were dropped last, as long as they are few: a guest that drops often uses few. */
    private static final class Journal {
        private static final int MOST = 96;

        private final int[] places = new int[MOST];
        private int count;

        void note(int entry) {
            if (count < MOST) {
                places[count] = entry;
            }
            count = Math.min(count, MOST) + 1;
        }

        void drop(long[] entries, int to, int keep) {
            if (count > MOST) {
                boolean kept = false;
                for (int entry = 0; entry < to; entry += 1 << SHIFT) {
                    kept |= !dropUnless(entries, entry, keep);
                }
                count = kept ? count : 0;
                return;
            }
            int left = 0;
            for (int i = 0; i < count; i++) {
                if (!dropUnless(entries, places[i], keep)) {
                    places[left++] = places[i];
                }
            }
            count = left;
        }

        private static boolean dropUnless(long[] entries, int entry, int keep) {
            if ((entries[entry + FLAGS] & keep) != 0) {
                return false;
            }
            entries[entry + READ_TAG] = INVALID;
            entries[entry + WRITE_TAG] = INVALID;
            return true;
        }
    }

    void invalidate(long linear) {
        long page = linear & PAGE_MASK;
        for (int entry = entry(linear); entry < NONE; entry += PART) {
            dropIf(data, entry + READ_TAG, page);
            dropIf(data, entry + WRITE_TAG, page);
            if (entry < code.length) {
                dropIf(code, entry + CODE_TAG, page);
            }
        }
        if (linear >= largeFirst && linear <= largeLast) {
            dropLarge(data, NONE);
            dropLarge(code, code.length);
            forgetLarge();
        }
    }

    private static void dropIf(long[] tags, int at, long page) {
        if (tags[at] == page) {
            tags[at] = INVALID;
        }
    }

    private static void dropLarge(long[] entries, int to) {
        for (int entry = 0; entry < to; entry += 1 << SHIFT) {
            if ((entries[entry + FLAGS] & LARGE) != 0) {
                entries[entry + READ_TAG] = INVALID;
                entries[entry + WRITE_TAG] = INVALID;
            }
        }
    }

    void noteLargePage(long linear, long size) {
        long first = linear & -size;
        largeFirst = Math.min(largeFirst, first);
        largeLast = Math.max(largeLast, first + size - 1);
    }

    /** Enters a data page into a part; flags are those of this class. */
    void enterData(long linear, int part, long poolOffset, boolean readable, boolean writable, int flags) {
        int entry = entry(linear) + part;
        long page = linear & PAGE_MASK;
        data[entry + READ_TAG] = readable ? page : INVALID;
        data[entry + WRITE_TAG] = writable ? page : INVALID;
        data[entry + DISTANCE] = (poolOffset & PAGE_MASK) - page;
        data[entry + FLAGS] = flags;
        enteredData.note(entry);
        unprotected |= (flags & UNPROTECTED) != 0;
    }

    /** Enters a code page; part is 0 or {@link #USER}. */
    void enterCode(long linear, int part, long poolOffset, int flags) {
        int entry = entry(linear) + part;
        long page = linear & PAGE_MASK;
        code[entry + CODE_TAG] = page;
        code[entry + DISTANCE] = (poolOffset & PAGE_MASK) - page;
        code[entry + FLAGS] = flags;
        enteredCode.note(entry);
    }

    /** CR0.WP is set: stores to read-only pages go the slow way again. */
    void protectAgain() {
        for (int entry = 0; entry < NONE && unprotected; entry += 1 << SHIFT) {
            if ((data[entry + FLAGS] & UNPROTECTED) != 0) {
                data[entry + WRITE_TAG] = INVALID;
            }
        }
        unprotected = false;
    }

    /** Makes stores to the page at a pool offset miss. */
    void dropWritable(long poolPage) {
        for (int entry = 0; entry < NONE; entry += 1 << SHIFT) {
            long tag = data[entry + WRITE_TAG];
            if (tag != INVALID && tag + data[entry + DISTANCE] == poolPage) {
                data[entry + WRITE_TAG] = INVALID;
            }
        }
    }
}
