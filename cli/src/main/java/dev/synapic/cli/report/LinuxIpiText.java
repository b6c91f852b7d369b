// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.cli.bench.LinuxIpiPlan;
import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import dev.synapic.cli.bench.LinuxIpiResult;
import dev.synapic.cli.bench.LinuxIpiRow;
import dev.synapic.cli.bench.LinuxVariant;
import dev.synapic.cli.terminal.Quantity;
import dev.synapic.cli.terminal.TextTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The result of the IPI benchmark in Linux for people, at most {@value #WIDTH} columns wide. */
public final class LinuxIpiText {
    static final int WIDTH = 110;

    /** From here on a tenth of a nanosecond tells nothing. */
    private static final double MANY_NS = 10_000;

    private final LinuxIpiResult result;
    private final List<String> lines = new ArrayList<>();

    private LinuxIpiText(LinuxIpiResult result) {
        this.result = result;
    }

    /** All lines. */
    public static List<String> lines(LinuxIpiResult result) {
        return new LinuxIpiText(result).lines();
    }

    private List<String> lines() {
        header();
        if (!result.rows().isEmpty()) {
            perOperation();
            publishedLayout();
        }
        skipped();
        List<String> paragraphs = new LinuxIpiStory(result).paragraphs();
        if (!paragraphs.isEmpty()) {
            lines.add("");
            lines.add("What this shows");
        }
        for (String paragraph : paragraphs) {
            lines.add("");
            wrap(paragraph);
        }
        return lines;
    }

    private void header() {
        LinuxIpiPlan plan = result.plan();
        lines.add(String.format(
                Locale.ROOT,
                "IPI benchmark in Linux %s: %d vCPUs, %,d iterations, %s, seed %d, trace %s",
                plan.guest().release(),
                plan.vcpus(),
                plan.iterations(),
                plan.guest().variant().option(),
                plan.seed(),
                Quantity.hash(result.traceHash())));
        if (result.interrupted()) {
            lines.add("Interrupted: this is what was complete by then.");
        }
        lines.add("");
        wrap("Profile " + plan.profile().name() + ": " + plan.profile().description() + ".");
        wrap("Exits and requests are counted while the guest runs, IPIs taken by Linux itself (CAL in"
                + " /proc/interrupts). Times are what the guest's own clock shows in the profile's virtual time: a"
                + " model of that machine, and nothing about this computer's speed.");
    }

    private void perOperation() {
        lines.add("");
        lines.add("Per operation: sender's exits to send, IPIs, exits of all receivers, time");
        lines.add("");
        TextTable table = new TextTable(
                "",
                "targets",
                "exits",
                "ICR",
                "VMCALL",
                "other",
                "IPIs taken",
                "accepted",
                "receivers",
                "ns",
                "published");
        for (Cell cell : result.plan().cells()) {
            List<LinuxIpiRow> rows = result.rows(cell);
            if (!rows.isEmpty()) {
                table.heading("");
                table.heading(cell.title());
                rows.forEach(row -> perOperation(table, row));
            }
        }
        lines.addAll(table.lines());
        lines.add("");
        wrap("exits: those of the sender for the row's calls, as ICR writes or as hypercalls; other: what it sends"
                + " for other ends of the kernel; accepted: interrupt requests of all kinds that arrived at APICs,"
                + " timers among them; receivers: all exits of all others. Published: 80 vCPUs on 2 x 20-core"
                + " Skylake, a kernel of 2018 without the shorthand.");
    }

    private void perOperation(TextTable table, LinuxIpiRow row) {
        table.row(
                "  " + row.scenario().option(),
                Integer.toString(row.targets()),
                Quantity.perOperation(row.senderExitsPerOperation()),
                Quantity.perOperation(row.icrWritesPerOperation()),
                Quantity.perOperation(row.hypercallsPerOperation()),
                Quantity.perOperation(row.otherSendsPerOperation()),
                Quantity.perOperation(row.calledPerOperation()),
                Quantity.perOperation(row.acceptedPerOperation()),
                Quantity.perOperation(row.receiverExitsPerOperation()),
                nanos(row.modelledNsPerOperation()),
                published(row));
    }

    /** The kernel of the published tables took no shorthand, and the rows of a program are not theirs. */
    private void publishedLayout() {
        List<Cell> cells = result.plan().cells().stream()
                .filter(cell -> !cell.shorthand() && !result.rows(cell).isEmpty())
                .toList();
        if (cells.isEmpty() || result.plan().guest().variant() != LinuxVariant.MODULE) {
            return;
        }
        lines.add("");
        lines.add(PublishedLayout.HEADING);
        for (Cell cell : cells) {
            lines.add("");
            lines.add(cell.title());
            lines.add("");
            result.rows(cell).forEach(this::publishedLine);
        }
    }

    private void publishedLine(LinuxIpiRow row) {
        row.scenario()
                .same()
                .ifPresent(scenario -> lines.add(PublishedLayout.line(
                        scenario, row.deliveryNsPerOperation(), row.modelledNsPerOperation(), result.gain(row))));
    }

    private String published(LinuxIpiRow row) {
        return result.published(row)
                .map(time -> nanos(time.totalNsPerOperation()))
                .orElse("-");
    }

    private static String nanos(double ns) {
        return String.format(Locale.ROOT, ns < MANY_NS ? "%,.1f" : "%,.0f", ns);
    }

    private void skipped() {
        if (result.skipped().isEmpty()) {
            return;
        }
        lines.add("");
        lines.add("Left out");
        lines.add("");
        for (LinuxIpiResult.Skipped skipped : result.skipped()) {
            String what = skipped.scenario().equals("all") ? "" : ", " + skipped.scenario();
            lines.add("  " + skipped.cell().title() + what + ": " + skipped.reason());
        }
    }

    private void wrap(String text) {
        Paragraph.wrap(text, WIDTH, lines);
    }
}
