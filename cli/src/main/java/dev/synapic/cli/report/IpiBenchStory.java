// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.cli.bench.ApicKind;
import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import dev.synapic.cli.bench.IpiBenchResult;
import dev.synapic.cli.bench.IpiBenchRow;
import dev.synapic.cli.bench.Published;
import dev.synapic.cli.bench.Scenario;
import dev.synapic.cli.bench.SendMode;
import dev.synapic.cli.terminal.Quantity;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** Says in words what the figures show, from the figures themselves; what was not measured is not told. */
public final class IpiBenchStory {
    private static final double NS_PER_US = 1_000;
    private static final double PERCENT = 100;
    private static final double CLEARLY_BELOW = 0.8;

    private final IpiBenchResult result;

    public IpiBenchStory(IpiBenchResult result) {
        this.result = result;
    }

    /** Up to three paragraphs: exits, the row that does not change, and what is calibrated or missed. */
    public List<String> paragraphs() {
        List<String> paragraphs = new ArrayList<>();
        paragraphs.add(join(exits(), saved(), shorthand()));
        paragraphs.add(join(normal()));
        paragraphs.add(join(calibrated(), missed(), missedBaselines(), missedContention()));
        paragraphs.removeIf(String::isEmpty);
        return paragraphs;
    }

    private static String join(String... sentences) {
        return List.of(sentences).stream().filter(s -> !s.isEmpty()).collect(Collectors.joining(" "));
    }

    private List<IpiBenchRow> rows(Scenario scenario) {
        return result.rows().stream().filter(row -> row.scenario() == scenario).toList();
    }

    /** "To reach 79 CPUs the sender leaves the guest 79 times (x2apic physical mode, vanilla), ... once (...)." */
    private String exits() {
        List<IpiBenchRow> broadcasts = rows(Scenario.BROADCAST);
        if (broadcasts.isEmpty()) {
            return "";
        }
        Map<Double, List<String>> byExits = new LinkedHashMap<>();
        broadcasts.stream()
                .sorted((a, b) -> Double.compare(b.senderExitsPerOperation(), a.senderExitsPerOperation()))
                .forEach(row -> byExits.computeIfAbsent(row.senderExitsPerOperation(), e -> new ArrayList<>())
                        .add(shortName(row.cell())));
        String list = byExits.entrySet().stream()
                .map(entry -> times(entry.getKey()) + " with " + grouped(entry.getValue()))
                .collect(Collectors.joining("; "));
        return "To reach %d other CPUs the sender leaves the guest %s."
                .formatted(broadcasts.getFirst().targets(), list);
    }

    private static String shortName(Cell cell) {
        return cell.apic().option() + " " + cell.mode().option();
    }

    /** Names as "a, b and c"; a mode that all kinds of APIC share is named once. */
    private String grouped(List<String> cells) {
        List<String> names = new ArrayList<>();
        for (SendMode mode : SendMode.values()) {
            List<String> ofMode =
                    cells.stream().filter(c -> c.endsWith(" " + mode.option())).toList();
            long kinds = rows(Scenario.BROADCAST).stream()
                    .filter(row -> row.cell().mode() == mode)
                    .count();
            if (ofMode.size() > 1 && ofMode.size() == kinds) {
                names.add(mode.option());
            } else {
                names.addAll(ofMode);
            }
        }
        int last = names.size() - 1;
        return last == 0 ? names.getFirst() : String.join(", ", names.subList(0, last)) + " and " + names.get(last);
    }

    private static String times(double n) {
        if (n == 0) {
            return "not at all";
        }
        return n == 1 ? "once" : Quantity.perOperation(n) + " times";
    }

    /** "Time follows: ..." for physical mode. */
    private String saved() {
        Optional<IpiBenchRow> vanilla = result.row(ApicKind.X2APIC_PHYS, SendMode.VANILLA, Scenario.BROADCAST);
        Optional<IpiBenchRow> pv = result.row(ApicKind.X2APIC_PHYS, SendMode.PV_IPI, Scenario.BROADCAST);
        if (vanilla.isEmpty() || pv.isEmpty()) {
            return "";
        }
        double fewer = vanilla.get().senderExitsPerOperation() - pv.get().senderExitsPerOperation();
        double gainedNs = vanilla.get().modelledNsPerOperation() - pv.get().modelledNsPerOperation();
        if (fewer < 0) {
            return String.format(
                    Locale.ROOT,
                    "Under this profile the hardware sends one by one without the hypervisor, so that in physical mode"
                            + " the hypercall is the slower way: %.1f us against %.1f us.",
                    pv.get().modelledNsPerOperation() / NS_PER_US,
                    vanilla.get().modelledNsPerOperation() / NS_PER_US);
        }
        if (fewer == 0) {
            return "";
        }
        return String.format(
                Locale.ROOT,
                "In physical mode pv-ipi saves %s exits and so %.1f us of %.1f us, %.2f us for each: %.2f times as"
                        + " fast.",
                Quantity.perOperation(fewer),
                gainedNs / NS_PER_US,
                vanilla.get().modelledNsPerOperation() / NS_PER_US,
                gainedNs / fewer / NS_PER_US,
                vanilla.get().modelledNsPerOperation() / pv.get().modelledNsPerOperation());
    }

    private String shorthand() {
        Optional<IpiBenchRow> shorthand = anyOf(SendMode.SHORTHAND);
        Optional<IpiBenchRow> pv = anyOf(SendMode.PV_IPI);
        if (shorthand.isEmpty()
                || pv.isEmpty()
                || shorthand.get().senderExitsPerOperation() != pv.get().senderExitsPerOperation()) {
            return "";
        }
        return "The shorthand makes the same %s without any hypercall, which is why kernels that use it for full broadcasts"
                        .formatted(pv.get().senderExitsPerOperation() == 1 ? "single exit" : "number of exits")
                + " (Linux since 5.4) gain nothing there; a hypercall also reaches a subset.";
    }

    private Optional<IpiBenchRow> anyOf(SendMode mode) {
        return rows(Scenario.BROADCAST).stream()
                .filter(row -> row.cell().mode() == mode)
                .findFirst();
    }

    private String normal() {
        List<IpiBenchRow> normal = rows(Scenario.NORMAL);
        if (normal.size() < 2) {
            return "";
        }
        double least = normal.stream()
                .mapToDouble(IpiBenchRow::modelledNsPerOperation)
                .min()
                .orElse(0);
        double most = normal.stream()
                .mapToDouble(IpiBenchRow::modelledNsPerOperation)
                .max()
                .orElse(0);
        double fewest = normal.stream()
                .mapToDouble(IpiBenchRow::senderExitsPerOperation)
                .min()
                .orElse(0);
        double mostExits = normal.stream()
                .mapToDouble(IpiBenchRow::senderExitsPerOperation)
                .max()
                .orElse(0);
        String exits = fewest == mostExits
                ? exitCount(fewest)
                : Quantity.perOperation(fewest) + " to " + Quantity.perOperation(mostExits) + " exits";
        return String.format(
                Locale.ROOT,
                "A normal IPI has one target: a plain ICR write and %s in every mode, %s us. No way to send many at"
                        + " once can help it, so its rows are a control, as are dry-run and self, which send nothing"
                        + " (self is a local call, as published; self-ipi is a real one).",
                exits,
                range(least / NS_PER_US, most / NS_PER_US));
    }

    private static String range(double least, double most) {
        String from = String.format(Locale.ROOT, "%.2f", least);
        String to = String.format(Locale.ROOT, "%.2f", most);
        return from.equals(to) ? from : from + " to " + to;
    }

    private static String exitCount(double n) {
        return n == 1 ? "one exit" : Quantity.perOperation(n) + " exits";
    }

    private String calibrated() {
        List<String> names = result.rows().stream()
                .filter(IpiBenchRow::calibrated)
                .map(row -> row.scenario().option() + " (" + shortName(row.cell()) + ")")
                .toList();
        if (names.isEmpty()) {
            return "";
        }
        return "Calibrated, so no proof: " + String.join(", ", names)
                + ". Every other time is a prediction from the same" + " few constants.";
    }

    /** The row that one constant per exit cannot fit. */
    private String missed() {
        Optional<IpiBenchRow> vanilla = result.row(ApicKind.X2APIC_CLUSTER, SendMode.VANILLA, Scenario.BROADCAST);
        Optional<IpiBenchRow> pv = result.row(ApicKind.X2APIC_CLUSTER, SendMode.PV_IPI, Scenario.BROADCAST);
        Double ratio = vanilla.map(IpiBenchRow::ratio).orElse(null);
        if (ratio == null || pv.isEmpty()) {
            return "";
        }
        double gain = vanilla.get().modelledNsPerOperation() / pv.get().modelledNsPerOperation();
        return String.format(
                Locale.ROOT,
                "Cluster vanilla is off by %.0f %%, so that its published 22 %% gain comes out as %d %%: the published"
                    + " rows put an exit at (198.45 - 78.07) / 78 = 1.54 us in physical mode but at (92.82 - 75.72) /"
                    + " 4 = 4.27 us in cluster mode, and one constant per exit cannot be both.",
                Math.abs(ratio - 1) * PERCENT,
                Published.boostPercent(gain));
    }

    /** Rows that send nothing, where the published kernel does more than our guest. */
    private String missedBaselines() {
        String selves = ratios(Scenario.SELF);
        String dryRuns = ratios(Scenario.DRY_RUN);
        if (selves.isEmpty() || dryRuns.isEmpty()) {
            return "";
        }
        return "Self comes out at " + selves + " and dry-run at " + dryRuns
                + " of the published time: there a kernel's whole call path ran around the send, here a loop of a few"
                + " instructions, and no cost was invented to hide it.";
    }

    /** Modelled by published time over all rows of a scenario; empty unless all are clearly below one. */
    private String ratios(Scenario scenario) {
        DoubleSummaryStatistics ratios = rows(scenario).stream()
                .map(IpiBenchRow::ratio)
                .filter(Objects::nonNull)
                .mapToDouble(Double::doubleValue)
                .summaryStatistics();
        return ratios.getCount() == 0 || ratios.getMax() > CLEARLY_BELOW ? "" : range(ratios.getMin(), ratios.getMax());
    }

    /** The shared lock, for which targets contend on real hardware only. */
    private String missedContention() {
        Optional<IpiBenchRow> plain = result.row(ApicKind.X2APIC_PHYS, SendMode.PV_IPI, Scenario.BROADCAST);
        Optional<IpiBenchRow> locked = result.row(ApicKind.X2APIC_PHYS, SendMode.PV_IPI, Scenario.BROADCAST_LOCK);
        Published.Time plainTime = plain.map(IpiBenchRow::published).orElse(null);
        Published.Time lockedTime = locked.map(IpiBenchRow::published).orElse(null);
        if (plainTime == null || lockedTime == null) {
            return "";
        }
        double modelled = locked.get().modelledNsPerOperation() / plain.get().modelledNsPerOperation();
        double published = (double) lockedTime.totalNs() / plainTime.totalNs();
        return String.format(
                Locale.ROOT,
                "The shared lock adds %.0f %% to pv-ipi here and %.0f %% in the published table: targets wake one"
                        + " after the other, further apart than they hold it, and the model has no cache lines to fight"
                        + " for.",
                (modelled - 1) * PERCENT,
                (published - 1) * PERCENT);
    }
}
