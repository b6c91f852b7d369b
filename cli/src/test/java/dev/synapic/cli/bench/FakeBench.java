// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import dev.synapic.cli.guests.GuestImage;
import dev.synapic.machine.Machine;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.HardwareProfiles;
import dev.synapic.machine.trace.TraceEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Results of machines that never ran: 80 vCPUs, figures as the arithmetic has them. */
public final class FakeBench {
    private static final int VCPUS = 80;
    private static final int ITERATIONS = 1000;
    private static final long EXIT_PS = 1_540_000;
    private static final long ACCEPT_PS = 960_000;
    private static final double TICKS_PER_PS = 0.0025;

    private FakeBench() {}

    public static IpiBenchPlan plan() {
        return new IpiBenchPlan(
                VCPUS,
                ITERATIONS,
                List.of(ApicKind.values()),
                List.of(SendMode.values()),
                List.of(Scenario.values()),
                GuestImage.packed("ipi-bench"),
                HardwareProfiles.load().get("skylake-apicv"),
                0);
    }

    public static IpiBenchResult result() {
        List<IpiBenchRow> rows = new ArrayList<>();
        for (Cell cell : plan().cells()) {
            for (Scenario scenario : Scenario.values()) {
                rows.add(row(cell, scenario));
            }
        }
        IpiBenchResult.Skipped skipped =
                new IpiBenchResult.Skipped(new Cell(ApicKind.XAPIC, SendMode.HV_IPI), "normal", "no other CPU");
        return new IpiBenchResult(plan(), rows, List.of(skipped), 0x1234_5678_9ABC_DEF0L, false);
    }

    private static IpiBenchRow row(Cell cell, Scenario scenario) {
        int targets = targets(scenario);
        long exits = exits(cell, scenario);
        long ps = exits * EXIT_PS + (scenario == Scenario.SELF_IPI ? 0 : targets * ACCEPT_PS) + 24_000;
        long ticks = ITERATIONS * (long) (ps * TICKS_PER_PS);
        long delivery = scenario == Scenario.NORMAL ? ITERATIONS * (long) (2_264_000 * TICKS_PER_PS) : 0;
        long[] sender = new long[ExitReason.values().length];
        long[] receivers = new long[ExitReason.values().length];
        sender[ExitReason.MSR_WRITE.ordinal()] = exits * ITERATIONS;
        receivers[ExitReason.HLT.ordinal()] = (long) targets * ITERATIONS;
        sender[ExitReason.PAUSE_INSTRUCTION.ordinal()] = targets * 17L;
        Counters counted = new Counters(
                Arrays.stream(sender).boxed().toList(),
                Arrays.stream(receivers).boxed().toList(),
                exits * ITERATIONS,
                (long) targets * ITERATIONS,
                0,
                1_000_000L * (targets + 1));
        return new IpiBenchRow(
                cell, new GuestLine.Row(scenario, targets, ITERATIONS, delivery, ticks, exits), counted, plan());
    }

    private static int targets(Scenario scenario) {
        return switch (scenario) {
            case DRY_RUN -> 0;
            case SELF, SELF_IPI, NORMAL -> 1;
            case BROADCAST, BROADCAST_LOCK -> VCPUS - 1;
        };
    }

    private static long exits(Cell cell, Scenario scenario) {
        return switch (scenario) {
            case DRY_RUN, SELF, SELF_IPI -> 0;
            case NORMAL -> 1;
            case BROADCAST, BROADCAST_LOCK -> broadcastExits(cell);
        };
    }

    static long broadcastExits(Cell cell) {
        if (cell.mode() != SendMode.VANILLA) {
            return 1;
        }
        return cell.apic() == ApicKind.X2APIC_CLUSTER ? 5 : VCPUS - 1;
    }

    public static List<BroadcastTimeline> timelines() {
        return plan().cells().stream()
                .map(cell -> recording(cell).timeline(cell).orElseThrow())
                .toList();
    }

    /** Four broadcasts as a machine would record them. */
    static BroadcastRecording recording(Cell cell) {
        BroadcastRecording recording = new BroadcastRecording(VCPUS);
        recording.event(TraceEvent.GUEST_MARK, 0, 0, 1L << 24, 0);
        for (int vcpu = 1; vcpu < VCPUS; vcpu++) {
            recording.event(TraceEvent.KVM_EXIT, vcpu, 1000L * vcpu, ExitReason.HLT.ordinal(), 0);
        }
        long ps = 1_000_000;
        for (int i = 0; i < 4; i++) {
            ps = broadcast(recording, cell, ps) + 3_000_000;
        }
        recording.event(TraceEvent.GUEST_MARK, 0, ps, 2L << 24, 0);
        if (!Machine.begins(1 << 24)) {
            throw new IllegalStateException("the mark's layout has changed");
        }
        return recording;
    }

    private static long broadcast(BroadcastRecording recording, Cell cell, long startPs) {
        long exits = broadcastExits(cell);
        long perExit = (VCPUS - 1 + exits - 1) / exits;
        long ps = startPs;
        int vcpu = 1;
        for (long exit = 0; exit < exits; exit++) {
            recording.event(TraceEvent.KVM_EXIT, 0, ps, ExitReason.MSR_WRITE.ordinal(), 0x830);
            ps += 700_000;
            for (long i = 0; i < perExit && vcpu < VCPUS; i++) {
                target(recording, vcpu++, ps);
                ps += ACCEPT_PS;
            }
            ps += 840_000;
            recording.event(TraceEvent.KVM_ENTRY, 0, ps, ExitReason.MSR_WRITE.ordinal(), 0);
            ps += 20_000;
        }
        return ps;
    }

    private static void target(BroadcastRecording recording, int vcpu, long ps) {
        recording.event(TraceEvent.KVM_APIC_ACCEPT_IRQ, vcpu, ps, 0x41, 0);
        recording.event(TraceEvent.KVM_ENTRY, vcpu, ps + 1_540_000, ExitReason.HLT.ordinal(), 0);
        recording.event(TraceEvent.KVM_INJ_VIRQ, vcpu, ps + 1_540_000, 0x41, 0);
        recording.event(TraceEvent.KVM_EOI, vcpu, ps + 1_600_000, 0x41, 0);
        recording.event(TraceEvent.KVM_EXIT, vcpu, ps + 1_700_000, ExitReason.HLT.ordinal(), 0);
    }
}
