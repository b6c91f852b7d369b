// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.ApicModel;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.machine.bus.BusMaster;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.VtdRegister;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A remapping unit with RAM and local APICs, for tests; registers are at their offsets in the specification. */
final class IommuRig implements ApicListener, AutoCloseable {
    static final long RAM_BYTES = 8 << 20;
    static final long INTERRUPT_TABLE = 0x10_0000;
    static final long ROOT_TABLE = 0x20_0000;
    static final long CONTEXT_TABLE = 0x20_1000;
    static final long PAGE_TABLES = 0x21_0000;
    static final long QUEUE = 0x30_0000;
    /** 00:02.0. */
    static final int FUNCTION = 0x0010;

    final GuestMemory ram = GuestMemory.allocate(RAM_BYTES);
    final ApicBus bus = new ApicBus(Transit.IMMEDIATE, this);
    final List<LocalApic> apics = new ArrayList<>();
    /** What reached the bus of the local APICs, as "destination mode+request", in hexadecimal. */
    final List<String> sent = new ArrayList<>();

    final RemappingUnit unit;

    IommuRig(IommuConfig config, int... apicIds) {
        unit = new RemappingUnit(config, ram, bus);
        ApicClock clock = new ApicClock() {
            @Override
            public long nanos() {
                return 0;
            }

            @Override
            public long tsc() {
                return 0;
            }

            @Override
            public long nanosAtTsc(long tscTicks) {
                return Long.MAX_VALUE;
            }
        };
        for (int id : apicIds) {
            LocalApic apic = new LocalApic(id, apics.isEmpty(), ApicModel.DEFAULT, bus, clock, ApicListener.NONE);
            apic.setApicBase(apic.apicBase() | ApicBaseMsr.X2APIC_ENABLE);
            apic.writeMsr(ApicRegister.msr(ApicRegister.SPURIOUS_VECTOR), 0x1FF);
            apics.add(apic);
        }
    }

    IommuRig() {
        this(IommuConfig.standard());
    }

    @Override
    public void sent(@Nullable LocalApic source, long icr, int accepted) {
        sent.add("%x %x".formatted(icr >>> 32, (int) icr));
    }

    @Override
    public void close() {
        ram.close();
    }

    // ---- registers

    int read(int offset) {
        return (int) unit.read(offset, 4);
    }

    long read64(int offset) {
        return unit.read(offset, 8);
    }

    void write(int offset, int value) {
        unit.write(offset, 4, value & 0xFFFF_FFFFL);
    }

    void write64(int offset, long value) {
        unit.write(offset, 8, value);
    }

    /** As guests do: what is on stays on. */
    void command(int bit) {
        write(0x18, read(0x1C) | bit);
    }

    // ---- interrupts

    /** Switches interrupt remapping on with a table of 512 entries. */
    IommuRig remapInterrupts(boolean extended) {
        write64(0xB8, INTERRUPT_TABLE | 8 | (extended ? 1 << 11 : 0));
        command(VtdRegister.SET_INTERRUPT_TABLE);
        command(VtdRegister.INTERRUPT_REMAPPING);
        return this;
    }

    void entry(int index, long low, long high) {
        ram.putLong(INTERRUPT_TABLE + 16L * index, low);
        ram.putLong(INTERRUPT_TABLE + 16L * index + 8, high);
    }

    /** A message in remappable format, without subhandle. */
    int send(int index) {
        return send(FUNCTION, index);
    }

    int send(int source, int index) {
        return unit.messages(source).sendMsi(address(index), 0);
    }

    static long address(int index) {
        return 0xFEE0_0010L | (index & 0x7FFF) << 5 | index >> 15 << 2;
    }

    /** Of the first fault recording register that has one: "reason source info", in hexadecimal; it is cleared. */
    String fault() {
        for (int i = 0; i < FaultLog.RECORDS; i++) {
            int at = 0x220 + 16 * i;
            int last = read(at + 12);
            if (last < 0) {
                write(at + 12, VtdRegister.FAULT);
                return "%x %x %x".formatted(last & 0xFF, read(at + 8), read64(at));
            }
        }
        return "none";
    }

    // ---- memory

    /** Switches DMA remapping on; 00:02.0 has a table with that many levels and no pages yet. */
    IommuRig remapMemory(int levels) {
        ram.putLong(ROOT_TABLE, CONTEXT_TABLE | 1);
        context(PAGE_TABLES | 1, levels - 2 | 5 << 8);
        write64(0x20, ROOT_TABLE);
        command(VtdRegister.SET_ROOT_TABLE);
        command(VtdRegister.TRANSLATION);
        return this;
    }

    void context(long low, long high) {
        ram.putLong(CONTEXT_TABLE + 16 * FUNCTION, low);
        ram.putLong(CONTEXT_TABLE + 16 * FUNCTION + 8, high);
    }

    /** Table number of {@link #PAGE_TABLES}, entry, and what stands there. */
    void page(int table, int index, long entry) {
        ram.putLong(table(table) + 8L * index, entry);
    }

    static long table(int number) {
        return PAGE_TABLES + 0x1000L * number;
    }

    long translate(long address, boolean write) {
        return unit.translation(FUNCTION).translate(address, write);
    }

    BusMaster master() {
        return new BusMaster(ram, unit.messages(FUNCTION), unit.translation(FUNCTION));
    }

    // ---- the queue

    /** Switches the queue on, with 256 descriptors. */
    IommuRig queue() {
        write64(0x90, QUEUE);
        write64(0x88, 0);
        command(VtdRegister.QUEUED_INVALIDATION);
        return this;
    }

    /** Puts a descriptor at the tail and moves the tail on. */
    void submit(long low, long high) {
        int tail = read(0x88);
        ram.putLong(QUEUE + tail, low);
        ram.putLong(QUEUE + tail + 8, high);
        write(0x88, tail + 16 & 0xFFF);
    }
}
