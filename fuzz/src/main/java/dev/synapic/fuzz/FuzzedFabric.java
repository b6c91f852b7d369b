// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.Fabric;
import dev.synapic.interrupts.FabricState;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.LazyEoi;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apicv.AddressApicvPolicy;
import dev.synapic.interrupts.apicv.ApicvState;
import dev.synapic.interrupts.apicv.SynIcApicvPolicy;
import dev.synapic.interrupts.hyperv.ConnectionTable;
import dev.synapic.interrupts.hyperv.EventPort;
import dev.synapic.interrupts.hyperv.HypervMsrs;
import dev.synapic.interrupts.hyperv.HypervPartition;
import dev.synapic.interrupts.hyperv.HypervProcessor;
import dev.synapic.interrupts.hyperv.MessagePort;
import dev.synapic.interrupts.hyperv.MessageSlot;
import dev.synapic.interrupts.hyperv.PartitionPort;
import dev.synapic.interrupts.hyperv.PartitionPrivileges;
import dev.synapic.interrupts.hyperv.ReferenceClock;
import dev.synapic.interrupts.hyperv.ReferenceTime;
import dev.synapic.interrupts.hyperv.SintMessageQueue;
import dev.synapic.interrupts.hyperv.SintMessageQueues;
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.hyperv.SynIcPages;
import dev.synapic.interrupts.hyperv.SynIcSet;
import dev.synapic.interrupts.kvm.KvmClock;
import dev.synapic.interrupts.kvm.KvmFeatures;
import dev.synapic.interrupts.kvm.KvmMsrs;
import dev.synapic.interrupts.kvm.KvmProcessor;
import dev.synapic.interrupts.pit.Pit8254;
import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.interrupts.routing.GsiRoutingTable;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChips;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import java.util.ArrayList;
import java.util.List;

/** A PC's whole interrupt fabric without processors, of one of several shapes, whose work is counted. */
final class FuzzedFabric implements AutoCloseable {
    static final int MEMORY_BYTES = 1 << 20;
    static final int QUEUE_SINT = 2;
    static final int RESAMPLED_GSI = 10;
    static final int MSI_GSI = 24;
    static final int MESSAGE_CONNECTION = 7;
    static final int EVENT_CONNECTION = 8;
    static final int EVENTFD_CONNECTION = 9;

    private static final GsiRoutingTable ROUTES =
            GsiRoutingTable.pc().with(new GsiRoute.Msi(MSI_GSI, 0xFEE0_1000L, 0x4B));
    private static final int TSC_TICKS_PER_NANO = 2;
    private static final long TSC_HZ = 1_000_000_000L * TSC_TICKS_PER_NANO;

    final FabricShape shape;
    final GuestMemory memory;
    final Work work;
    final ApicBus bus;
    final IrqChips chips;
    final IrqChip chip;
    final Pit8254 pit;
    final SynIcSet synIcs;
    final ApicvState apicv;
    final HypervPartition partition;
    final KvmClock kvmClock;
    final ConnectionTable connections = new ConnectionTable();
    final List<LocalApic> apics = new ArrayList<>();
    final List<HypervProcessor> processors = new ArrayList<>();
    final List<HypervMsrs> msrs = new ArrayList<>();
    final List<KvmProcessor> kvms = new ArrayList<>();
    final List<KvmMsrs> kvmMsrs = new ArrayList<>();
    final SintMessageQueue queue;
    final EventFd resampledTrigger = new EventFd();
    final Fabric fabric;
    long nanos;
    /** Whether the device behind the resampled line wants service for ever. */
    boolean deviceAsserts;

    private final SynIcPages pages;
    private final FabricWatch watch;
    private boolean built;

    FuzzedFabric(FabricShape shape) {
        this(shape, GuestMemory.allocate(MEMORY_BYTES));
    }

    /** memory is the fabric's from here on. */
    FuzzedFabric(FabricShape shape, GuestMemory memory) {
        this.shape = shape;
        this.memory = memory;
        work = new Work();
        watch = new FabricWatch(work);
        int count = shape.processors();
        apicv = new ApicvState(ApicvState.Vendor.AMD_AVIC, (reason, set, active) -> work.step());
        bus = new ApicBus(watch::carry, watch.apics(), shape.lowestPriority());
        bus.onAddressChange(new AddressApicvPolicy(bus, apicv)::addressesChanged);
        synIcs = new SynIcSet(count);
        pages = new SynIcPages(count);
        chips = new IrqChips(shape.ioApic(), bus::sendMsi, this::intr, () -> nanos, watch.pins(), watch.pic());
        chip = new IrqChip(IrqChip.Mode.FULL, bus::sendMsi, synIcs, chips, watch.routing());
        chip.updateGsiRouting(table -> ROUTES);
        ReferenceTime time = new ReferenceTime(memory, TSC_HZ);
        partition = new HypervPartition(
                memory,
                HypervPartition.HypercallInstruction.VMCALL,
                time,
                1_000_000_000,
                PartitionPrivileges.UNRESTRICTED,
                PartitionPort.NONE);
        kvmClock = new KvmClock(memory, TSC_HZ, 0, count, (processor, version, tsc, flags) -> work.step());
        SlotTurns turns = new SlotTurns(new MessageSlot(memory), count);
        for (int i = 0; i < count; i++) {
            addProcessor(i, turns, time);
        }
        pit = new Pit8254(() -> nanos, chip.line(0), watch.ticks());
        queue = connect(turns);
        resample();
        fabric = new Fabric(parts(), partition, kvmClock, chip, chips, pit, apicv, pages, List.of(queue), null);
        built = true;
    }

    private List<Fabric.Processor> parts() {
        List<Fabric.Processor> parts = new ArrayList<>();
        for (int i = 0; i < apics.size(); i++) {
            parts.add(new Fabric.Processor(apics.get(i), processors.get(i), kvms.get(i)));
        }
        return parts;
    }

    private void addProcessor(int index, SlotTurns turns, ReferenceTime time) {
        LocalApic apic = new LocalApic(shape.apicId(index), index == 0, shape.apic(), bus, new Clock(), watch.apics());
        apic.onEoi(chip);
        SynIcListener told = SynIcListener.both(
                new SynIcApicvPolicy(SynIcApicvPolicy.Rule.AUTO_EOI, synIcs, apicv),
                SynIcListener.both(pages, watch.synIc(chip)));
        SynIc synIc = new SynIc(index, apic, bus, memory, turns, told);
        synIcs.add(synIc);
        LazyEoi lazyEoi = new LazyEoi(apic, memory, synIc::hasVector, vector -> work.step());
        HypervProcessor processor = new HypervProcessor(synIc, new TimeOf(time), () -> 0, lazyEoi);
        KvmProcessor kvm = new KvmProcessor(index, kvmClock, memory, lazyEoi);
        synIc.activate(shape.activation());
        apics.add(apic);
        processors.add(processor);
        msrs.add(new HypervMsrs(partition, processor));
        kvms.add(kvm);
        kvmMsrs.add(new KvmMsrs(kvm, KvmFeatures.UNRESTRICTED));
    }

    private SintMessageQueue connect(SlotTurns turns) {
        SintGsiAllocator lines = new SintGsiAllocator(chip, 40, 48);
        MessagePort port = new MessagePort(new SintMessageQueues(lines, turns, pages), pages, 0, QUEUE_SINT);
        connections.addMessageHandler(MESSAGE_CONNECTION, port);
        connections.addEventHandler(EVENT_CONNECTION, new EventPort(port.queue().line(), memory, pages, 64, 64));
        EventFd eventFd = new EventFd();
        eventFd.listen(() -> {
            work.step();
            eventFd.read();
        });
        connections.assignEventFd(EVENTFD_CONNECTION, eventFd);
        return port.queue();
    }

    private void resample() {
        EventFd resample = new EventFd();
        resample.listen(() -> {
            work.step();
            resample.read();
            if (deviceAsserts) {
                resampledTrigger.signal();
            }
        });
        chip.irqfdAssign(resampledTrigger, RESAMPLED_GSI, resample);
    }

    private void intr(boolean asserted) {
        work.step();
        if (built) {
            apics.getFirst().lint(0, asserted);
        }
    }

    // ---- time -------------------------------------------------------------------------------------------------------

    private long tsc() {
        return nanos * TSC_TICKS_PER_NANO;
    }

    private final class Clock implements ApicClock {
        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public long tsc() {
            return FuzzedFabric.this.tsc();
        }

        @Override
        public long nanosAtTsc(long tscTicks) {
            return tscTicks < 0 ? Long.MAX_VALUE : Math.ceilDiv(tscTicks, TSC_TICKS_PER_NANO);
        }
    }

    private final class TimeOf implements ReferenceClock {
        private final ReferenceTime time;

        TimeOf(ReferenceTime time) {
            this.time = time;
        }

        @Override
        public long now() {
            return time.at(tsc());
        }

        @Override
        public long reading() {
            return now();
        }

        @Override
        public long nanosAt(long at) {
            long tsc = time.tscAt(at);
            return tsc == Long.MAX_VALUE ? tsc : Math.ceilDiv(tsc, TSC_TICKS_PER_NANO);
        }

        @Override
        public int epoch() {
            return time.epoch();
        }
    }

    /** Time goes on; of what is due on the way, the first 20 come at their times. A deadline that stays is a bug. */
    void pass(long duration) {
        long until = nanos + duration;
        int expiries = 0;
        for (long due = nextDeadline(); due <= until; due = nextDeadline()) {
            if (++expiries > 200) {
                throw new AssertionError("a deadline at " + due + " stays in the past of " + nanos);
            }
            nanos = Math.max(nanos, expiries < 20 ? due : until);
            expire();
        }
        nanos = until;
        expire();
    }

    private long nextDeadline() {
        long first = Math.min(pit.nextDeadlineNanos(), chips.ioApic().nextDeadlineNanos());
        for (int i = 0; i < apics.size(); i++) {
            first = Math.min(first, apics.get(i).timerDeadlineNanos());
            first = Math.min(first, processors.get(i).timers().nextDeadlineNanos());
        }
        return first;
    }

    private void expire() {
        work.begin();
        pit.expire();
        chips.ioApic().expire();
        for (int i = 0; i < apics.size(); i++) {
            apics.get(i).expireTimer();
            processors.get(i).timers().expire();
        }
    }

    // ---- between requests -------------------------------------------------------------------------------------------

    /** A request is about to come: lazy EOIs are taken in, and its work is counted anew. */
    void request() {
        work.begin();
        for (HypervProcessor processor : processors) {
            processor.assistPage().collect();
        }
    }

    /** The guest is about to run: lazy EOIs are offered. */
    void run() {
        for (HypervProcessor processor : processors) {
            processor.assistPage().offer();
        }
    }

    /** The state, which another fabric on the same memory takes over and gives back. */
    FabricState checkedState() {
        request();
        FabricState state = fabric.save();
        FuzzedFabric other = new FuzzedFabric(shape, memory);
        other.nanos = nanos;
        other.fabric.restore(state);
        String difference = Differences.between(other.fabric.save(), state);
        if (difference != null) {
            throw new AssertionError("save(restore(x)) against x: " + difference);
        }
        return state;
    }

    @Override
    public void close() {
        memory.close();
    }

    /** What an APIC shows must agree with itself. */
    void checkApics() {
        for (LocalApic apic : apics) {
            ApicRules.check(apic);
        }
    }
}
