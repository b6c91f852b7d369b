// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance.scenarios;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.hyperv.MessageSlot;
import dev.synapic.interrupts.hyperv.ReferenceClock;
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.hyperv.SynIcSet;
import dev.synapic.interrupts.hyperv.SyntheticTimers;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.routing.GsiRoutingTable;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.IrqChips;
import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvSint;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.Pic;
import java.util.ArrayList;
import java.util.List;

/** The fabric as a VMM puts it together: RAM, local APICs, interrupt chips, a SynIC and timers for each processor. */
final class Board implements AutoCloseable {
    static final int LEVEL = 1 << 15;
    /** As {@code pendingVector} and {@code takeSipi} say it. */
    static final int NONE = LocalApic.NO_VECTOR;

    private static final long RAM_BYTES = 1 << 20;
    private static final int NANOS_PER_REFERENCE_TICK = 100;
    private static final int SOFTWARE_ENABLED = 0x1FF;

    /** Time of all clocks, in nanoseconds. */
    private long nanos;

    final GuestMemory memory = GuestMemory.allocate(RAM_BYTES);
    final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
    final List<LocalApic> apics = new ArrayList<>();
    final List<SynIc> synIcs = new ArrayList<>();
    final List<SyntheticTimers> timers = new ArrayList<>();
    final IrqChips chips;
    final IrqChip chip;

    /** Processors with these APIC ids, in xAPIC mode and software-enabled; the first is the bootstrap processor. */
    Board(int... apicIds) {
        SynIcSet set = new SynIcSet(apicIds.length);
        SlotTurns turns = new SlotTurns(new MessageSlot(memory), apicIds.length);
        chips = new IrqChips(
                IoApicModel.V11, bus::sendMsi, asserted -> {}, () -> nanos, IoApicListener.NONE, PicListener.NONE);
        chip = new IrqChip(IrqChip.Mode.FULL, bus::sendMsi, set, chips, IrqChipListener.NONE);
        chip.setGsiRouting(GsiRoutingTable.pc().entries());
        chips.pic().out(Pic.MASTER_DATA, 0xFF);
        chips.pic().out(Pic.SLAVE_DATA, 0xFF);
        for (int index = 0; index < apicIds.length; index++) {
            LocalApic apic = new LocalApic(apicIds[index], index == 0, bus, new Clock(), ApicListener.NONE);
            apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, SOFTWARE_ENABLED);
            apic.onEoi(chip);
            apics.add(apic);
            SynIc synIc = new SynIc(index, apic, bus, memory, turns, SynIcListener.NONE);
            set.add(synIc);
            synIcs.add(synIc);
            timers.add(new SyntheticTimers(synIc, new Reference()));
        }
    }

    private final class Clock implements ApicClock {
        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public long tsc() {
            return nanos;
        }

        @Override
        public long nanosAtTsc(long tscTicks) {
            return tscTicks;
        }
    }

    private final class Reference implements ReferenceClock {
        @Override
        public long now() {
            return nanos / NANOS_PER_REFERENCE_TICK;
        }

        @Override
        public long reading() {
            return now();
        }

        @Override
        public long nanosAt(long time) {
            return time < 0 || time > Long.MAX_VALUE / NANOS_PER_REFERENCE_TICK
                    ? Long.MAX_VALUE
                    : time * NANOS_PER_REFERENCE_TICK;
        }
    }

    /** The guest's start of SynIC on processor 0: activated, both pages and the control register on. */
    SynIc startSynIc() {
        SynIc synIc = synIcs.getFirst();
        synIc.activate(SynIc.Activation.SYNIC);
        synIc.write(HvMsr.HV_X64_MSR_SIMP, simp() | 1);
        synIc.write(HvMsr.HV_X64_MSR_SIEFP, siefp() | 1);
        synIc.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        return synIc;
    }

    static long simp() {
        return 0x8000;
    }

    static long siefp() {
        return 0x9000;
    }

    static int sintMsr(int sint) {
        return HvMsr.HV_X64_MSR_SINT0 + sint;
    }

    /** The redirection entry of a pin: the low half as the guest writes it, to the processor with that APIC id. */
    void redirect(int pin, int low, int apicId) {
        chips.ioApic().write(0, 4, 0x11 + 2 * pin);
        chips.ioApic().write(0x10, 4, (long) apicId << 24);
        chips.ioApic().write(0, 4, 0x10 + 2 * pin);
        chips.ioApic().write(0x10, 4, low);
    }

    boolean remoteIrr(int pin) {
        return (chips.ioApic().entry(pin) & 1 << 14) != 0;
    }

    /** The processor takes the vector that is next, if any. */
    int take(int processor) {
        LocalApic apic = apics.get(processor);
        int vector = apic.pendingVector();
        if (vector != NONE) {
            apic.acknowledge(vector);
        }
        return vector;
    }

    void eoi(int processor) {
        apics.get(processor).eoi();
    }

    /** The guest reads a slot of processor 0 and empties it; returns the message's type. */
    int takeMessage(int sint) {
        long slot = HvMessage.slotGpa(simp(), sint);
        int type = memory.getInt(slot);
        memory.putInt(slot, HvMessage.TYPE_NONE);
        return type;
    }

    boolean messagePending(int sint) {
        return (memory.getByte(HvMessage.slotGpa(simp(), sint) + HvMessage.FLAGS_OFFSET) & HvMessage.MESSAGE_PENDING)
                != 0;
    }

    /** Time goes on to that reference time (in 100 ns), and what processor 0's timers are due by then happens in its order. */
    void pass(long referenceTime) {
        long until = referenceTime * NANOS_PER_REFERENCE_TICK;
        SyntheticTimers own = timers.getFirst();
        while (own.nextDeadlineNanos() <= until) {
            nanos = Math.max(nanos, own.nextDeadlineNanos());
            own.expire();
        }
        nanos = until;
    }

    /** How many flags of the whole event-flags page are set. */
    int flagsSet() {
        int set = 0;
        for (long gpa = siefp(); gpa < siefp() + HvSint.COUNT * (long) HvMessage.SIZE; gpa += Long.BYTES) {
            set += Long.bitCount(memory.getLong(gpa));
        }
        return set;
    }

    @Override
    public void close() {
        memory.close();
    }
}
