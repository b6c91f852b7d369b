// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.cli.bench.IpiBench;
import dev.synapic.cli.bench.IpiBenchPlan;
import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import dev.synapic.cli.bench.IpiBenchResult;
import dev.synapic.cli.bench.IpiBenchRow;
import dev.synapic.cli.bench.Published;
import dev.synapic.cli.bench.Scenario;
import dev.synapic.cli.terminal.Quantity;
import dev.synapic.cli.terminal.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The IPI benchmark's result for people, at most {@value #WIDTH} columns wide. */
public final class IpiBenchText {
    static final int WIDTH = 110;

    /** From here on a tenth of a nanosecond tells nothing. */
    private static final double MANY_NS = 10_000;

    private final IpiBenchResult result;
    private final List<String> lines = new ArrayList<>();

    private IpiBenchText(IpiBenchResult result) {
        this.result = result;
    }

    /** All lines. */
    public static List<String> lines(IpiBenchResult result) {
        return new IpiBenchText(result).lines();
    }

    private List<String> lines() {
        header();
        if (!result.rows().isEmpty()) {
            publishedLayout();
            perOperation();
            hostTimes();
        }
        skipped();
        story();
        return lines;
    }

    private void header() {
        IpiBenchPlan plan = result.plan();
        lines.add(String.format(
                Locale.ROOT,
                "IPI benchmark: %d vCPUs, %,d iterations, guest %s, seed %d, trace %s",
                plan.vcpus(),
                plan.iterations(),
                plan.image().name(),
                plan.seed(),
                Quantity.hash(result.traceHash())));
        if (result.interrupted()) {
            lines.add("Interrupted: this is what was complete by then.");
        }
        lines.add("");
        wrap("Profile " + plan.profile().name() + ": " + plan.profile().description() + ".");
        wrap("Exits and IPIs are counted while the guest runs. Times are what the guest's own RDTSC shows in the"
                + " profile's virtual time: a model of that machine, and nothing about this computer's speed.");
    }

    // ---- the published table's layout

    private void publishedLayout() {
        lines.add("");
        lines.add(PublishedLayout.HEADING);
        for (Cell cell : result.plan().cells()) {
            List<IpiBenchRow> rows = result.rows(cell);
            if (!rows.isEmpty()) {
                lines.add("");
                lines.add(cell.title());
                lines.add("");
                rows.forEach(row -> lines.add(publishedLine(row)));
            }
        }
    }

    private String publishedLine(IpiBenchRow row) {
        return PublishedLayout.line(
                row.scenario(), row.deliveryNsPerOperation(), row.modelledNsPerOperation(), result.gain(row));
    }

    // ---- per operation

    private void perOperation() {
        lines.add("");
        lines.add("Per operation: exits, IPIs, time");
        lines.add("");
        TextTable table = new TextTable(
                "",
                "targets",
                "sender",
                "receivers",
                "exact",
                "model",
                "accepted",
                "merged",
                "ns",
                "published",
                "ratio",
                "<");
        for (Cell cell : result.plan().cells()) {
            List<IpiBenchRow> rows = result.rows(cell);
            if (!rows.isEmpty()) {
                table.heading("");
                table.heading(cell.title());
                rows.forEach(row -> perOperation(table, row));
            }
        }
        lines.addAll(table.lines());
        lines.add("");
        wrap("sender: exits it takes to send; receivers: all exits of all others, their HLT among them; exact ones"
                + " follow from the guest's code alone, those of the model also from its timing; merged: IPIs that"
                + " found their IRR bit set; ns: by the guest's clock. Published: 80 vCPUs on 2 x 20-core Skylake."
                + (result.rows().stream().anyMatch(IpiBenchRow::calibrated)
                        ? " * calibrated: fixed a constant of the profile. All other times are predictions."
                        : " No row is calibrated here: all times are predictions."));
    }

    private static void perOperation(TextTable table, IpiBenchRow row) {
        Published.Time published = row.published();
        Double ratio = row.ratio();
        double operations = row.operations();
        table.row(
                "  " + row.scenario().option(),
                Integer.toString(row.targets()),
                Quantity.perOperation(row.senderExitsPerOperation()),
                Quantity.perOperation(row.receiverExitsPerOperation()),
                Quantity.perOperation(row.exactExits() / operations),
                Quantity.perOperation(row.modelledExits() / operations),
                Quantity.perOperation(row.acceptedPerOperation()),
                Quantity.perOperation(row.coalescedPerOperation()),
                nanos(row.modelledNsPerOperation()),
                published == null ? "-" : nanos(published.totalNsPerOperation()),
                ratio == null ? "-" : String.format(Locale.ROOT, "%.2f", ratio),
                row.calibrated() ? "*" : "");
    }

    private static String nanos(double ns) {
        return String.format(Locale.ROOT, ns < MANY_NS ? "%,.1f" : "%,.0f", ns);
    }

    // ---- host

    private void hostTimes() {
        lines.add("");
        lines.add(String.format(
                Locale.ROOT,
                "Time on this computer per operation, in us (%s; not to be compared with the above)",
                IpiBench.threads() > 1 && result.plan().cells().size() > 1
                        ? "two machines at a time"
                        : "one machine at a time"));
        lines.add("");
        List<Scenario> scenarios = result.plan().scenarios();
        String[] headers = new String[scenarios.size() + 1];
        headers[0] = "";
        for (int i = 0; i < scenarios.size(); i++) {
            headers[i + 1] = scenarios.get(i).option();
        }
        TextTable table = new TextTable(headers);
        for (Cell cell : result.plan().cells()) {
            List<IpiBenchRow> rows = result.rows(cell);
            if (!rows.isEmpty()) {
                table.row(hostCells(cell, rows, scenarios));
            }
        }
        lines.addAll(table.lines());
    }

    private static String[] hostCells(Cell cell, List<IpiBenchRow> rows, List<Scenario> scenarios) {
        String[] cells = new String[scenarios.size() + 1];
        cells[0] = cell.title();
        for (int i = 0; i < scenarios.size(); i++) {
            Scenario scenario = scenarios.get(i);
            cells[i + 1] = rows.stream()
                    .filter(row -> row.scenario() == scenario)
                    .findFirst()
                    .map(row -> String.format(Locale.ROOT, "%,.2f", row.hostNsPerOperation() / 1000))
                    .orElse("-");
        }
        return cells;
    }

    // ---- what is missing, and what it all means

    private void skipped() {
        if (result.skipped().isEmpty()) {
            return;
        }
        lines.add("");
        lines.add("Left out");
        lines.add("");
        for (IpiBenchResult.Skipped skipped : result.skipped()) {
            String what = skipped.scenario().equals("all") ? "" : ", " + skipped.scenario();
            lines.add("  " + skipped.cell().title() + what + ": " + skipped.reason());
        }
    }

    private void story() {
        List<String> paragraphs = new IpiBenchStory(result).paragraphs();
        if (!paragraphs.isEmpty()) {
            lines.add("");
            lines.add("What this shows");
        }
        for (String paragraph : paragraphs) {
            lines.add("");
            wrap(paragraph);
        }
    }

    private void wrap(String text) {
        Paragraph.wrap(text, WIDTH, lines);
    }
}
