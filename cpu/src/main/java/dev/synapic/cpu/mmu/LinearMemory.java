// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.mmu;

import static dev.synapic.cpu.mmu.Tlb.DISTANCE;
import static dev.synapic.cpu.mmu.Tlb.PAGE_MASK;
import static dev.synapic.cpu.mmu.Tlb.WRITE_TAG;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.MmioPort;
import dev.synapic.guestmem.GuestMemory;
import dev.synapic.guestmem.MemoryPool;
import dev.synapic.spec.x86.PageFaultError;

/**
 * Memory as instructions see it: linear addresses, translated, with page faults thrown as {@link
 * dev.synapic.cpu.CpuException}; values are zero-extended on read unless noted. What is not RAM goes to the {@link
 * MmioPort}.
 *
 * <p>The short methods here are the hot ones: one TLB probe, one access. Everything else is in {@link SlowAccess}.
 */
public final class LinearMemory {
    /** MAXPHYADDR: what CPUID leaf 80000008H has to report for this engine. */
    public static final int PHYSICAL_ADDRESS_BITS = PageWalker.PHYSICAL_ADDRESS_BITS;

    private final Tlb tlb = new Tlb();
    private final long[] entries = tlb.data;
    private final long[] codeEntries = tlb.code;
    private final SlowAccess slow;
    /** Which half of the TLB the present privilege uses. */
    private int half;

    private int codeHalf;

    public LinearMemory(Cpu cpu, GuestMemory ram, MmioPort mmio) {
        this.slow = new SlowAccess(cpu, ram, mmio, tlb);
    }

    // ---- mode -------------------------------------------------------------------------------------------------------

    /** Takes over paging bits and drops all translations. */
    public void configurePaging(long cr0, long cr3, long cr4, long efer) {
        slow.walker.configure(cr0, cr3, cr4, efer);
        tlb.flush();
    }

    /** Loads the PAE page-directory-pointer entries; false where they have reserved bits set. */
    public boolean loadPdptes(long cr3) {
        return slow.walker.loadPdptes(cr3);
    }

    /** Whether accesses from now on are user-mode ones. */
    public void setUser(boolean user) {
        half = user ? Tlb.DATA_USER : 0;
        codeHalf = user ? Tlb.CODE_USER : 0;
        slow.user = user;
    }

    public void flush() {
        tlb.flush();
    }

    public void invalidatePage(long linear) {
        tlb.invalidate(linear);
    }

    /** Makes stores to the RAM page at a pool offset go the slow way, which looks at the watch. */
    public void dropWritable(long poolPage) {
        tlb.dropWritable(poolPage);
    }

    // ---- reading ----------------------------------------------------------------------------------------------------

    public int read8(long linear) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry] == (linear & PAGE_MASK)) {
            return MemoryPool.getByte(linear + entries[entry + DISTANCE]) & 0xFF;
        }
        return (int) slow.read(linear, 1, 0);
    }

    public int read16(long linear) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry] == (linear + 1 & PAGE_MASK)) {
            return MemoryPool.getShort(linear + entries[entry + DISTANCE]) & 0xFFFF;
        }
        return (int) slow.read(linear, 2, 0);
    }

    /** Reads 32 bits; sign is the caller's matter. */
    public int read32(long linear) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry] == (linear + 3 & PAGE_MASK)) {
            return MemoryPool.getInt(linear + entries[entry + DISTANCE]);
        }
        return (int) slow.read(linear, 4, 0);
    }

    public long read64(long linear) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry] == (linear + 7 & PAGE_MASK)) {
            return MemoryPool.getLong(linear + entries[entry + DISTANCE]);
        }
        return slow.read(linear, 8, 0);
    }

    /** As read, but faults as a write would: the first half of a read-modify-write. */
    public int read8ForWrite(long linear) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear & PAGE_MASK)) {
            return MemoryPool.getByte(linear + entries[entry + DISTANCE]) & 0xFF;
        }
        return (int) slow.read(linear, 1, PageFaultError.WRITE);
    }

    public int read16ForWrite(long linear) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + 1 & PAGE_MASK)) {
            return MemoryPool.getShort(linear + entries[entry + DISTANCE]) & 0xFFFF;
        }
        return (int) slow.read(linear, 2, PageFaultError.WRITE);
    }

    public int read32ForWrite(long linear) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + 3 & PAGE_MASK)) {
            return MemoryPool.getInt(linear + entries[entry + DISTANCE]);
        }
        return (int) slow.read(linear, 4, PageFaultError.WRITE);
    }

    public long read64ForWrite(long linear) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + 7 & PAGE_MASK)) {
            return MemoryPool.getLong(linear + entries[entry + DISTANCE]);
        }
        return slow.read(linear, 8, PageFaultError.WRITE);
    }

    // ---- writing ----------------------------------------------------------------------------------------------------

    public void write8(long linear, int value) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear & PAGE_MASK)) {
            MemoryPool.putByte(linear + entries[entry + DISTANCE], (byte) value);
        } else {
            slow.write(linear, 1, value);
        }
    }

    public void write16(long linear, int value) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + 1 & PAGE_MASK)) {
            MemoryPool.putShort(linear + entries[entry + DISTANCE], (short) value);
        } else {
            slow.write(linear, 2, value);
        }
    }

    public void write32(long linear, int value) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + 3 & PAGE_MASK)) {
            MemoryPool.putInt(linear + entries[entry + DISTANCE], value);
        } else {
            slow.write(linear, 4, value);
        }
    }

    public void write64(long linear, long value) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + 7 & PAGE_MASK)) {
            MemoryPool.putLong(linear + entries[entry + DISTANCE], value);
        } else {
            slow.write(linear, 8, value);
        }
    }

    /** LOCK-prefixed update: atomically replaces size (1, 2, 4, 8) bytes if they hold expected. */
    public boolean compareAndSet(long linear, int size, long expected, long replacement) {
        int entry = Tlb.dataIndex(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + size - 1 & PAGE_MASK)) {
            long offset = linear + entries[entry + DISTANCE];
            return MemoryPool.compareAndSet(offset, size, expected, replacement);
        }
        return slow.compareAndSet(linear, size, expected, replacement);
    }

    /** Faults as a write of size bytes would. */
    public void checkWrite(long linear, int size) {
        slow.check(linear, size, PageFaultError.WRITE);
    }

    // ---- other accesses ---------------------------------------------------------------------------------------------

    /** Pool offset of the code byte, or -1 where the TLB does not know it. */
    public long executeOffset(long linear) {
        int entry = Tlb.codeIndex(linear) + codeHalf;
        return codeEntries[entry] == (linear & PAGE_MASK) ? linear + codeEntries[entry + 1] : -1;
    }

    /** Translates for an instruction fetch, may fault; returns the guest physical address. */
    public long translateCode(long linear) {
        return slow.translate(linear, PageFaultError.FETCH);
    }

    /** Fetches instruction bytes of one page, from wherever they are; may fault. */
    public void fetch(long linear, byte[] into, int at, int length) {
        long offset = executeOffset(linear);
        if (offset >= 0) {
            MemoryPool.getBytes(offset, into, at, length);
            return;
        }
        long gpa = slow.translate(linear, PageFaultError.FETCH);
        for (int i = 0; i < length; i++) {
            into[at + i] = (byte) slow.readPhysical(gpa + i, 1);
        }
    }

    /** An access to a descriptor table or TSS, which has supervisor rights at any CPL (SDM vol. 3A, 4.6.1). */
    public long readSystem(long linear, int size) {
        int entry = Tlb.dataIndex(linear);
        if (entries[entry] == (linear + size - 1 & PAGE_MASK)) {
            return SlowAccess.readPool(linear + entries[entry + DISTANCE], size);
        }
        return slow.readImplicit(linear, size);
    }

    /** As {@link #readSystem}. */
    public void writeSystem(long linear, int size, long value) {
        slow.writeImplicit(linear, size, value);
    }

    /** Reads size (1, 2, 4 or 8) bytes. */
    public long read(long linear, int size) {
        return switch (size) {
            case 1 -> read8(linear);
            case 2 -> read16(linear);
            case 4 -> read32(linear) & 0xFFFF_FFFFL;
            default -> read64(linear);
        };
    }

    /** Writes size (1, 2, 4 or 8) bytes. */
    public void write(long linear, int size, long value) {
        switch (size) {
            case 1 -> write8(linear, (int) value);
            case 2 -> write16(linear, (int) value);
            case 4 -> write32(linear, (int) value);
            default -> write64(linear, value);
        }
    }

    /**
     * For debuggers and dumps: the guest physical address behind a linear one, or -1; sets no flags in the guest's
     * tables.
     */
    public long probe(long linear) {
        return slow.probe(linear);
    }
}
