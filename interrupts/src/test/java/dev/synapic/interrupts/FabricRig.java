// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.ApicModel;
import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LazyEoi;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apicv.AddressApicvPolicy;
import dev.synapic.interrupts.apicv.ApicvListener;
import dev.synapic.interrupts.apicv.ApicvState;
import dev.synapic.interrupts.apicv.EoiExitBitmap;
import dev.synapic.interrupts.apicv.InhibitReason;
import dev.synapic.interrupts.apicv.SynIcApicvPolicy;
import dev.synapic.interrupts.hyperv.ConnectionTable;
import dev.synapic.interrupts.hyperv.EventPort;
import dev.synapic.interrupts.hyperv.GuestPorts;
import dev.synapic.interrupts.hyperv.HvHypercallListener;
import dev.synapic.interrupts.hyperv.HvHypercalls;
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
import dev.synapic.interrupts.hyperv.TlbFlushPort;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.kvm.KvmClock;
import dev.synapic.interrupts.kvm.KvmClockListener;
import dev.synapic.interrupts.kvm.KvmFeatures;
import dev.synapic.interrupts.kvm.KvmMsrs;
import dev.synapic.interrupts.kvm.KvmProcessor;
import dev.synapic.interrupts.kvm.PvIpi;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.pit.Pit8254;
import dev.synapic.interrupts.pit.PitListener;
import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.interrupts.routing.GsiRoutingTable;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.IrqChips;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.RedirectionEntry;
import dev.synapic.spec.x86.TriggerMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A PC's whole interrupt fabric without processors, for tests: what surrounds it (memory, time, devices) is a
 * {@link World} that can be handed to another one.
 */
final class FabricRig {
    static final int QUEUE_SINT = 2;
    static final int RESAMPLED_GSI = 10;
    static final int PULSED_GSI = 11;
    static final int MSI_GSI = 24;
    static final int PORT_CONNECTION = 7;
    static final int EVENT_CONNECTION = 8;
    private static final int TSC_TICKS_PER_NANO = 2;
    private static final int MOST_EXPIRIES = 100_000;

    /** What is not the fabric's. */
    static final class World {
        final GuestMemory memory = GuestMemory.allocate(1 << 20);
        /** Whether the device behind the resampled line still wants service. */
        boolean deviceAsserts;

        long nanos;
        final long[] tscOffsets;

        World(int processors) {
            tscOffsets = new long[processors];
        }
    }

    final World world;
    /** What could be seen from outside, since it was last taken. */
    private final List<String> log = new ArrayList<>();

    final ApicBus bus;
    final IrqChips chips;
    final IrqChip chip;
    final ConnectionTable connections = new ConnectionTable();
    final GuestPorts ports;
    final Pit8254 pit;
    final SynIcSet synIcs;
    final SynIcPages pages;
    final ApicvState apicv;
    final HypervPartition partition;
    final List<LocalApic> apics = new ArrayList<>();
    final List<HypervProcessor> processors = new ArrayList<>();
    final List<HypervMsrs> msrs = new ArrayList<>();
    final KvmClock kvmClock;
    final List<KvmProcessor> kvms = new ArrayList<>();
    final List<KvmMsrs> kvmMsrs = new ArrayList<>();
    final SintMessageQueue queue;
    final HvHypercalls hypercalls;
    final PvIpi pvIpi;
    final EventFd resampledTrigger = new EventFd();
    final EventFd pulsedTrigger = new EventFd();
    final Fabric fabric;
    /** EOIs that left the guest. */
    int eoiExits;
    /** EOIs that the hardware carried out alone. */
    int eoisWithoutExit;

    private final boolean accelerated;
    private final EoiExitBitmap[] bitmaps;

    /** accelerated: by hardware that ends interrupts without telling anybody, and posts vectors. */
    FabricRig(World world, boolean accelerated) {
        int count = world.tscOffsets.length;
        this.world = world;
        this.accelerated = accelerated;
        bitmaps = new EoiExitBitmap[count];
        Arrays.setAll(bitmaps, i -> new EoiExitBitmap());
        apicv = new ApicvState(ApicvState.Vendor.INTEL_APICV, ApicvListener.NONE);
        apicv.inhibit(InhibitReason.DISABLED, !accelerated);
        bus = new ApicBus(this::carry, watchApics());
        bus.onAddressChange(new AddressApicvPolicy(bus, apicv)::addressesChanged);
        synIcs = new SynIcSet(count);
        ports = new GuestPorts(synIcs, connections);
        pages = new SynIcPages(count);
        chips = new IrqChips(
                IoApicModel.V20, bus::sendMsi, this::intr, () -> world.nanos, watchEntries(), PicListener.NONE);
        chip = new IrqChip(IrqChip.Mode.FULL, bus::sendMsi, synIcs, chips, watchRouting());
        chip.setGsiRouting(GsiRoutingTable.pc().entries());
        chip.updateGsiRouting(table -> table.with(new GsiRoute.Msi(MSI_GSI, 0xFEE0_1000L, 0x4B)));
        ReferenceTime time = new ReferenceTime(world.memory, 1_000_000_000L * TSC_TICKS_PER_NANO);
        partition = new HypervPartition(
                world.memory,
                HypervPartition.HypercallInstruction.VMCALL,
                time,
                1_000_000_000,
                PartitionPrivileges.UNRESTRICTED,
                PartitionPort.NONE);
        kvmClock = new KvmClock(world.memory, 1_000_000_000L * TSC_TICKS_PER_NANO, 0, count, KvmClockListener.NONE);
        SlotTurns turns = new SlotTurns(new MessageSlot(world.memory), count);
        for (int i = 0; i < count; i++) {
            addProcessor(i, turns, time);
        }
        pit = new Pit8254(() -> world.nanos, chip.line(0), PitListener.NONE);
        SintGsiAllocator lines = new SintGsiAllocator(chip, 40, 48);
        MessagePort port = new MessagePort(new SintMessageQueues(lines, turns, pages), pages, 0, QUEUE_SINT);
        queue = port.queue();
        connections.addMessageHandler(PORT_CONNECTION, port);
        connections.addEventHandler(EVENT_CONNECTION, new EventPort(queue.line(), world.memory, pages, 64, 64));
        hypercalls = new HvHypercalls(
                synIcs,
                bus,
                world.memory,
                connections,
                ports,
                TlbFlushPort.NONE,
                PartitionPrivileges.UNRESTRICTED,
                HvHypercallListener.NONE);
        pvIpi = new PvIpi(bus);
        assignIrqfds();
        fabric = new Fabric(parts(), partition, kvmClock, chip, chips, pit, apicv, pages, List.of(queue), ports);
    }

    private List<Fabric.Processor> parts() {
        List<Fabric.Processor> parts = new ArrayList<>();
        for (int i = 0; i < apics.size(); i++) {
            parts.add(new Fabric.Processor(apics.get(i), processors.get(i), kvms.get(i)));
        }
        return parts;
    }

    private void addProcessor(int index, SlotTurns turns, ReferenceTime time) {
        LocalApic apic = new LocalApic(3 * index, index == 0, ApicModel.DEFAULT, bus, clock(index), watchApics());
        apic.onEoi((ended, vector, level) -> endOfInterrupt(index, ended, vector, level));
        SynIcListener told = SynIcListener.both(
                new SynIcApicvPolicy(SynIcApicvPolicy.Rule.AUTO_EOI, synIcs, apicv),
                SynIcListener.both(SynIcListener.both(pages, ports), watchSynIc()));
        SynIc synIc = new SynIc(index, apic, bus, world.memory, turns, told);
        synIcs.add(synIc);
        LazyEoi lazyEoi = new LazyEoi(
                apic, world.memory, vector -> active() || synIc.hasVector(vector) || awaited(vector), vector -> {});
        HypervProcessor processor = new HypervProcessor(synIc, referenceClock(time), () -> 0, lazyEoi);
        KvmProcessor kvm = new KvmProcessor(index, kvmClock, world.memory, lazyEoi);
        synIc.activate(SynIc.Activation.SYNIC2);
        apics.add(apic);
        processors.add(processor);
        msrs.add(new HypervMsrs(partition, processor));
        kvms.add(kvm);
        kvmMsrs.add(new KvmMsrs(kvm, KvmFeatures.UNRESTRICTED));
    }

    /** The EOI of an edge that a resampler waits for must not come late. */
    private boolean awaited(int vector) {
        for (int pin = 0; pin < 24; pin++) {
            if ((chips.ioApic().entry(pin) & 0xFF) == vector) {
                return true;
            }
        }
        return false;
    }

    private void assignIrqfds() {
        EventFd resample = new EventFd();
        resample.listen(() -> {
            resample.read();
            log.add("resample");
            if (world.deviceAsserts) {
                resampledTrigger.signal();
            }
        });
        chip.irqfdAssign(resampledTrigger, RESAMPLED_GSI, resample);
        chip.irqfdAssign(pulsedTrigger, PULSED_GSI);
    }

    // ---- time

    private ApicClock clock(int index) {
        return new ApicClock() {
            @Override
            public long nanos() {
                return world.nanos;
            }

            @Override
            public long tsc() {
                return world.nanos * TSC_TICKS_PER_NANO + world.tscOffsets[index];
            }

            @Override
            public long nanosAtTsc(long tscTicks) {
                long left = tscTicks - world.tscOffsets[index];
                return tscTicks < 0 ? Long.MAX_VALUE : Math.max(0, Math.ceilDiv(left, TSC_TICKS_PER_NANO));
            }
        };
    }

    private ReferenceClock referenceClock(ReferenceTime time) {
        return new ReferenceClock() {
            @Override
            public long now() {
                return time.at(world.nanos * TSC_TICKS_PER_NANO);
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
        };
    }

    /** Time goes on; what is due on the way happens at its time, where there is not too much of it. */
    void pass(long until) {
        int expiries = 0;
        for (long due = nextDeadline(); due <= until; due = nextDeadline()) {
            world.nanos = Math.max(world.nanos, expiries < 50 ? due : until);
            expire();
            if (++expiries > MOST_EXPIRIES) {
                throw new IllegalStateException("a deadline at " + due + " stays in the past of " + world.nanos);
            }
        }
        world.nanos = Math.max(world.nanos, until);
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
        pit.expire();
        chips.ioApic().expire();
        for (int i = 0; i < apics.size(); i++) {
            apics.get(i).expireTimer();
            processors.get(i).timers().expire();
        }
    }

    // ---- acceleration

    boolean active() {
        return accelerated && apicv.isActive();
    }

    private void carry(LocalApic target, int request) {
        target.arrive(request);
        boolean vector = ApicRequest.mode(request) == DeliveryMode.FIXED && ApicRequest.vector(request) >= 16;
        if (!active() || !vector) {
            // A kick: the target leaves the guest and takes the request in at once. A posted vector waits.
            target.irr();
        }
    }

    private void intr(boolean asserted) {
        if (!apics.isEmpty()) {
            apics.getFirst().lint(0, asserted);
        }
    }

    /** Before a guest runs on, its EOI-exit bitmap is what entries, routes and SINTs make it. */
    void loadBitmaps() {
        for (int i = 0; i < bitmaps.length; i++) {
            bitmaps[i].load(synIcs.get(i), apics.get(i), chip::collectEoiExits);
        }
    }

    /**
     * An EOI that is not in the bitmap is nobody's but the hardware's, and so it is without acceleration (KVM,
     * kvm_ioapic_handles_vector): it must be one that nobody waits for.
     */
    private void endOfInterrupt(int index, LocalApic apic, int vector, boolean levelTriggered) {
        boolean heard = levelTriggered || bitmaps[index].exits(vector);
        if (heard || !active()) {
            eoiExits++;
        } else {
            eoisWithoutExit++;
        }
        if (heard) {
            chip.eoi(apic, vector, levelTriggered);
        } else if (isAwaited(index, apic, vector)) {
            throw new AssertionError("the EOI of vector " + vector + " was hidden from who waits for it");
        }
    }

    private boolean isAwaited(int index, LocalApic apic, int vector) {
        boolean awaited = Objects.requireNonNull(synIcs.get(index)).hasVector(vector);
        for (int pin = 0; pin < 24; pin++) {
            RedirectionEntry entry = RedirectionEntry.of(chips.ioApic().entry(pin));
            // GSI 0 leads to pin 2, and none to pin 0.
            boolean told = pin != 0 && chip.hasAckNotifier(pin == 2 ? 0 : pin);
            boolean here = entry.vector() == vector && entry.destination() == apic.apicId() && apic.hardwareEnabled();
            boolean plain = entry.deliveryMode() == DeliveryMode.FIXED;
            awaited |= here && plain && (entry.triggerMode() == TriggerMode.LEVEL || told);
        }
        return awaited;
    }

    // ---- what can be seen

    private ApicListener watchApics() {
        return new ApicListener() {
            @Override
            public void sent(@Nullable LocalApic source, long icr, int accepted) {
                log.add("sent %x %d".formatted(icr, accepted));
            }

            @Override
            public void arrived(LocalApic target, int request, boolean coalesced) {
                log.add("%d<-%x %b".formatted(target.x2ApicId(), ApicRequest.vector(request), coalesced));
            }

            @Override
            public void acknowledged(LocalApic apic, int vector, boolean autoEoi) {
                log.add("%d takes %x %b".formatted(apic.x2ApicId(), vector, autoEoi));
            }

            @Override
            public void eoi(LocalApic apic, int vector) {
                log.add("%d ends %x".formatted(apic.x2ApicId(), vector));
            }
        };
    }

    private IoApicListener watchEntries() {
        return new IoApicListener() {
            @Override
            public void ended(int pin, int vector) {
                log.add("pin " + pin + " ended " + vector);
            }
        };
    }

    private IrqChipListener watchRouting() {
        return new IrqChipListener() {
            @Override
            public void lineSet(int gsi, boolean level, int sourceId, int result) {
                log.add("gsi %d %b %d: %d".formatted(gsi, level, sourceId, result));
            }
        };
    }

    private SynIcListener watchSynIc() {
        return new SynIcListener() {
            @Override
            public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
                chip.acknowledgeSint(synIc.vpIndex(), sint);
            }

            @Override
            public void raised(SynIc synIc, int sint, int vector, int result) {
                log.add("vp %d sint %d: %d".formatted(synIc.vpIndex(), sint, result));
            }
        };
    }

    void note(String text) {
        log.add(text);
    }

    /** What was seen since the last call. */
    List<String> takeLog() {
        List<String> taken = List.copyOf(log);
        log.clear();
        return taken;
    }

    int memoryHash() {
        byte[] pages = new byte[GuestActions.MEMORY_USED];
        world.memory.getBytes(0, pages, 0, pages.length);
        return Arrays.hashCode(pages);
    }
}
