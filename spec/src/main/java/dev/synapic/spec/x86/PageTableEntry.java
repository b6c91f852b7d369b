// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Bits of paging-structure entries (SDM vol. 3A, 4.3 to 4.5). */
public final class PageTableEntry {
    public static final long PRESENT = 1;
    public static final long WRITABLE = 1 << 1;
    public static final long USER = 1 << 2;
    public static final long ACCESSED = 1 << 5;
    public static final long DIRTY = 1 << 6;
    /** In an entry above the last level: it maps a large page. */
    public static final long PAGE_SIZE = 1 << 7;

    public static final long GLOBAL = 1 << 8;
    public static final long NO_EXECUTE = 1L << 63;

    private PageTableEntry() {}
}
