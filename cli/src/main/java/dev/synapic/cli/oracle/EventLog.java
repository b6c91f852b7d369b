// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apicv.InhibitReason;
import dev.synapic.machine.trace.FabricTracepoints;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.spec.x86.DeliveryMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** What happened in a fabric since the log was last taken: at most {@link #MOST} events, of more only how many. */
final class EventLog implements FabricTracepoints.Recorder {
    static final int MOST = 10_000;
    static final String EVENTFD = "eventfd";
    static final String GUEST_RESET = "guest_reset";
    static final String GUEST_CRASH = "guest_crash";
    private static final int NOBODY = -1;
    /** What needs a guest that runs. */
    private static final Set<TraceEvent> OF_GUESTS =
            Set.of(TraceEvent.KVM_EXIT, TraceEvent.KVM_ENTRY, TraceEvent.GUEST_MARK, TraceEvent.INPUT);

    private static final InhibitReason[] INHIBIT_REASONS = InhibitReason.values();

    private final LongSupplier nanos;
    private final ToIntFunction<LocalApic> processorOf;
    private final Set<String> told;
    private List<Event> events = new ArrayList<>();
    private long dropped;
    private int actor = NOBODY;
    private boolean muted;

    /** told: the names of the events that are wanted. */
    EventLog(LongSupplier nanos, ToIntFunction<LocalApic> processorOf, Set<String> told) {
        this.nanos = nanos;
        this.processorOf = processorOf;
        this.told = told;
    }

    /** Every name that an event can have. */
    static Set<String> names() {
        Set<String> names = new TreeSet<>(Set.of(EVENTFD, GUEST_RESET, GUEST_CRASH));
        for (TraceEvent event : TraceEvent.values()) {
            if (!OF_GUESTS.contains(event)) {
                names.add(event.tracepoint());
            }
        }
        return names;
    }

    /** In whose name things happen until {@link #nobodyActs}. */
    void acts(int processor) {
        actor = processor;
    }

    void nobodyActs() {
        actor = NOBODY;
    }

    /** What the oracle does to a fabric, and no guest, device or VMM, is no event of it. */
    void mute(boolean on) {
        muted = on;
    }

    /** The events since the last call. */
    List<Event> take() {
        List<Event> taken = events;
        events = taken.isEmpty() ? taken : new ArrayList<>();
        return taken;
    }

    /** How many events were too many since the last call. */
    long takeDropped() {
        long taken = dropped;
        dropped = 0;
        return taken;
    }

    @Override
    public void at(TraceEvent event, LocalApic apic, long a, long b) {
        add(event, processorOf.applyAsInt(apic), a, b);
    }

    @Override
    public void now(TraceEvent event, long a, long b) {
        add(event, actor, a, b);
    }

    @Override
    public void of(TraceEvent event, int processor, long a, long b) {
        add(event, processor, a, b);
    }

    /** An event of the oracle's own. */
    void add(String name, @Nullable Object... fields) {
        if (hasRoomFor(name)) {
            events.add(new Event(name, nanos.getAsLong(), actor, fields));
        }
    }

    private boolean hasRoomFor(String name) {
        if (muted || !told.contains(name)) {
            return false;
        }
        boolean room = events.size() < MOST;
        dropped += room ? 0 : 1;
        return room;
    }

    private void add(TraceEvent event, int vcpu, long a, long b) {
        if (hasRoomFor(event.tracepoint())) {
            events.add(new Event(event.tracepoint(), nanos.getAsLong(), vcpu, fields(event, a, b)));
        }
    }

    private static @Nullable Object[] fields(TraceEvent event, long a, long b) {
        return switch (event) {
            case KVM_APIC_IPI -> fields("icr", Numbers.hex(a), "accepted", b);
            case KVM_APIC_ACCEPT_IRQ ->
                fields(
                        "vector",
                        Numbers.hex(a & 0xFF),
                        "mode",
                        word(DeliveryMode.of((int) a)),
                        "trigger",
                        (a & 1 << 15) != 0 ? "level" : "edge",
                        "coalesced",
                        b != 0);
            case KVM_INJ_VIRQ -> fields("vector", Numbers.hex(a), "autoEoi", b != 0);
            case KVM_INJ_NMI -> fields();
            case KVM_EOI -> fields("vector", a < 0 ? null : Numbers.hex(a));
            case KVM_PV_EOI, VCPU_START -> fields("vector", Numbers.hex(a));
            case KVM_HYPERCALL -> fields("nr", Numbers.hex(a), "result", Numbers.signedHex(b));
            case KVM_HV_HYPERCALL -> fields("control", Numbers.hex(a), "result", Numbers.hex(b));
            case KVM_HV_SEND_IPI -> fields("vector", Numbers.hex(a), "processorMask", Numbers.hex(b));
            case KVM_HV_SEND_IPI_EX ->
                fields(
                        "vector",
                        Numbers.hex(a & 0xFFFF_FFFFL),
                        "format",
                        a >>> Integer.SIZE,
                        "validBanks",
                        Numbers.hex(b));
            case KVM_HV_SYNIC_SET_IRQ -> fields("vp", a >> 8, "sint", a & 0xFF, "result", Numbers.signedHex(b));
            case KVM_HV_NOTIFY_ACKED_SINT -> fields("vp", a >> 8, "sint", a & 0xFF, "by", b == 0 ? "EOI" : "EOM");
            case KVM_HV_SYNIC_SET_MSR -> fields("msr", Numbers.hex(a), "value", Numbers.hex(b));
            case KVM_APICV_INHIBIT_CHANGED -> fields("reason", INHIBIT_REASONS[(int) a].name(), "set", b != 0);
            case KVM_SET_IRQ -> fields("gsi", a, "level", b);
            case KVM_ACK_IRQ -> fields("gsi", a);
            case KVM_PVCLOCK_UPDATE ->
                fields("version", a >> Byte.SIZE, "flags", Numbers.hex(a & 0xFF), "tscTimestamp", Numbers.hex(b));
            case KVM_EXIT, KVM_ENTRY, GUEST_MARK, INPUT -> throw new IllegalStateException(event + " needs a guest");
        };
    }

    private static @Nullable Object[] fields(@Nullable Object... fields) {
        return fields;
    }

    private static String word(DeliveryMode mode) {
        return mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
