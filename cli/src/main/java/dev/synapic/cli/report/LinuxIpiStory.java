// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import dev.synapic.cli.bench.LinuxIpiResult;
import dev.synapic.cli.bench.LinuxIpiRow;
import dev.synapic.cli.bench.LinuxScenario;
import dev.synapic.cli.bench.Published;
import dev.synapic.cli.bench.SendMode;
import dev.synapic.cli.terminal.Quantity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Says in words what the figures show, and which traps lie in them; from the figures themselves, so that what was not measured is not told. */
public final class LinuxIpiStory {
    private static final double NS_PER_US = 1_000;
    private static final double HUNDREDTHS = 100;
    /** From here on two decimals show 1.00. */
    private static final double SEEN_AS_ONE = 0.995;

    private final LinuxIpiResult result;

    public LinuxIpiStory(LinuxIpiResult result) {
        this.result = result;
    }

    /** A paragraph for the exits of a broadcast and what they cost, the shorthand, the control rows, and targets that were woken without an IPI. */
    public List<String> paragraphs() {
        List<String> paragraphs = new ArrayList<>(List.of(broadcast(), shorthand(), control(), polling()));
        paragraphs.removeIf(String::isEmpty);
        return paragraphs;
    }

    private List<LinuxIpiRow> rows(LinuxScenario scenario, Predicate<Cell> cells) {
        return result.rows().stream()
                .filter(row -> row.scenario() == scenario && cells.test(row.cell()))
                .toList();
    }

    private static boolean perTarget(Cell cell) {
        return !cell.shorthand() || cell.mode() == SendMode.HV_IPI;
    }

    private String broadcast() {
        List<LinuxIpiRow> rows = rows(LinuxScenario.BROADCAST, LinuxIpiStory::perTarget);
        if (rows.isEmpty()) {
            return "";
        }
        return "To reach %d CPUs without the shorthand the sender leaves the guest %s."
                        .formatted(rows.getFirst().targets(), exits(rows))
                + rows.stream().map(this::saved).collect(Collectors.joining());
    }

    /** " In x2apic physical mode pv-ipi saves 78 exits and so 122.4 of 201.6 us: 154 % faster (published: 154 %)." */
    private String saved(LinuxIpiRow pv) {
        LinuxIpiRow vanilla = result.vanilla(pv).orElse(null);
        if (vanilla == null || vanilla.senderExitsPerOperation() <= pv.senderExitsPerOperation()) {
            return "";
        }
        double vanillaNs = vanilla.modelledNsPerOperation();
        double pvNs = pv.modelledNsPerOperation();
        return String.format(
                Locale.ROOT,
                " In %s %s saves %s exits and so %.1f of %.1f us: %d %% faster%s.",
                pv.cell().apic().title(),
                pv.cell().mode().option(),
                Quantity.perOperation(rounded(vanilla.senderExitsPerOperation() - pv.senderExitsPerOperation())),
                (vanillaNs - pvNs) / NS_PER_US,
                vanillaNs / NS_PER_US,
                Published.boostPercent(vanillaNs / pvNs),
                published(vanilla, pv));
    }

    private String published(LinuxIpiRow vanilla, LinuxIpiRow pv) {
        Published.Time before = result.published(vanilla).orElse(null);
        Published.Time after = result.published(pv).orElse(null);
        return before == null || after == null
                ? ""
                : " (published: %d %%)".formatted(Published.boostPercent((double) before.totalNs() / after.totalNs()));
    }

    /** "79 times (x2apic physical mode, vanilla), 5 times (...), once (...; ...)". */
    private static String exits(List<LinuxIpiRow> rows) {
        Map<Double, List<String>> byExits = new TreeMap<>(Comparator.reverseOrder());
        for (LinuxIpiRow row : rows) {
            Cell cell = row.cell();
            byExits.computeIfAbsent(rounded(row.senderExitsPerOperation()), exits -> new ArrayList<>())
                    .add(cell.apic().title() + ", " + cell.mode().option());
        }
        return byExits.entrySet().stream()
                .map(group -> times(group.getKey()) + " (" + String.join("; ", group.getValue()) + ")")
                .collect(Collectors.joining(", "));
    }

    /** To the second decimal: a call of the kernel's own now and then makes no other way to send. */
    private static double rounded(double exits) {
        return Math.rint(exits * HUNDREDTHS) / HUNDREDTHS;
    }

    private static String times(double exits) {
        return exits == 1 ? "once" : Quantity.perOperation(exits) + " times";
    }

    private String shorthand() {
        List<LinuxIpiRow> rows = rows(LinuxScenario.BROADCAST, cell -> !perTarget(cell));
        if (rows.isEmpty()) {
            return "";
        }
        String text = "With the shorthand the sender leaves the guest " + exits(rows)
                + ", by one ICR write to all but self: since Linux 5.4 the kernel takes it where every other CPU is a"
                + " target, and KVM's hook replaces only what goes to a mask. The hypercall saves exits of a broadcast"
                + " only with no_ipi_broadcast=1 on the kernel's command line, or where a CPU is left out";
        List<LinuxIpiRow> subset = rows(LinuxScenario.SUBSET, cell -> !perTarget(cell));
        return subset.isEmpty()
                ? text + "."
                : text
                        + ", as in the row subset: %d targets, %s."
                                .formatted(subset.getFirst().targets(), exits(subset));
    }

    /** No way to send touches these rows, so that what differs between machines is not its doing. */
    private String control() {
        List<String> spreads = new ArrayList<>();
        for (LinuxScenario scenario : List.of(LinuxScenario.DRY_RUN, LinuxScenario.SELF, LinuxScenario.NORMAL)) {
            spread(scenario).ifPresent(spreads::add);
        }
        if (spreads.isEmpty()) {
            return "";
        }
        return "Control rows, which no way to send to many touches: " + String.join("; ", spreads)
                + ". self is a call in place, not an IPI.";
    }

    private Optional<String> spread(LinuxScenario scenario) {
        // A guest of Hyper-V reads another clock, and sends to one CPU by hypercall too.
        List<LinuxIpiRow> rows = rows(scenario, cell -> cell.mode() != SendMode.HV_IPI);
        if (rows.size() < 2) {
            return Optional.empty();
        }
        DoubleSummaryStatistics ns =
                rows.stream().mapToDouble(LinuxIpiRow::modelledNsPerOperation).summaryStatistics();
        return Optional.of(String.format(
                Locale.ROOT, "%s %,.1f to %,.1f ns as a guest of KVM", scenario.option(), ns.getMin(), ns.getMax()));
    }

    private String polling() {
        List<LinuxIpiRow> fewer = result.rows().stream()
                .filter(row -> row.scenario() == LinuxScenario.NORMAL)
                .filter(row -> row.calledPerOperation() < SEEN_AS_ONE)
                .toList();
        if (fewer.isEmpty()) {
            return "";
        }
        double least = fewer.stream()
                .mapToDouble(LinuxIpiRow::calledPerOperation)
                .min()
                .orElse(1);
        return "Not every call to one CPU is an IPI (least: %s of 1): a target that is just on its way into or out of idle"
                        .formatted(Quantity.perOperation(least))
                + " looks at a flag, and since Linux 5.8 the sender then only sets that.";
    }
}
