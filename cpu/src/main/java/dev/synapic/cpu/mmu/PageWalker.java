// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.mmu;

import static dev.synapic.spec.x86.PageTableEntry.ACCESSED;
import static dev.synapic.spec.x86.PageTableEntry.DIRTY;
import static dev.synapic.spec.x86.PageTableEntry.GLOBAL;
import static dev.synapic.spec.x86.PageTableEntry.NO_EXECUTE;
import static dev.synapic.spec.x86.PageTableEntry.PAGE_SIZE;
import static dev.synapic.spec.x86.PageTableEntry.PRESENT;
import static dev.synapic.spec.x86.PageTableEntry.USER;
import static dev.synapic.spec.x86.PageTableEntry.WRITABLE;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Cr4;
import dev.synapic.spec.x86.Efer;
import dev.synapic.spec.x86.PageFaultError;

/**
 * Walks the guest's paging structures: 32-bit, PAE and 4-level paging (SDM vol. 3A, 4.3 to 4.5), sets accessed and
 * dirty flags, and leaves what it found in its fields.
 *
 * <p>Not modelled: 5-level paging, protection keys. Accessed flags are set when the translation succeeds, on all levels
 * at once.
 */
final class PageWalker {
    /** MAXPHYADDR that CPUID leaf 80000008H must report. */
    static final int PHYSICAL_ADDRESS_BITS = 46;

    /** {@link #walk}: the translation is good. */
    static final int OK = -1;

    private static final long ADDRESS = (1L << PHYSICAL_ADDRESS_BITS) - 4096;
    private static final long BEYOND_PHYSICAL = (1L << 52) - (1L << PHYSICAL_ADDRESS_BITS);
    /** PAE entries reserve bits 62:52, 4-level ones leave them to software. */
    private static final long PAE_RESERVED = BEYOND_PHYSICAL | 0x7FF0_0000_0000_0000L;

    private static final long PDPTE_RESERVED = PAE_RESERVED | NO_EXECUTE | 0x1E6;

    private enum Mode {
        OFF,
        TWO_LEVEL,
        PAE,
        FOUR_LEVEL
    }

    private final GuestMemory ram;
    private final long[] pdptes = new long[4];
    /** Addresses of the entries that the present walk went through. */
    private final long[] path = new long[4];

    private int depth;

    private Mode mode = Mode.OFF;
    private long root;
    private boolean writeProtect;
    private boolean noExecuteEnabled;
    private boolean pageSizeExtension;
    private boolean smep;
    private boolean smap;
    private boolean globalPages;
    private int context;
    private boolean marking = true;

    /** Guest physical address of the byte asked for. */
    long gpa;

    boolean userPage;
    /** Whether the kind of access may also write without another walk: rights are there and the dirty flag is set. */
    boolean writeReady;

    /** Writable just because CR0.WP is clear. */
    boolean unprotected;
    /** The translation is the same in all address spaces. */
    boolean global;

    boolean readable;
    /** Size of the page found. */
    long pageSize;

    PageWalker(GuestMemory ram) {
        this.ram = ram;
    }

    /** Takes over the control registers' paging bits. */
    void configure(long cr0, long cr3, long cr4, long efer) {
        writeProtect = (cr0 & Cr0.WP) != 0;
        noExecuteEnabled = (efer & Efer.NXE) != 0;
        pageSizeExtension = (cr4 & Cr4.PSE) != 0;
        globalPages = (cr4 & Cr4.PGE) != 0;
        context = (cr4 & Cr4.PCIDE) != 0 ? (int) cr3 & 0xFFF : 0;
        boolean paging = (cr0 & Cr0.PG) != 0;
        smep = paging && (cr4 & Cr4.SMEP) != 0;
        smap = paging && (cr4 & Cr4.SMAP) != 0;
        if (!paging) {
            mode = Mode.OFF;
        } else if ((efer & Efer.LMA) != 0) {
            mode = Mode.FOUR_LEVEL;
            root = cr3 & ADDRESS;
        } else if ((cr4 & Cr4.PAE) != 0) {
            mode = Mode.PAE;
        } else {
            mode = Mode.TWO_LEVEL;
            root = cr3 & 0xFFFF_F000L;
        }
    }

    /** Whether supervisor accesses to user pages need a look at RFLAGS.AC each time. */
    boolean supervisorAccessPrevention() {
        return smap;
    }

    /** The process-context identifier, 0 without. */
    int context() {
        return context;
    }

    boolean fourLevel() {
        return mode == Mode.FOUR_LEVEL;
    }

    /** Loads the four PDPTEs as MOV to CR3 does in PAE mode; false where one has reserved bits set (#GP). */
    boolean loadPdptes(long cr3) {
        long table = cr3 & 0xFFFF_FFE0L;
        for (int i = 0; i < 4; i++) {
            long entry = load64(table + 8L * i);
            if ((entry & PRESENT) != 0 && (entry & PDPTE_RESERVED) != 0) {
                return false;
            }
            pdptes[i] = entry;
        }
        return true;
    }

    /**
     * Translates; access has the bits of a page-fault error code (WRITE, USER, FETCH).
     *
     * @param acSet whether RFLAGS.AC lifts SMAP for this access
     * @return {@link #OK}, or the error code of the page fault
     */
    int walk(long linear, int access, boolean acSet) {
        return switch (mode) {
            case OFF -> identity(linear);
            case TWO_LEVEL -> walkTwoLevel(linear, access, acSet);
            case PAE -> walkPae(linear, access, acSet);
            case FOUR_LEVEL -> walkWide(linear, access, acSet, root, 4, BEYOND_PHYSICAL);
        };
    }

    /**
     * The guest physical address behind a linear one, or -1; for onlookers, so that no flag is set in the guest's
     * tables.
     */
    long probe(long linear) {
        marking = false;
        try {
            return walk(linear, 0, true) == OK ? gpa : -1;
        } finally {
            marking = true;
        }
    }

    private int identity(long linear) {
        gpa = linear & 0xFFFF_FFFFL;
        userPage = true;
        unprotected = false;
        global = false;
        readable = true;
        writeReady = true;
        pageSize = GuestMemory.PAGE_SIZE;
        return OK;
    }

    private int walkPae(long linear, int access, boolean acSet) {
        long pdpte = pdptes[(int) (linear >>> 30) & 3];
        if ((pdpte & PRESENT) == 0) {
            return errorCode(access, 0);
        }
        return walkWide(linear & 0xFFFF_FFFFL, access, acSet, pdpte & ADDRESS, 2, PAE_RESERVED);
    }

    /** Levels of 512 eight-byte entries. */
    private int walkWide(long linear, int access, boolean acSet, long table, int levels, long reserved) {
        long illegal = noExecuteEnabled ? reserved : reserved | NO_EXECUTE;
        long rights = WRITABLE | USER;
        long noExecute = 0;
        depth = 0;
        for (int level = levels; ; level--) {
            int shift = 12 + 9 * (level - 1);
            long at = table + (linear >>> shift & 0x1FF) * 8;
            long entry = load64(at);
            if ((entry & PRESENT) == 0) {
                return errorCode(access, 0);
            }
            boolean leaf = level == 1 || (entry & PAGE_SIZE) != 0;
            if ((entry & (illegal | reservedAt(level, leaf, shift))) != 0) {
                return errorCode(access, PageFaultError.PRESENT | PageFaultError.RESERVED_BIT);
            }
            path[depth++] = at;
            rights &= entry;
            noExecute |= entry & NO_EXECUTE;
            if (leaf) {
                pageSize = 1L << shift;
                gpa = entry & ADDRESS & -pageSize | linear & pageSize - 1;
                return finish(access, acSet, rights, noExecute != 0, entry, true);
            }
            table = entry & ADDRESS;
        }
    }

    /** PS is reserved in a PML4E; address bits below a large page's size are, but for PAT in bit 12. */
    private static long reservedAt(int level, boolean leaf, int shift) {
        if (level == 4) {
            return PAGE_SIZE;
        }
        return leaf && level > 1 ? (1L << shift) - (1L << 13) : 0;
    }

    /** Two levels of 1024 four-byte entries, with PSE-36 for 4 MiB pages. */
    private int walkTwoLevel(long linear, int access, boolean acSet) {
        depth = 0;
        long at = root + (linear >>> 22 & 0x3FF) * 4;
        long directory = load32(at);
        if ((directory & PRESENT) == 0) {
            return errorCode(access, 0);
        }
        path[depth++] = at;
        if (pageSizeExtension && (directory & PAGE_SIZE) != 0) {
            if ((directory & 1L << 21) != 0) {
                return errorCode(access, PageFaultError.PRESENT | PageFaultError.RESERVED_BIT);
            }
            pageSize = 4L << 20;
            gpa = directory & 0xFFC0_0000L | (directory & 0x1F_E000L) << 19 | linear & pageSize - 1;
            return finish(access, acSet, directory, false, directory, false);
        }
        at = (directory & 0xFFFF_F000L) + (linear >>> 12 & 0x3FF) * 4;
        long entry = load32(at);
        if ((entry & PRESENT) == 0) {
            return errorCode(access, 0);
        }
        path[depth++] = at;
        pageSize = GuestMemory.PAGE_SIZE;
        gpa = entry & 0xFFFF_F000L | linear & 0xFFF;
        return finish(access, acSet, directory & entry, false, entry, false);
    }

    /** Checks rights (SDM vol. 3A, 4.6.1), then sets accessed and dirty flags. */
    private int finish(int access, boolean acSet, long rights, boolean noExecute, long leaf, boolean wide) {
        userPage = (rights & USER) != 0;
        boolean write = (access & PageFaultError.WRITE) != 0;
        boolean fetch = (access & PageFaultError.FETCH) != 0;
        boolean user = (access & PageFaultError.USER) != 0;
        boolean writable = (rights & WRITABLE) != 0 || !user && !writeProtect;
        readable = user ? userPage : !(smap && userPage && !acSet);
        boolean allowed =
                fetch ? !noExecute && (user ? userPage : !(smep && userPage)) : readable && (!write || writable);
        if (!allowed) {
            return errorCode(access, PageFaultError.PRESENT);
        }
        unprotected = (rights & WRITABLE) == 0;
        global = globalPages && (leaf & GLOBAL) != 0;
        writeReady = readable && writable && (write || (leaf & DIRTY) != 0);
        for (int i = 0; i < depth && marking; i++) {
            mark(path[i], i == depth - 1 && write ? ACCESSED | DIRTY : ACCESSED, wide);
        }
        return OK;
    }

    /** The I/D bit is only told where it can make a difference (SDM vol. 3A, 4.7). */
    private int errorCode(int access, int bits) {
        boolean tellsFetch = smep || noExecuteEnabled && mode != Mode.TWO_LEVEL;
        return (tellsFetch ? access : access & ~PageFaultError.FETCH) | bits;
    }

    private void mark(long at, long flags, boolean wide) {
        if (wide) {
            markWide(at, flags);
        } else if (ram.contains(at, 4) && (ram.getInt(at) & flags) != flags) {
            ram.getAndBitwiseOrInt(at, (int) flags);
        }
    }

    private void markWide(long at, long flags) {
        if (ram.contains(at, 8) && (ram.getLong(at) & flags) != flags) {
            ram.getAndBitwiseOrLong(at, flags);
        }
    }

    /** Paging structures outside RAM read as all ones, which ends in a reserved-bit fault. */
    private long load64(long at) {
        return ram.contains(at, 8) ? ram.getLong(at) : -1L;
    }

    private long load32(long at) {
        return ram.contains(at, 4) ? ram.getInt(at) & 0xFFFF_FFFFL : 0xFFFF_FFFFL;
    }
}
