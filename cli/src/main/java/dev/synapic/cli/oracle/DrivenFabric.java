// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.Fabric;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.LazyEoi;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apicv.AddressApicvPolicy;
import dev.synapic.interrupts.apicv.ApicvState;
import dev.synapic.interrupts.apicv.EoiExitBitmap;
import dev.synapic.interrupts.apicv.InhibitReason;
import dev.synapic.interrupts.apicv.SynIcApicvPolicy;
import dev.synapic.interrupts.hyperv.ConnectionTable;
import dev.synapic.interrupts.hyperv.GuestCrash;
import dev.synapic.interrupts.hyperv.HvHypercalls;
import dev.synapic.interrupts.hyperv.HypervMsrs;
import dev.synapic.interrupts.hyperv.HypervPartition;
import dev.synapic.interrupts.hyperv.HypervProcessor;
import dev.synapic.interrupts.hyperv.MessageSlot;
import dev.synapic.interrupts.hyperv.PartitionPort;
import dev.synapic.interrupts.hyperv.PartitionPrivileges;
import dev.synapic.interrupts.hyperv.ReferenceTime;
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.hyperv.SynIcPages;
import dev.synapic.interrupts.hyperv.SynIcSet;
import dev.synapic.interrupts.hyperv.TlbFlushPort;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.kvm.ClockPairing;
import dev.synapic.interrupts.kvm.KvmClock;
import dev.synapic.interrupts.kvm.KvmFeatures;
import dev.synapic.interrupts.kvm.KvmHypercalls;
import dev.synapic.interrupts.kvm.KvmMsrs;
import dev.synapic.interrupts.kvm.KvmProcessor;
import dev.synapic.interrupts.kvm.PvIpi;
import dev.synapic.interrupts.kvm.PvKick;
import dev.synapic.interrupts.pit.Pit8254;
import dev.synapic.interrupts.pit.PitListener;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.PcInterruptChips;
import dev.synapic.machine.trace.FabricTracepoints;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicRegister;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A PC's interrupt fabric without a guest, put together as the machine puts it together: what a guest, devices and a VMM would do
 * is done by whoever drives it. Threading: one thread.
 */
final class DrivenFabric implements AutoCloseable {
    /** What AVIC's table of physical ids holds in xAPIC mode (AMD APM vol. 2, 15.29.4.1). */
    private static final int AVIC_IDS = 255;

    private static final long NEVER = Long.MAX_VALUE;
    /** As long as the I/O APIC's brake. */
    private static final long STORM_PAUSE_NANOS = 10_000_000;

    private final FabricOptions options;
    private final GuestMemory memory;
    private final FabricTime time;
    private final EventLog log;
    private final EventFds eventFds;
    private final FabricTracepoints tracepoints;
    private final ApicvState apicv;
    private final ApicBus bus;
    private final AddressApicvPolicy addressPolicy;
    private final SynIcSet synIcs;
    private final SynIcPages pages;
    private final PcInterruptChips chips;
    private final Pit8254 pit;
    private final SlotTurns turns;
    private final HypervPartition partition;
    private final KvmClock kvmClock;
    private final SintPorts ports;
    private final HvHypercalls hvHypercalls;
    private final SynIcListener synIcListener;
    private final List<DrivenProcessor> processors = new ArrayList<>();
    private final Map<Integer, DrivenProcessor> byApicId = new HashMap<>();
    private long eoiExitChanges;
    /** Whether some processor may have a place in memory where it ends interrupts. */
    private boolean endsLazily;

    private long deferredAcksAt = NEVER;

    DrivenFabric(FabricOptions options) {
        int count = options.apicIds().size();
        this.options = options;
        this.memory = GuestMemory.allocate(options.memoryBytes());
        this.time = new FabricTime(count, options.tscTicksPerNano());
        this.log = new EventLog(time::nanos, this::index, options.events());
        this.eventFds = new EventFds(log);
        this.tracepoints = new FabricTracepoints(log);
        this.apicv = new ApicvState(vendor(), tracepoints.apicv());
        this.bus = new ApicBus(this::carry, tracepoints, options.lowestPriority());
        this.addressPolicy = new AddressApicvPolicy(bus, apicv);
        log.mute(true);
        inhibitForGood(count);
        this.synIcs = new SynIcSet(count);
        this.pages = new SynIcPages(count);
        this.chips = chips(tracepoints.irqChip());
        this.pit = new Pit8254(time::nanos, chips.devices().line(0), inhibitsAvic(), options.isFull());
        this.turns = new SlotTurns(new MessageSlot(memory), count);
        this.ports = new SintPorts(chips.processors(), memory, turns, pages);
        this.synIcListener = synIcListener();
        this.partition = partition(new ReferenceTime(memory, time.tscHz()));
        this.kvmClock = new KvmClock(memory, time.tscHz(), 0, count, tracepoints.kvmClock());
        this.hvHypercalls = new HvHypercalls(
                synIcs,
                bus,
                memory,
                connections(),
                TlbFlushPort.NONE,
                PartitionPrivileges.UNRESTRICTED,
                tracepoints.hypercalls());
        for (int i = 0; i < count; i++) {
            add(i, options.apicIds().get(i));
        }
        writeSpuriousVector();
        enterMode();
        log.mute(false);
    }

    // ---- building ---------------------------------------------------------------------------------------------------

    private ApicvState.Vendor vendor() {
        return options.acceleration() == FabricOptions.Acceleration.AVIC
                ? ApicvState.Vendor.AMD_AVIC
                : ApicvState.Vendor.INTEL_APICV;
    }

    private void inhibitForGood(int count) {
        if (options.acceleration() == FabricOptions.Acceleration.NONE) {
            apicv.inhibit(InhibitReason.DISABLED, true);
            return;
        }
        bus.onAddressChange(addressPolicy::addressesChanged);
        if (count > AVIC_IDS) {
            apicv.inhibit(InhibitReason.PHYSICAL_ID_TOO_BIG, true);
        }
    }

    private PcInterruptChips chips(IrqChipListener traced) {
        return new PcInterruptChips(
                options.irqChip(),
                options.ioApicModel(),
                bus::sendMsi,
                bus::sendMsi,
                synIcs,
                this::setIntr,
                time::nanos,
                watchEntries(),
                watchRouting(traced));
    }

    private SynIcListener synIcListener() {
        SynIcApicvPolicy policy = new SynIcApicvPolicy(options.apicvPolicy(), synIcs, apicv);
        SynIcListener told = SynIcListener.both(policy, SynIcListener.both(pages, watchSints()));
        return SynIcListener.both(tracepoints.synIc(), told);
    }

    private HypervPartition partition(ReferenceTime referenceTime) {
        HypervPartition.HypercallInstruction instruction = options.acceleration() == FabricOptions.Acceleration.AVIC
                ? HypervPartition.HypercallInstruction.VMMCALL
                : HypervPartition.HypercallInstruction.VMCALL;
        long apicHz = 1_000_000_000L / options.apicModel().nanosPerTick();
        return new HypervPartition(
                memory, instruction, referenceTime, apicHz, PartitionPrivileges.UNRESTRICTED, partitionPort());
    }

    private void add(int index, int apicId) {
        LocalApic apic =
                new LocalApic(apicId, index == 0, options.apicModel(), bus, time.apicClock(index), tracepoints);
        apic.onEoi(chips.processors());
        SynIc synIc = new SynIc(index, apic, bus, memory, turns, synIcListener);
        synIcs.add(synIc);
        if (options.synIc() != null) {
            synIc.activate(options.synIc());
        }
        AwaitedEois awaited = new AwaitedEois(synIc, apic);
        LazyEoi lazyEoi = new LazyEoi(apic, memory, awaited::awaits, vector -> tracepoints.lazilyEnded(apic, vector));
        HypervProcessor hyperv =
                new HypervProcessor(synIc, time.referenceClock(partition.time()), () -> time.nanos() / 100, lazyEoi);
        KvmProcessor kvm = new KvmProcessor(index, kvmClock, memory, lazyEoi);
        KvmHypercalls calls = new KvmHypercalls(
                new PvIpi(bus),
                new PvKick(bus, this::carry),
                new ClockPairing(memory, kvmClock, index, time::machineTsc),
                KvmFeatures.UNRESTRICTED);
        DrivenProcessor processor = new DrivenProcessor(
                index,
                apic,
                lazyEoi,
                hyperv,
                new HypervMsrs(partition, hyperv),
                kvm,
                new KvmMsrs(kvm, KvmFeatures.UNRESTRICTED),
                calls);
        processors.add(processor);
        byApicId.put(apicId, processor);
    }

    /** What a kernel writes first, where the client has no wish to. */
    private void writeSpuriousVector() {
        if (options.svr() != 0) {
            for (DrivenProcessor processor : processors) {
                processor.apic().writeRegister(ApicRegister.SPURIOUS_VECTOR, options.svr());
            }
        }
    }

    /** What firmware does where the guest shall find x2APIC mode. */
    private void enterMode() {
        if (options.x2ApicMode()) {
            for (DrivenProcessor processor : processors) {
                LocalApic apic = processor.apic();
                apic.setApicBase(apic.apicBase() | ApicBaseMsr.X2APIC_ENABLE);
            }
        }
    }

    private ConnectionTable connections() {
        ConnectionTable table = new ConnectionTable();
        for (FabricOptions.Connection each : options.connections()) {
            SintPorts.Place place = new SintPorts.Place(each.vp(), each.sint());
            switch (each.kind()) {
                case MESSAGE -> table.addMessageHandler(each.id(), message -> ports.post(place, message));
                case EVENT -> table.addEventHandler(each.id(), flag -> ports.signal(place, flag));
                case EVENTFD -> table.assignEventFd(each.id(), eventFds.get(each.eventFd()));
            }
        }
        return table;
    }

    private IoApicListener watchEntries() {
        return new IoApicListener() {
            @Override
            public void entryWritten(int pin, long before, long after) {
                eoiExitChanges++;
            }
        };
    }

    private IrqChipListener watchRouting(IrqChipListener traced) {
        return new IrqChipListener() {
            @Override
            public void lineSet(int gsi, boolean level, int sourceId, int result) {
                traced.lineSet(gsi, level, sourceId, result);
            }

            @Override
            public void eoiExitsChanged() {
                eoiExitChanges++;
            }

            @Override
            public void acknowledged(int gsi) {
                traced.acknowledged(gsi);
            }

            @Override
            public void ackStorm(int gsi) {
                deferredAcksAt = time.nanos() + STORM_PAUSE_NANOS;
            }
        };
    }

    private SynIcListener watchSints() {
        return new SynIcListener() {
            @Override
            public void sourcesChanged(SynIc synIc) {
                eoiExitChanges++;
            }

            @Override
            public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
                chips.processors().acknowledgeSint(synIc.vpIndex(), sint);
            }
        };
    }

    private PitListener inhibitsAvic() {
        return new PitListener() {
            @Override
            public void reinjectionChanged(boolean on) {
                apicv.inhibit(InhibitReason.PIT_REINJ, on);
            }
        };
    }

    private PartitionPort partitionPort() {
        return new PartitionPort() {
            @Override
            public void reset() {
                log.add(EventLog.GUEST_RESET);
            }

            @Override
            public void crashed(GuestCrash crash) {
                log.add(EventLog.GUEST_CRASH, "message", crash.message());
            }
        };
    }

    private int index(LocalApic apic) {
        DrivenProcessor processor = byApicId.get(apic.x2ApicId());
        return processor == null ? -1 : processor.index();
    }

    private void carry(LocalApic target, int request) {
        DrivenProcessor processor = byApicId.get(target.x2ApicId());
        if (request == PvKick.REQUEST && processor != null) {
            log.at(
                    TraceEvent.KVM_APIC_ACCEPT_IRQ,
                    target,
                    request,
                    processor.kvm().isKicked() ? 1 : 0);
            processor.kvm().kick();
        } else {
            target.arrive(request);
        }
    }

    /** INT of the 8259A pair leads to LINT0 of all processors. */
    private void setIntr(boolean asserted) {
        for (DrivenProcessor processor : processors) {
            processor.apic().lint(0, asserted);
        }
    }

    /** Whose EOI must not go unseen; computed anew when it is asked after something changed. */
    private final class AwaitedEois {
        private final EoiExitBitmap bitmap = new EoiExitBitmap();
        private final SynIc synIc;
        private final LocalApic apic;
        private long loaded = -1;

        AwaitedEois(SynIc synIc, LocalApic apic) {
            this.synIc = synIc;
            this.apic = apic;
        }

        /** Where hardware ends interrupts without an exit, a lazy EOI would save nothing. */
        boolean awaits(int vector) {
            if (loaded != eoiExitChanges) {
                loaded = eoiExitChanges;
                bitmap.load(synIc, apic, chips.processors()::collectEoiExits);
            }
            return apicv.isActive() || bitmap.exits(vector);
        }
    }

    // ---- parts ------------------------------------------------------------------------------------------------------

    FabricOptions options() {
        return options;
    }

    GuestMemory memory() {
        return memory;
    }

    FabricTime time() {
        return time;
    }

    EventLog log() {
        return log;
    }

    EventFds eventFds() {
        return eventFds;
    }

    PcInterruptChips chips() {
        return chips;
    }

    Pit8254 pit() {
        return pit;
    }

    AddressApicvPolicy addressPolicy() {
        return addressPolicy;
    }

    SintPorts ports() {
        return ports;
    }

    HypervPartition partition() {
        return partition;
    }

    HvHypercalls hvHypercalls() {
        return hvHypercalls;
    }

    KvmClock kvmClock() {
        return kvmClock;
    }

    List<DrivenProcessor> processors() {
        return processors;
    }

    // ---- lazy EOI ---------------------------------------------------------------------------------------------------

    /** A register was written that may name a place in memory where interrupts are ended. */
    void mayEndLazily() {
        endsLazily = true;
    }

    /** The guests run on. */
    void offerLazyEois() {
        if (endsLazily) {
            for (DrivenProcessor processor : processors) {
                processor.lazyEoi().offer();
            }
        }
    }

    /** The guests have run, and somebody is about to touch the fabric. */
    void collectLazyEois() {
        if (endsLazily) {
            for (DrivenProcessor processor : processors) {
                processor.lazyEoi().collect();
            }
        }
    }

    // ---- time -------------------------------------------------------------------------------------------------------

    /** Lets time go on until then, or until so many deadlines have been met; what is due happens at its time. */
    void advance(long until, int mostDeadlines) {
        int met = 0;
        for (long due = nextDeadline(); due <= until; due = nextDeadline()) {
            if (met++ == mostDeadlines) {
                return;
            }
            time.set(Math.max(time.nanos(), due));
            expire();
        }
        time.set(until);
    }

    private long nextDeadline() {
        long first = Math.min(pit.nextDeadlineNanos(), chips.chips().ioApic().nextDeadlineNanos());
        first = Math.min(first, deferredAcksAt);
        for (DrivenProcessor processor : processors) {
            first = Math.min(first, processor.apic().timerDeadlineNanos());
            first = Math.min(first, processor.hyperv().timers().nextDeadlineNanos());
        }
        return first;
    }

    private void expire() {
        pit.expire();
        chips.chips().ioApic().expire();
        if (deferredAcksAt <= time.nanos()) {
            deferredAcksAt = NEVER;
            chips.devices().runDeferredAcks();
            chips.processors().runDeferredAcks();
        }
        for (DrivenProcessor processor : processors) {
            processor.apic().expireTimer();
            processor.hyperv().timers().expire();
        }
    }

    // ---- state ------------------------------------------------------------------------------------------------------

    long deferredAcksAt() {
        return deferredAcksAt;
    }

    void setDeferredAcksAt(long nanos) {
        deferredAcksAt = nanos;
    }

    /** The parts as they are saved and restored. */
    Fabric fabric() {
        return new Fabric(
                processors.stream().map(DrivenProcessor::state).toList(),
                partition,
                kvmClock,
                chips.processors(),
                chips.chips(),
                pit,
                apicv,
                pages,
                ports.queues(),
                null);
    }

    /** System reset: as after power-on, but for what is the devices' and the VMM's. Time goes on. */
    void reset() {
        time.clearTscOffsets();
        partition.time().tscMoved(time.machineTsc(), true, 0);
        fabric().reset();
        enterMode();
    }

    @Override
    public void close() {
        memory.close();
    }
}
