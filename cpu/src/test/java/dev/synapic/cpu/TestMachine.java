// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.cpu.state.Descriptor;
import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Cr4;
import dev.synapic.spec.x86.Efer;
import java.util.HexFormat;

/** One processor with RAM and fake ports, and short ways to bring it into a mode. */
final class TestMachine implements AutoCloseable {
    static final int RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7;
    static final int CODE = 0x1000, STACK = 0x8000, GDT = 0x2000, IDT = 0x3000, TSS = 0x4000, PAGE_TABLES = 0x1_0000;
    static final int CODE32 = 0x08,
            CODE64 = 0x10,
            DATA = 0x18,
            USER_DATA = 0x20,
            USER_CODE64 = 0x28,
            USER_CODE32 = 0x30;
    static final int TASK = 0x38, CODE16 = 0x48;
    /** Handlers of vector n start at HANDLERS + 16 * n; each is a HLT. */
    static final int HANDLERS = 0x5000;

    final FakePlatform platform = new FakePlatform();
    final GuestMemory ram;
    final CodeCache code;
    final Cpu cpu;

    TestMachine() {
        this(16 << 20);
    }

    TestMachine(long bytes) {
        ram = GuestMemory.allocate(bytes);
        code = new CodeCache(ram, Runnable::run); // compiles at once, so that tests know what they run
        cpu = new Cpu(ram, code, platform.ports());
        platform.cpu = cpu;
    }

    @Override
    public void close() {
        ram.close();
    }

    TestMachine load(long gpa, String hex) {
        ram.putBytes(gpa, HexFormat.of().parseHex(hex.replace(" ", "")));
        return this;
    }

    /** Real mode with all segments at 0, about to execute hex at CODE. */
    TestMachine real(String hex) {
        cpu.startup(0);
        for (int segment = 0; segment < 6; segment++) {
            cpu.segments.loadReal(segment, 0);
        }
        cpu.modeChanged();
        cpu.rip = CODE;
        cpu.gpr[RSP] = STACK;
        return load(CODE, hex);
    }

    /** 32-bit protected mode without paging, GDT and IDT in place, about to execute hex at CODE. */
    TestMachine protected32(String hex) {
        tables(false);
        cpu.enterFlatProtectedMode(CODE);
        useTables();
        cpu.segments.load(DecodedInstruction.CS, CODE32, ram.getLong(GDT + CODE32));
        for (int segment : new int[] {0, 2, 3, 4, 5}) {
            cpu.segments.load(segment, DATA, ram.getLong(GDT + DATA));
        }
        cpu.segments.load(6 + 1, TASK, TSS, 0x67, Descriptor.PRESENT | Descriptor.TYPE_TSS_BUSY);
        cpu.modeChanged();
        cpu.gpr[RSP] = STACK;
        return load(CODE, hex);
    }

    /** 64-bit mode, RAM identity-mapped by 2 MiB user pages, about to execute hex at CODE. */
    TestMachine long64(String hex) {
        protected32(hex);
        tables(true);
        identityMap();
        cpu.control.cr4 = Cr4.PAE;
        cpu.control.cr3 = PAGE_TABLES;
        cpu.control.efer = Efer.LME | Efer.LMA | Efer.SCE | Efer.NXE;
        cpu.control.cr0 = Cr0.PE | Cr0.PG | Cr0.WP | Cr0.ET | Cr0.NE;
        cpu.segments.load(DecodedInstruction.CS, CODE64, ram.getLong(GDT + CODE64));
        cpu.memory.pagingChanged();
        cpu.modeChanged();
        return this;
    }

    /** Goes on at CPL 3 on the same code and stack. */
    TestMachine user64() {
        cpu.segments.load(DecodedInstruction.CS, USER_CODE64 | 3, ram.getLong(GDT + USER_CODE64));
        cpu.segments.load(DecodedInstruction.SS, USER_DATA | 3, ram.getLong(GDT + USER_DATA));
        cpu.setCpl(3);
        cpu.modeChanged();
        return this;
    }

    TestMachine user32() {
        cpu.segments.load(DecodedInstruction.CS, USER_CODE32 | 3, ram.getLong(GDT + USER_CODE32));
        for (int segment : new int[] {0, 2, 3, 4, 5}) {
            cpu.segments.load(segment, USER_DATA | 3, ram.getLong(GDT + USER_DATA));
        }
        cpu.setCpl(3);
        cpu.modeChanged();
        return this;
    }

    private void identityMap() {
        ram.putLong(PAGE_TABLES, PAGE_TABLES + 0x1000 | 7);
        ram.putLong(PAGE_TABLES + 0x1000, PAGE_TABLES + 0x2000 | 7);
        for (int i = 0; i < 512; i++) {
            ram.putLong(PAGE_TABLES + 0x2000 + 8 * i, (long) i << 21 | 0x87);
        }
    }

    private void tables(boolean longMode) {
        ram.putLong(GDT + CODE32, 0x00CF9B000000FFFFL);
        ram.putLong(GDT + CODE64, 0x00AF9B000000FFFFL);
        ram.putLong(GDT + DATA, 0x00CF93000000FFFFL);
        ram.putLong(GDT + USER_DATA, 0x00CFF3000000FFFFL);
        ram.putLong(GDT + USER_CODE64, 0x00AFFB000000FFFFL);
        ram.putLong(GDT + USER_CODE32, 0x00CFFB000000FFFFL);
        ram.putLong(GDT + TASK, 0x0000890000000067L | (long) TSS << 16);
        ram.putLong(GDT + TASK + 8, 0);
        ram.putShort(TSS + 102, (short) 0x68); // no I/O permission bitmap
        ram.putLong(GDT + CODE16, 0x00009B000000FFFFL);
        for (int vector = 0; vector < 256; vector++) {
            gate(vector, longMode ? CODE64 : CODE32, 14, 0, longMode ? 16 : 8, 0);
            ram.putByte(HANDLERS + 16 * vector, (byte) 0xF4);
        }
    }

    private void useTables() {
        cpu.tables.gdtBase = GDT;
        cpu.tables.gdtLimit = 0x7F;
        cpu.tables.idtBase = IDT;
        cpu.tables.idtLimit = 0xFFF;
    }

    /** An IDT gate of a type to HANDLERS + 16 * vector. */
    void gate(int vector, int selector, int type, int dpl, int size, int ist) {
        long offset = HANDLERS + 16L * vector;
        long raw = offset & 0xFFFF | (long) selector << 16 | (long) (0x80 | dpl << 5 | type) << 40 | offset >> 16 << 48;
        ram.putLong(IDT + (long) size * vector, raw | (long) ist << 32);
        if (size == 16) {
            ram.putLong(IDT + 16L * vector + 8, 0);
        }
    }

    /** Goes on at rip after a halt. */
    TestMachine goOnAt(long rip) {
        cpu.injectInterrupt(0x20);
        cpu.rip = rip;
        return this;
    }

    /** Runs until HLT, in at most 100,000 instructions. */
    StopReason run() {
        return cpu.run(100_000);
    }

    /** The vector in whose handler the processor has halted, or -1. */
    int handledVector() {
        long vector = (cpu.rip - 1 - HANDLERS) / 16;
        return cpu.halted() && cpu.rip > HANDLERS && vector < 256 ? (int) vector : -1;
    }

    long stack64(int slot) {
        return ram.getLong(cpu.gpr[RSP] + 8L * slot);
    }

    int stack32(int slot) {
        return ram.getInt(cpu.gpr[RSP] + 4L * slot);
    }
}
