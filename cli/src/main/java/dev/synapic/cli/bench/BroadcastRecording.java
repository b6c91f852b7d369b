// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.BroadcastTimeline.Instant;
import dev.synapic.cli.bench.BroadcastTimeline.Kind;
import dev.synapic.cli.bench.BroadcastTimeline.Lane;
import dev.synapic.cli.bench.BroadcastTimeline.Outside;
import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import dev.synapic.machine.Machine;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.machine.trace.TraceSink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Records a short run of broadcasts and cuts one operation out of it. */
public final class BroadcastRecording implements TraceSink {
    /** The third of four: caches of the guest and its first wake-ups are behind it, and an end is in sight. */
    private static final int OPERATIONS = 4;

    private static final int CHOSEN = 2;
    private static final int SENDER = 0;
    private static final int MOST_EVENTS = 1 << 20;
    private static final ExitReason[] REASONS = ExitReason.values();

    private final int vcpus;
    private final List<Event> events = new ArrayList<>();
    private boolean recording;

    BroadcastRecording(int vcpus) {
        this.vcpus = vcpus;
    }

    private record Event(TraceEvent event, int vcpu, long ps, long a, long b) {}

    /** Boots a machine of its own for it, so that what is measured elsewhere is not slowed. Empty where nothing is sent. */
    public static Optional<BroadcastTimeline> of(IpiBenchPlan plan, Cell cell) {
        IpiBenchPlan brief = plan.with(OPERATIONS, List.of(Scenario.BROADCAST));
        BroadcastRecording recording = new BroadcastRecording(plan.vcpus());
        new CellRun(brief, cell, BenchProgress.NONE).record(recording);
        return recording.timeline(cell);
    }

    @Override
    public void event(TraceEvent event, int vcpu, long ps, long a, long b) {
        if (event == TraceEvent.GUEST_MARK) {
            recording = Machine.begins((int) a);
        }
        if (recording && vcpu >= 0 && events.size() < MOST_EVENTS) {
            events.add(new Event(event, vcpu, ps, a, b));
        }
    }

    /** The chosen operation; empty where fewer were recorded. */
    Optional<BroadcastTimeline> timeline(Cell cell) {
        List<List<Event>> byVcpu = byVcpu();
        long startPs = start(byVcpu, CHOSEN);
        if (startPs < 0) {
            return Optional.empty();
        }
        long nextPs = start(byVcpu, CHOSEN + 1);
        long untilPs = nextPs < 0 ? events.getLast().ps() + 1 : nextPs;
        List<Lane> lanes = new ArrayList<>();
        for (int vcpu = 0; vcpu < vcpus; vcpu++) {
            lanes.add(lane(vcpu, byVcpu.get(vcpu), startPs, untilPs));
        }
        long endPs = lanes.stream()
                .flatMap(lane -> lane.instants().stream())
                .mapToLong(Instant::ps)
                .max()
                .orElse(startPs);
        return Optional.of(new BroadcastTimeline(cell, startPs, endPs, untilPs, lanes));
    }

    private List<List<Event>> byVcpu() {
        List<List<Event>> byVcpu = new ArrayList<>();
        for (int i = 0; i < vcpus; i++) {
            byVcpu.add(new ArrayList<>());
        }
        events.forEach(event -> byVcpu.get(event.vcpu()).add(event));
        return byVcpu;
    }

    /** When the sender began its n-th broadcast: its exit before the first acceptance of that one, else that acceptance. */
    private long start(List<List<Event>> byVcpu, int operation) {
        long firstAcceptedPs = byVcpu.subList(1, vcpus).stream()
                .mapToLong(lane -> nth(lane, TraceEvent.KVM_APIC_ACCEPT_IRQ, operation))
                .filter(ps -> ps >= 0)
                .min()
                .orElse(-1);
        if (firstAcceptedPs < 0) {
            return -1;
        }
        long startPs = firstAcceptedPs;
        for (Event event : byVcpu.get(SENDER)) {
            boolean sends =
                    event.event() == TraceEvent.KVM_EXIT && SendingExits.sends(REASONS[(int) event.a()], event.b());
            if (event.ps() > firstAcceptedPs) {
                break;
            }
            if (sends || event.event() == TraceEvent.KVM_APIC_IPI && startPs == firstAcceptedPs) {
                startPs = event.ps();
            } else if (event.event() == TraceEvent.KVM_ENTRY) {
                startPs = firstAcceptedPs;
            }
        }
        return startPs;
    }

    private static long nth(List<Event> lane, TraceEvent kind, int n) {
        long[] times = lane.stream()
                .filter(e -> e.event() == kind)
                .mapToLong(Event::ps)
                .toArray();
        Arrays.sort(times);
        return n < times.length ? times[n] : -1;
    }

    private static Lane lane(int vcpu, List<Event> events, long startPs, long untilPs) {
        List<Outside> outside = new ArrayList<>();
        List<Instant> instants = new ArrayList<>();
        Event exit = null;
        for (Event event : events) {
            if (event.event() == TraceEvent.KVM_EXIT) {
                exit = event;
            } else if (event.event() == TraceEvent.KVM_ENTRY && exit != null) {
                addIfWithin(outside, exit, event.ps(), startPs, untilPs);
                exit = null;
            } else if (event.ps() >= startPs && event.ps() < untilPs) {
                add(instants, event);
            }
        }
        if (exit != null) {
            addIfWithin(outside, exit, untilPs, startPs, untilPs);
        }
        return new Lane(vcpu, outside, instants);
    }

    private static void addIfWithin(List<Outside> outside, Event exit, long entryPs, long startPs, long untilPs) {
        if (entryPs >= startPs && exit.ps() < untilPs) {
            outside.add(new Outside(REASONS[(int) exit.a()], exit.b(), exit.ps(), entryPs));
        }
    }

    private static void add(List<Instant> instants, Event event) {
        switch (event.event()) {
            case KVM_APIC_ACCEPT_IRQ -> instants.add(new Instant(Kind.ACCEPTED, event.ps()));
            case KVM_INJ_VIRQ -> instants.add(new Instant(Kind.TAKEN, event.ps()));
            case KVM_EOI -> instants.add(new Instant(Kind.EOI, event.ps()));
            default -> {}
        }
    }
}
