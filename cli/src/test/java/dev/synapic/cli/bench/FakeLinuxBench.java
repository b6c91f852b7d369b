// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import dev.synapic.cli.guests.Boot;
import dev.synapic.cli.guests.GuestImage;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.HardwareProfiles;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Results of Linux guests that never ran: 80 vCPUs, figures as the arithmetic has them. */
public final class FakeLinuxBench {
    private static final int VCPUS = 80;
    private static final int ITERATIONS = 100;

    private FakeLinuxBench() {}

    public static LinuxIpiPlan plan() {
        return plan(LinuxIpiPlan.cells(
                List.of(ApicKind.X2APIC_PHYS, ApicKind.X2APIC_CLUSTER),
                List.of(SendMode.VANILLA, SendMode.PV_IPI, SendMode.HV_IPI),
                List.of(false, true)));
    }

    static LinuxIpiPlan plan(List<Cell> cells) {
        LinuxIpiGuest guest = new LinuxIpiGuest(
                "6.1.0-test",
                LinuxVariant.MODULE,
                new Boot(GuestImage.packed("hello-smp"), "console=ttyS0", List.of()));
        return new LinuxIpiPlan(
                VCPUS, ITERATIONS, cells, guest, HardwareProfiles.load().get("skylake-apicv"), 0);
    }

    public static LinuxIpiResult result() {
        LinuxIpiPlan plan = plan();
        List<LinuxIpiRow> rows = new ArrayList<>();
        for (Cell cell : plan.cells()) {
            for (LinuxScenario scenario : LinuxScenario.values()) {
                rows.add(row(cell, scenario));
            }
        }
        LinuxIpiResult.Skipped skipped = new LinuxIpiResult.Skipped(
                new Cell(ApicKind.X2APIC_CLUSTER, SendMode.HV_IPI, false), "all", "not in this test");
        return new LinuxIpiResult(plan, rows, List.of(skipped), 0x1234_5678_9ABC_DEF0L, false);
    }

    private static LinuxIpiRow row(Cell cell, LinuxScenario scenario) {
        int targets = targets(scenario);
        long exits = exits(cell, scenario);
        boolean byHypercall = exits == 1 && cell.mode() != SendMode.VANILLA && !icr(cell, scenario);
        List<Long> none = new ArrayList<>(Collections.nCopies(ExitReason.values().length, 0L));
        none.set(ExitReason.HLT.ordinal(), (long) targets * ITERATIONS);
        Counters counters = new Counters(
                Collections.nCopies(ExitReason.values().length, 0L),
                none,
                exits * ITERATIONS,
                (long) targets * ITERATIONS,
                0,
                1_000_000L);
        long many = targets == 1 ? 0 : exits * ITERATIONS;
        long one = exits * ITERATIONS - many;
        LinuxSends.Counts sends =
                byHypercall ? new LinuxSends.Counts(0, 0, many, one, 2) : new LinuxSends.Counts(many, one, 0, 0, 2);
        // One call to one CPU found it polling.
        long called = scenario == LinuxScenario.SELF
                ? 0
                : (long) targets * ITERATIONS - (scenario == LinuxScenario.NORMAL ? 1 : 0);
        return new LinuxIpiRow(
                cell,
                new LinuxIpiRow.Guest(scenario, targets, ITERATIONS, 0, (1000 * exits + 35) * ITERATIONS, called),
                new LinuxIpiRow.Counted(counters, sends));
    }

    private static boolean icr(Cell cell, LinuxScenario scenario) {
        boolean many = targets(scenario) > 1;
        return cell.mode() == SendMode.PV_IPI && (!many || cell.shorthand() && scenario != LinuxScenario.SUBSET);
    }

    private static int targets(LinuxScenario scenario) {
        return switch (scenario) {
            case DRY_RUN -> 0;
            case SELF, NORMAL -> 1;
            case BROADCAST, BROADCAST_LOCK -> VCPUS - 1;
            case SUBSET -> VCPUS - 2;
        };
    }

    private static long exits(Cell cell, LinuxScenario scenario) {
        int targets = targets(scenario);
        if (targets == 0 || scenario == LinuxScenario.SELF) {
            return 0;
        }
        boolean shorthand = cell.shorthand() && scenario != LinuxScenario.SUBSET;
        if (targets == 1 || shorthand || cell.mode() != SendMode.VANILLA) {
            return 1;
        }
        return cell.apic() == ApicKind.X2APIC_CLUSTER ? 5 : targets;
    }
}
