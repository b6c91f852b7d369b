// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.mmu;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.MmioPort;
import dev.synapic.guestmem.GuestMemory;
import dev.synapic.guestmem.MemoryPool;
import dev.synapic.spec.x86.PageFaultError;
import dev.synapic.spec.x86.Rflags;

/** Accesses that the TLB does not answer: page walks, page crossings, watched pages and memory-mapped I/O. */
final class SlowAccess {
    final PageWalker walker;
    boolean user;

    private final Cpu cpu;
    private final GuestMemory ram;
    private final MmioPort mmio;
    /** That of the present address space. */
    Tlb tlb;

    /** CPL 3 with CR0.AM and RFLAGS.AC. */
    boolean checksAlignment;

    /** The access is an implicit one to a system structure: supervisor, and SMAP holds whatever RFLAGS.AC says. */
    private boolean implicit;

    SlowAccess(Cpu cpu, GuestMemory ram, MmioPort mmio, Tlb tlb) {
        this.cpu = cpu;
        this.ram = ram;
        this.mmio = mmio;
        this.tlb = tlb;
        this.walker = new PageWalker(ram);
    }

    /** Reads as supervisor, whatever the CPL. */
    long readImplicit(long linear, int size) {
        boolean before = beginImplicit();
        try {
            return read(linear, size, 0);
        } finally {
            endImplicit(before);
        }
    }

    void writeImplicit(long linear, int size, long value) {
        boolean before = beginImplicit();
        try {
            write(linear, size, value);
        } finally {
            endImplicit(before);
        }
    }

    private boolean beginImplicit() {
        boolean before = user;
        user = false;
        implicit = true;
        return before;
    }

    private void endImplicit(boolean userBefore) {
        user = userBefore;
        implicit = false;
    }

    /** Reads size bytes; access may be WRITE to fault as a write does. */
    long read(long linear, int size, int access) {
        long value = readUnwatched(linear, size, access);
        if (access == 0) {
            meetBreakpoints(linear, size, false);
        }
        return value;
    }

    /** Data breakpoints trap behind the instruction; their pages never enter the TLB. */
    private void meetBreakpoints(long linear, int size, boolean write) {
        if (cpu.debug.breakpoints.watchesData() && !implicit) {
            cpu.debug.trap(cpu.debug.breakpoints.dataHits(linear, size, write));
        }
    }

    /** SDM vol. 3A, 6.15, interrupt 17. */
    private void checkAlignment(long linear, int size) {
        if (checksAlignment && !implicit && (linear & size - 1) != 0) {
            throw cpu.fault(CpuException.AC, 0);
        }
    }

    private long readUnwatched(long linear, int size, int access) {
        checkAlignment(linear, size);
        if (crossesPage(linear, size)) {
            return readAcross(linear, size, access);
        }
        return readPhysical(translate(linear, access), size);
    }

    void write(long linear, int size, long value) {
        checkAlignment(linear, size);
        if (crossesPage(linear, size)) {
            writeAcross(linear, size, value);
        } else {
            writePhysical(translate(linear, PageFaultError.WRITE), size, value);
        }
        meetBreakpoints(linear, size, true);
    }

    /**
     * Sets bytes of one page that the TLB does not know for writing, as a kernel does that clears a page of old code; returns length,
     * or 0 where they must go one by one.
     */
    int fill(long linear, int length, byte value) {
        if (checksAlignment || cpu.debug.breakpoints.watchesData()) {
            return 0;
        }
        long gpa = translate(linear, PageFaultError.WRITE);
        if (ram.poolOffset(gpa) < 0) {
            return 0;
        }
        ram.fill(gpa, length, value);
        return length;
    }

    boolean compareAndSet(long linear, int size, long expected, long replacement) {
        checkAlignment(linear, size);
        long mask = size == 8 ? -1L : (1L << size * 8) - 1;
        if (!crossesPage(linear, size)) {
            long gpa = translate(linear, PageFaultError.WRITE);
            long offset = ram.poolOffset(gpa);
            if (offset >= 0) {
                boolean done = MemoryPool.compareAndSet(offset, size, expected, replacement);
                tellWatcher(gpa, size);
                meetBreakpoints(linear, size, true);
                return done;
            }
        }
        // A split lock, or one on a device register: nobody else runs meanwhile on the machine's thread.
        if (((read(linear, size, PageFaultError.WRITE) ^ expected) & mask) != 0) {
            return false;
        }
        write(linear, size, replacement);
        return true;
    }

    void check(long linear, int size, int access) {
        translate(linear, access);
        if (crossesPage(linear, size)) {
            translate(linear + size - 1 & -GuestMemory.PAGE_SIZE, access);
        }
    }

    private long readAcross(long linear, int size, int access) {
        int first = GuestMemory.PAGE_SIZE - (int) (linear & GuestMemory.PAGE_SIZE - 1);
        long low = translate(linear, access);
        long high = translate(linear + first, access);
        long value = 0;
        for (int i = 0; i < size; i++) {
            long gpa = i < first ? low + i : high + i - first;
            value |= readPhysical(gpa, 1) << i * 8;
        }
        return value;
    }

    private void writeAcross(long linear, int size, long value) {
        int first = GuestMemory.PAGE_SIZE - (int) (linear & GuestMemory.PAGE_SIZE - 1);
        long low = translate(linear, PageFaultError.WRITE);
        long high = translate(linear + first, PageFaultError.WRITE);
        for (int i = 0; i < size; i++) {
            long gpa = i < first ? low + i : high + i - first;
            writePhysical(gpa, 1, value >>> i * 8 & 0xFF);
        }
    }

    long readPhysical(long gpa, int size) {
        long offset = ram.poolOffset(gpa);
        if (offset < 0) {
            return mmio.read(gpa, size);
        }
        return readPool(offset, size);
    }

    static long readPool(long offset, int size) {
        return switch (size) {
            case 1 -> MemoryPool.getByte(offset) & 0xFF;
            case 2 -> MemoryPool.getShort(offset) & 0xFFFF;
            case 4 -> MemoryPool.getInt(offset) & 0xFFFF_FFFFL;
            default -> MemoryPool.getLong(offset);
        };
    }

    private void writePhysical(long gpa, int size, long value) {
        long offset = ram.poolOffset(gpa);
        if (offset < 0) {
            mmio.write(gpa, size, size == 8 ? value : value & (1L << size * 8) - 1);
            return;
        }
        switch (size) {
            case 1 -> MemoryPool.putByte(offset, (byte) value);
            case 2 -> MemoryPool.putShort(offset, (short) value);
            case 4 -> MemoryPool.putInt(offset, (int) value);
            default -> MemoryPool.putLong(offset, value);
        }
        tellWatcher(gpa, size);
    }

    private void tellWatcher(long gpa, int size) {
        if (ram.isWatched(gpa)) {
            ram.written(gpa, size);
        }
    }

    /**
     * Translates for an access (WRITE, FETCH or 0), enters the page into the TLB, and returns the guest physical
     * address.
     */
    long translate(long linear, int access) {
        if (walker.fourLevel() && linear << 16 >> 16 != linear) {
            throw cpu.nonCanonical();
        }
        boolean asUser = user;
        int kind = asUser ? access | PageFaultError.USER : access;
        int error = walker.walk(linear, kind, !implicit && (cpu.systemFlags & Rflags.AC) != 0);
        if (error != PageWalker.OK) {
            cpu.control.cr2 = walker.fourLevel() ? linear : linear & 0xFFFF_FFFFL;
            throw cpu.fault(CpuException.PF, error);
        }
        enter(linear, access, asUser);
        return walker.gpa;
    }

    private void enter(long linear, int access, boolean asUser) {
        long offset = ram.poolOffset(walker.gpa);
        if (offset < 0) {
            return;
        }
        int flags = walker.global ? Tlb.GLOBAL : 0;
        if (walker.pageSize > GuestMemory.PAGE_SIZE) {
            tlb.noteLargePage(linear, walker.pageSize);
            flags |= Tlb.LARGE;
        }
        if ((access & PageFaultError.FETCH) != 0) {
            tlb.enterCode(linear, asUser ? Tlb.USER : 0, offset, flags);
            return;
        }
        if (cpu.debug.breakpoints.watchesPage(linear)) {
            return;
        }
        boolean prevention = walker.supervisorAccessPrevention();
        boolean lifted = prevention && !implicit && (cpu.systemFlags & Rflags.AC) != 0;
        int part = asUser ? Tlb.USER : lifted ? Tlb.LIFTED : 0;
        boolean writable = walker.writeReady && !ram.isWatched(walker.gpa);
        flags |= walker.unprotected ? Tlb.UNPROTECTED : 0;
        tlb.enterData(linear, part, offset, walker.readable, writable, flags);
    }

    long probe(long linear) {
        return walker.probe(linear);
    }

    private static boolean crossesPage(long linear, int size) {
        return (linear & GuestMemory.PAGE_SIZE - 1) + size > GuestMemory.PAGE_SIZE;
    }
}
