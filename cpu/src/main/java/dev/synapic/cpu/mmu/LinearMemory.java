// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.mmu;

import static dev.synapic.cpu.mmu.Tlb.DISTANCE;
import static dev.synapic.cpu.mmu.Tlb.PAGE_MASK;
import static dev.synapic.cpu.mmu.Tlb.WRITE_TAG;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.MmioPort;
import dev.synapic.cpu.state.ControlRegisters;
import dev.synapic.guestmem.GuestMemory;
import dev.synapic.guestmem.MemoryPool;
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.PageFaultError;
import dev.synapic.spec.x86.Rflags;

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

    private final Cpu cpu;
    private final AddressSpaces spaces = new AddressSpaces();
    private final SlowAccess slow;
    private long[] entries;
    private long[] codeEntries;
    /** Which part of the TLB the present privilege uses. */
    private int half;

    private int codeHalf;

    public LinearMemory(Cpu cpu, GuestMemory ram, MmioPort mmio) {
        this.cpu = cpu;
        Tlb tlb = spaces.select(0);
        this.entries = tlb.data;
        this.codeEntries = tlb.code;
        this.slow = new SlowAccess(cpu, ram, mmio, tlb);
    }

    // ---- mode -------------------------------------------------------------------------------------------------------

    /** CR0, CR3, CR4 or EFER changed in a way that concerns translation: takes over their bits and drops all translations. */
    public void pagingChanged() {
        configureWalker();
        spaces.flush();
        enterContext();
        setUser(slow.user);
    }

    /** CR0.WP changed. */
    public void writeProtectionChanged() {
        configureWalker();
        spaces.protectAgain();
    }

    /** CR3 was loaded: drops what was known of its context, but for global translations, unless told to keep it. */
    public void addressSpaceChanged(boolean keep) {
        configureWalker();
        enterContext();
        if (!keep) {
            spaces.flushContext(slow.walker.context());
        }
    }

    private void configureWalker() {
        ControlRegisters control = cpu.control;
        slow.walker.configure(control.cr0, control.cr3, control.cr4, control.efer);
    }

    private void enterContext() {
        Tlb tlb = spaces.select(slow.walker.context());
        entries = tlb.data;
        codeEntries = tlb.code;
        slow.tlb = tlb;
    }

    /** Loads the PAE page-directory-pointer entries; false where they have reserved bits set. */
    public boolean loadPdptes(long cr3) {
        return slow.walker.loadPdptes(cr3);
    }

    /** Whether accesses from now on are user-mode ones; also to be called when RFLAGS.AC, CR0.AM or CR4.SMAP has changed. */
    public void setUser(boolean user) {
        boolean alignment = (cpu.systemFlags & Rflags.AC) != 0;
        boolean checked = user && alignment && (cpu.control.cr0 & Cr0.AM) != 0;
        boolean lifted = alignment && slow.walker.supervisorAccessPrevention();
        half = checked ? Tlb.NONE : user ? Tlb.USER : lifted ? Tlb.LIFTED : 0;
        codeHalf = user ? Tlb.USER : 0;
        slow.user = user;
        slow.checksAlignment = checked;
    }

    /** Drops all translations. */
    public void flush() {
        spaces.flush();
    }

    /** Drops all translations but global ones. */
    public void flushLocal() {
        spaces.flushLocal();
    }

    /** Drops those of a process context, but for global ones. */
    public void flushContext(int context) {
        spaces.flushContext(context);
    }

    public void invalidatePage(long linear) {
        spaces.invalidate(linear);
    }

    /** Makes stores to the RAM page at a pool offset go the slow way, which looks at the watch. */
    public void dropWritable(long poolPage) {
        spaces.dropWritable(poolPage);
    }

    // ---- reading ----------------------------------------------------------------------------------------------------

    public int read8(long linear) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry] == (linear & PAGE_MASK)) {
            return MemoryPool.getByte(linear + entries[entry + DISTANCE]) & 0xFF;
        }
        return (int) slow.read(linear, 1, 0);
    }

    public int read16(long linear) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry] == (linear + 1 & PAGE_MASK)) {
            return MemoryPool.getShort(linear + entries[entry + DISTANCE]) & 0xFFFF;
        }
        return (int) slow.read(linear, 2, 0);
    }

    /** Reads 32 bits; sign is the caller's matter. */
    public int read32(long linear) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry] == (linear + 3 & PAGE_MASK)) {
            return MemoryPool.getInt(linear + entries[entry + DISTANCE]);
        }
        return (int) slow.read(linear, 4, 0);
    }

    public long read64(long linear) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry] == (linear + 7 & PAGE_MASK)) {
            return MemoryPool.getLong(linear + entries[entry + DISTANCE]);
        }
        return slow.read(linear, 8, 0);
    }

    /** As read, but faults as a write would: the first half of a read-modify-write. */
    public int read8ForWrite(long linear) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear & PAGE_MASK)) {
            return MemoryPool.getByte(linear + entries[entry + DISTANCE]) & 0xFF;
        }
        return (int) slow.read(linear, 1, PageFaultError.WRITE);
    }

    public int read16ForWrite(long linear) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + 1 & PAGE_MASK)) {
            return MemoryPool.getShort(linear + entries[entry + DISTANCE]) & 0xFFFF;
        }
        return (int) slow.read(linear, 2, PageFaultError.WRITE);
    }

    public int read32ForWrite(long linear) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + 3 & PAGE_MASK)) {
            return MemoryPool.getInt(linear + entries[entry + DISTANCE]);
        }
        return (int) slow.read(linear, 4, PageFaultError.WRITE);
    }

    public long read64ForWrite(long linear) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + 7 & PAGE_MASK)) {
            return MemoryPool.getLong(linear + entries[entry + DISTANCE]);
        }
        return slow.read(linear, 8, PageFaultError.WRITE);
    }

    // ---- writing ----------------------------------------------------------------------------------------------------

    public void write8(long linear, int value) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear & PAGE_MASK)) {
            MemoryPool.putByte(linear + entries[entry + DISTANCE], (byte) value);
        } else {
            slow.write(linear, 1, value);
        }
    }

    public void write16(long linear, int value) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + 1 & PAGE_MASK)) {
            MemoryPool.putShort(linear + entries[entry + DISTANCE], (short) value);
        } else {
            slow.write(linear, 2, value);
        }
    }

    public void write32(long linear, int value) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + 3 & PAGE_MASK)) {
            MemoryPool.putInt(linear + entries[entry + DISTANCE], value);
        } else {
            slow.write(linear, 4, value);
        }
    }

    public void write64(long linear, long value) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + 7 & PAGE_MASK)) {
            MemoryPool.putLong(linear + entries[entry + DISTANCE], value);
        } else {
            slow.write(linear, 8, value);
        }
    }

    /** LOCK-prefixed update: atomically replaces size (1, 2, 4, 8) bytes if they hold expected. */
    public boolean compareAndSet(long linear, int size, long expected, long replacement) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear + size - 1 & PAGE_MASK)) {
            long offset = linear + entries[entry + DISTANCE];
            return MemoryPool.compareAndSet(offset, size, expected, replacement);
        }
        return slow.compareAndSet(linear, size, expected, replacement);
    }

    /** CMPXCHG16B: replaces 16 aligned bytes if they hold what is expected; the caller has read them for writing. */
    public boolean compareAndSet(long linear, long expectedLow, long expectedHigh, long low, long high) {
        int entry = Tlb.entry(linear) + half;
        if (entries[entry + WRITE_TAG] == (linear & PAGE_MASK)) {
            long offset = linear + entries[entry + DISTANCE];
            return MemoryPool.compareAndSet(offset, expectedLow, expectedHigh, low, high);
        }
        if (read64ForWrite(linear) != expectedLow || read64ForWrite(linear + 8) != expectedHigh) {
            return false;
        }
        write64(linear, low);
        write64(linear + 8, high);
        return true;
    }

    // ---- many at once
    // --------------------------------------------------------------------------------------------------

    /**
     * Copies elements of so many bytes upwards, as many as lie in one page on either side and at most bytes; returns how
     * many bytes that were. It leaves alone what a copy one by one would repeat.
     */
    public int copy(long from, long to, int bytes, int elementBytes) {
        int source = Tlb.entry(from) + half;
        int target = Tlb.entry(to) + half;
        if (entries[source] != (from & PAGE_MASK) || entries[target + WRITE_TAG] != (to & PAGE_MASK)) {
            return 0;
        }
        int length = whole(Math.min(Math.min(bytes, inPage(from)), inPage(to)), elementBytes);
        long fromOffset = from + entries[source + DISTANCE];
        long toOffset = to + entries[target + DISTANCE];
        if (toOffset > fromOffset && toOffset < fromOffset + length) {
            return 0;
        }
        MemoryPool.copy(fromOffset, toOffset, length);
        return length;
    }

    /** Stores an element of so many bytes again and again upwards; returns as {@link #copy} does, and may fault as the first store does. */
    public int fill(long to, int bytes, long element, int elementBytes) {
        int target = Tlb.entry(to) + half;
        int length = whole(Math.min(bytes, inPage(to)), elementBytes);
        boolean uniform = elementBytes == 1 || element == 0;
        if (entries[target + WRITE_TAG] != (to & PAGE_MASK)) {
            return uniform ? slow.fill(to, length, (byte) element) : 0;
        }
        long offset = to + entries[target + DISTANCE];
        if (uniform) {
            MemoryPool.fill(offset, length, (byte) element);
            return length;
        }
        for (int at = 0; at < length; at += elementBytes) {
            write(to + at, elementBytes, element);
        }
        return length;
    }

    private static int inPage(long linear) {
        return GuestMemory.PAGE_SIZE - (int) (linear & ~PAGE_MASK);
    }

    private static int whole(int bytes, int elementBytes) {
        return bytes & -elementBytes;
    }

    // ---- checks -----------------------------------------------------------------------------------------------------

    /** Faults as a read of size bytes would. */
    public void checkRead(long linear, int size) {
        slow.check(linear, size, 0);
    }

    /** Faults as a write of size bytes would. */
    public void checkWrite(long linear, int size) {
        slow.check(linear, size, PageFaultError.WRITE);
    }

    // ---- other accesses ---------------------------------------------------------------------------------------------

    /** Pool offset of the code byte, or -1 where the TLB does not know it. */
    public long executeOffset(long linear) {
        int entry = Tlb.entry(linear) + codeHalf;
        return codeEntries[entry] == (linear & PAGE_MASK) ? linear + codeEntries[entry + DISTANCE] : -1;
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
        int entry = Tlb.entry(linear);
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
