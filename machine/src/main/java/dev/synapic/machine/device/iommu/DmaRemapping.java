// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.bus.BusMaster;

/**
 * Translates the addresses of a device's memory accesses: root table, context table, second-level page tables.
 *
 * <p>Models: domains with tables of 3 and 4 levels, pages of 4 KiB, 2 MiB and 1 GiB, permissions, pass-through. Spec: VT-d,
 * 3.4 and 3.7, 9.1, 9.3 and 9.8 (revision 2.x's legacy mode). Not modelled: first-level tables, scalable mode, device TLBs,
 * context and translation caches: the tables themselves are read for each access. A walk reads at most six entries.
 */
final class DmaRemapping {
    private static final long PAGE = ~0xFFFL;
    private static final long BEYOND_HOST = -1L << Capabilities.HOST_ADDRESS_BITS;
    private static final long PRESENT = 1;
    private static final int ENTRY_SHIFT = 4;

    private static final long ROOT_RESERVED = 0xFFEL | BEYOND_HOST;

    private static final long FAULTS_DISABLED = 1 << 1;
    private static final int TYPE_SHIFT = 2;
    private static final int TYPE_TABLES = 0;
    private static final int TYPE_PASS_THROUGH = 2;
    private static final long CONTEXT_RESERVED = 0xFF0L | BEYOND_HOST;
    private static final long CONTEXT_RESERVED_HIGH = ~0xFF_FFFFL | 1 << 7;

    private static final long READ = 1;
    private static final long WRITE = 1 << 1;
    private static final long LARGE = 1 << 7;
    /** TM, which needs device TLBs. */
    private static final long TRANSIENT = 1L << 62;
    /** Bits of an entry's address that a host does not have; bits 61:52 and 63 are software's. */
    private static final long ENTRY_RESERVED = BEYOND_HOST & (1L << 52) - 1;

    private static final int LEVEL_BITS = 9;
    private static final int LARGEST_LEAF = 3;
    private static final int FEWEST_LEVELS = 2;

    private final GuestMemory ram;
    private final FaultLog faults;
    private final int addressBits;

    private boolean enabled;
    private long rootTable;

    DmaRemapping(GuestMemory ram, FaultLog faults, int addressBits) {
        this.ram = ram;
        this.faults = faults;
        this.addressBits = addressBits;
    }

    void enable(boolean on) {
        enabled = on;
    }

    void setRootTable(long register) {
        rootTable = register & PAGE;
    }

    /** Where an access of a source goes, or {@link BusMaster#REFUSED} once the fault is recorded. */
    long translate(int sourceId, long address, boolean write) {
        if (!enabled) {
            return address;
        }
        long root = rootTable + ((long) (sourceId >>> 8) << ENTRY_SHIFT);
        if (!ram.contains(root, 1 << ENTRY_SHIFT)) {
            return refuse(FaultReason.ROOT_UNREACHABLE, sourceId, address, write);
        }
        long low = ram.getLong(root);
        if ((low & PRESENT) == 0) {
            return refuse(FaultReason.ROOT_NOT_PRESENT, sourceId, address, write);
        }
        if ((low & ROOT_RESERVED) != 0 || ram.getLong(root + 8) != 0) {
            return refuse(FaultReason.ROOT_RESERVED, sourceId, address, write);
        }
        long context = (low & PAGE) + ((long) (sourceId & 0xFF) << ENTRY_SHIFT);
        if (!ram.contains(context, 1 << ENTRY_SHIFT)) {
            return refuse(FaultReason.CONTEXT_UNREACHABLE, sourceId, address, write);
        }
        return inContext(ram.getLong(context), ram.getLong(context + 8), sourceId, address, write);
    }

    /** From here on the entry can ask for silence. */
    private long inContext(long low, long high, int sourceId, long address, boolean write) {
        int reason = check(low, high, address);
        long result = reason != 0 ? -reason : walk(low, high, address, write);
        if (result >= 0) {
            return result;
        }
        return (low & FAULTS_DISABLED) != 0 ? BusMaster.REFUSED : refuse((int) -result, sourceId, address, write);
    }

    private int check(long low, long high, long address) {
        if ((low & PRESENT) == 0) {
            return FaultReason.CONTEXT_NOT_PRESENT;
        }
        if ((low & CONTEXT_RESERVED) != 0 || (high & CONTEXT_RESERVED_HIGH) != 0) {
            return FaultReason.CONTEXT_RESERVED;
        }
        int type = (int) (low >>> TYPE_SHIFT) & 3;
        int bits = widthOf(high);
        boolean possible = type == TYPE_TABLES
                ? bits == IommuConfig.THREE_LEVELS || bits == addressBits
                : type == TYPE_PASS_THROUGH && bits == addressBits;
        if (!possible) {
            return FaultReason.CONTEXT_INVALID;
        }
        int width = type == TYPE_PASS_THROUGH ? Math.min(addressBits, Capabilities.HOST_ADDRESS_BITS) : bits;
        return address >>> width != 0 ? FaultReason.ADDRESS_BEYOND_WIDTH : 0;
    }

    /** AW: 0 is 30 bits, each step is a level more. */
    private static int widthOf(long high) {
        return 12 + LEVEL_BITS * levels(high);
    }

    private static int levels(long high) {
        return (int) (high & 7) + FEWEST_LEVELS;
    }

    /** Returns the address in RAM, or a negated reason. */
    private long walk(long low, long high, long address, boolean write) {
        if ((low >>> TYPE_SHIFT & 3) == TYPE_PASS_THROUGH) {
            return address;
        }
        long needed = write ? WRITE : READ;
        long entry = low;
        for (int level = levels(high); level > 0; level--) {
            int shift = 12 + LEVEL_BITS * (level - 1);
            long at = (entry & PAGE & ~BEYOND_HOST) + ((address >>> shift & 0x1FF) << 3);
            if (!ram.contains(at, 8)) {
                return -FaultReason.PAGE_TABLE_UNREACHABLE;
            }
            entry = ram.getLong(at);
            if ((entry & needed) == 0) {
                return write ? -FaultReason.NO_WRITE_PERMISSION : -FaultReason.NO_READ_PERMISSION;
            }
            boolean leaf = level == 1 || (entry & LARGE) != 0;
            if (hasReserved(entry, level, leaf, shift)) {
                return -FaultReason.PAGE_TABLE_RESERVED;
            }
            if (leaf) {
                long offset = (1L << shift) - 1;
                return entry & PAGE & ~BEYOND_HOST & ~offset | address & offset;
            }
        }
        throw new IllegalStateException("a walk ends at level 1");
    }

    private static boolean hasReserved(long entry, int level, boolean leaf, int shift) {
        if ((entry & ENTRY_RESERVED) != 0 || leaf && level > LARGEST_LEAF) {
            return true;
        }
        long unaligned = (1L << shift) - 1 & PAGE;
        return leaf && (entry & (unaligned | TRANSIENT)) != 0;
    }

    private long refuse(int reason, int sourceId, long address, boolean write) {
        faults.recordAccess(reason, sourceId, address, write);
        return BusMaster.REFUSED;
    }

    IommuState.Memory save() {
        return new IommuState.Memory(enabled, rootTable);
    }

    void restore(IommuState.Memory state) {
        enabled = state.enabled();
        rootTable = state.rootTable();
    }
}
