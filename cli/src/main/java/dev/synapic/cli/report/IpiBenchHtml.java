// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.cli.bench.ApicKind;
import dev.synapic.cli.bench.BroadcastTimeline;
import dev.synapic.cli.bench.IpiBench;
import dev.synapic.cli.bench.IpiBenchPlan;
import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import dev.synapic.cli.bench.IpiBenchResult;
import dev.synapic.cli.bench.IpiBenchRow;
import dev.synapic.cli.bench.Published;
import dev.synapic.cli.bench.Scenario;
import dev.synapic.cli.bench.SendMode;
import dev.synapic.cli.terminal.Quantity;
import dev.synapic.machine.exits.HardwareProfile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The IPI benchmark's result as one self-contained page: no scripts, no other files, light or dark as the reader's system is. */
public final class IpiBenchHtml {
    private static final double NS_PER_US = 1_000;

    private final IpiBenchResult result;
    private final List<BroadcastTimeline> timelines;
    private final StringBuilder out = new StringBuilder();

    private IpiBenchHtml(IpiBenchResult result, List<BroadcastTimeline> timelines) {
        this.result = result;
        this.timelines = timelines;
    }

    /** The page; timelines in the order of the plan. */
    public static String page(IpiBenchResult result, List<BroadcastTimeline> timelines) {
        return new IpiBenchHtml(result, timelines).page();
    }

    private String page() {
        add("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
        add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        add("<title>Synapic: IPI benchmark</title><style>" + styleSheet() + "</style></head><body><main>");
        header();
        story();
        exitBars();
        timeBars();
        timelines();
        publishedTable();
        allFigures();
        hostTimes();
        profile();
        leftOut();
        add("</main></body></html>");
        return out.toString();
    }

    private static String styleSheet() {
        try (InputStream in = IpiBenchHtml.class.getResourceAsStream("report.css")) {
            if (in == null) {
                throw new IllegalStateException("report.css is not part of this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- the head of the page

    private void header() {
        IpiBenchPlan plan = result.plan();
        add("<header><p class=\"kicker\">Synapic, IPI benchmark</p><h1>" + Svg.escape(headline()) + "</h1>");
        add(
                "<p class=\"lead\">%d virtual CPUs executed real x86-64 code that sends IPIs %s, %s operations per"
                    + " row. Exits and IPIs were counted while it ran; times are what the guest&#39;s own RDTSC showed"
                    + " under the hardware profile <b>%s</b> (%s).</p>",
                plan.vcpus(),
                plan.modes().size() == 1 ? "one way" : plan.modes().size() + " ways",
                Quantity.count(plan.iterations()),
                Svg.escape(plan.profile().name()),
                Svg.escape(plan.profile().description()));
        if (result.interrupted()) {
            add("<p class=\"warning\">Interrupted: this is what was complete by then.</p>");
        }
        add("<div class=\"cards\">");
        for (ApicKind apic : plan.apics()) {
            card(apic);
        }
        add("</div></header>");
    }

    private String headline() {
        List<IpiBenchRow> broadcasts = rows(Scenario.BROADCAST);
        if (broadcasts.isEmpty()) {
            return "What an interrupt between processors costs";
        }
        TreeSet<Double> exits = new TreeSet<>();
        broadcasts.forEach(row -> exits.add(row.senderExitsPerOperation()));
        List<String> words =
                exits.descendingSet().stream().map(Quantity::perOperation).toList();
        int last = words.size() - 1;
        String list =
                last == 0 ? words.getFirst() : String.join(", ", words.subList(0, last)) + " or " + words.get(last);
        return "One interrupt to %d processors: %s %s"
                .formatted(broadcasts.getFirst().targets(), list, list.equals("1") ? "exit" : "exits");
    }

    private List<IpiBenchRow> rows(Scenario scenario) {
        return result.rows().stream().filter(row -> row.scenario() == scenario).toList();
    }

    private void card(ApicKind apic) {
        IpiBenchRow vanilla =
                result.row(apic, SendMode.VANILLA, Scenario.BROADCAST).orElse(null);
        IpiBenchRow pv = result.row(apic, SendMode.PV_IPI, Scenario.BROADCAST).orElse(null);
        if (vanilla == null || pv == null) {
            return;
        }
        double gain = vanilla.modelledNsPerOperation() / pv.modelledNsPerOperation();
        Published.Time before = vanilla.published();
        Published.Time after = pv.published();
        String published = before == null || after == null
                ? "not published"
                : percent((double) before.totalNs() / after.totalNs()) + " published";
        add(
                "<div class=\"card\"><h3>%s</h3><p class=\"big\">%s &rarr; %s <small>exits</small></p>"
                        + "<p class=\"big\">%s &rarr; %s <small>&micro;s</small></p><p>pv-ipi: <b>%s</b>, %s</p></div>",
                apic.title(),
                Quantity.perOperation(vanilla.senderExitsPerOperation()),
                Quantity.perOperation(pv.senderExitsPerOperation()),
                us(vanilla.modelledNsPerOperation()),
                us(pv.modelledNsPerOperation()),
                gain >= 1 ? percent(gain) + " faster" : String.format(Locale.ROOT, "%.1f times slower", 1 / gain),
                published);
    }

    private static String percent(double gain) {
        return Published.boostPercent(gain) + "&nbsp;%";
    }

    private static String us(double ns) {
        return String.format(Locale.ROOT, "%.1f", ns / NS_PER_US);
    }

    private void story() {
        add("<section><h2>What this shows</h2>");
        new IpiBenchStory(result).paragraphs().forEach(text -> add("<p>" + Svg.escape(text) + "</p>"));
        add("</section>");
    }

    // ---- charts

    private void exitBars() {
        BarChart chart = new BarChart("Exits that the sender takes for one broadcast");
        for (ApicKind apic : result.plan().apics()) {
            List<IpiBenchRow> rows = broadcasts(apic);
            if (!rows.isEmpty()) {
                chart.heading(apic.title());
            }
            for (IpiBenchRow row : rows) {
                double exits = row.senderExitsPerOperation();
                chart.bar(row.cell().mode().option(), exits, Quantity.perOperation(exits), "bar-exit");
            }
        }
        add("<section><h2>Exits that the sender takes for one broadcast</h2><p>Exact: they follow from the"
                + " guest&#39;s code and the profile&#39;s rules, not from any timing.</p>");
        add(chart.svg());
        add("</section>");
    }

    private List<IpiBenchRow> broadcasts(ApicKind apic) {
        return rows(Scenario.BROADCAST).stream()
                .filter(row -> row.cell().apic() == apic)
                .toList();
    }

    private void timeBars() {
        BarChart chart = new BarChart("Time of one broadcast, modelled and published");
        for (ApicKind apic : result.plan().apics()) {
            List<IpiBenchRow> rows = broadcasts(apic);
            if (!rows.isEmpty()) {
                chart.heading(apic.title());
            }
            rows.forEach(row -> timeBars(chart, row));
        }
        add(
                "<section><h2>Time of one broadcast</h2><p class=\"legend\"><i class=\"bar-model\"></i> modelled under"
                        + " %s <i class=\"bar-published\"></i> published (80 vCPUs, 2 &times; 20-core Skylake) &nbsp;"
                        + " <b>*</b> calibrated: fixed a constant of the profile</p>",
                Svg.escape(result.plan().profile().name()));
        add(chart.svg());
        add("</section>");
    }

    private static void timeBars(BarChart chart, IpiBenchRow row) {
        double modelled = row.modelledNsPerOperation() / NS_PER_US;
        String mark = row.calibrated() ? " us *" : " us";
        chart.bar(row.cell().mode().option(), modelled, us(row.modelledNsPerOperation()) + mark, "bar-model");
        Published.Time published = row.published();
        if (published != null) {
            double us = published.totalNsPerOperation() / NS_PER_US;
            chart.bar("", us, us(published.totalNsPerOperation()) + " us published", "bar-published");
        }
    }

    // ---- timelines

    private void timelines() {
        if (timelines.isEmpty()) {
            return;
        }
        add("<section><h2>One broadcast, drawn</h2><p>The third operation of a run of its own, in virtual time from the"
                + " sender&#39;s first exit. Pictures of one kind of APIC share their scale; point at a box for its"
                + " figures.</p>");
        add(
                "<p class=\"legend\"><i class=\"exit\"></i> sender outside the guest%s <i class=\"halted\"></i> halted"
                        + " <i class=\"waking\"></i> waking up and entering <i class=\"guest\"></i> in the guest"
                        + " <i class=\"accepted-key\"></i> accepted <i class=\"taken-key\"></i> handler begins"
                        + " <i class=\"eoi-key\"></i> EOI</p>",
                modelledKeys());
        BroadcastTimeline first = timelines.stream()
                .filter(timeline -> timeline.cell().equals(new Cell(ApicKind.X2APIC_PHYS, SendMode.VANILLA)))
                .findFirst()
                .orElse(timelines.getFirst());
        add(
                "<h3>Under the magnifier: the first target <small>%s</small></h3>",
                first.cell().title());
        TimelineSvg magnified = TimelineSvg.magnified(first);
        add(magnified.svg());
        add("<p>" + Svg.escape(magnified.caption()) + "</p>");
        for (BroadcastTimeline timeline : timelines) {
            add("<h3>%s <small>%s</small></h3>", timeline.cell().title(), caption(timeline.cell()));
            add(new TimelineSvg(timeline, window(timeline.cell().apic())).svg());
        }
        add("</section>");
    }

    /** The colours of exits that are only modelled, where there are any. */
    private String modelledKeys() {
        String keys = "";
        if (timelines.stream().anyMatch(timeline -> TimelineSvg.uses(timeline, "spin"))) {
            keys += " <i class=\"spin\"></i> pause-loop exit";
        }
        if (timelines.stream().anyMatch(timeline -> TimelineSvg.uses(timeline, "kick"))) {
            keys += " <i class=\"kick\"></i> kicked out";
        }
        return keys;
    }

    private String caption(Cell cell) {
        return result.row(cell.apic(), cell.mode(), Scenario.BROADCAST)
                .map(row -> Quantity.perOperation(row.senderExitsPerOperation())
                        + (row.senderExitsPerOperation() == 1 ? " exit to send, " : " exits to send, ")
                        + us(row.modelledNsPerOperation()) + " &micro;s per broadcast")
                .orElse("");
    }

    private long window(ApicKind apic) {
        long longest = timelines.stream()
                .filter(timeline -> timeline.cell().apic() == apic)
                .mapToLong(BroadcastTimeline::durationPs)
                .max()
                .orElse(1);
        return longest + longest / 40;
    }

    // ---- tables

    private void publishedTable() {
        add(
                "<section><h2>The published table, and this run</h2><p>Nanoseconds of %s operations: summed one-way"
                    + " delivery, and the whole loop. Source of the published figures: %s. <b>*</b> calibrated.</p>",
                Quantity.count(Published.ITERATIONS), Svg.escape(Published.SOURCE));
        add("<div class=\"scroll\"><table><thead><tr><th></th><th>delivery, modelled</th><th>published</th>"
                + "<th>loop, modelled</th><th>published</th><th>ratio</th></tr></thead>");
        for (Cell cell : result.plan().cells()) {
            List<IpiBenchRow> rows = result.rows(cell);
            if (!rows.isEmpty()) {
                add("<tbody><tr class=\"group\"><th colspan=\"6\">%s%s</th></tr>", cell.title(), boost(rows));
                rows.forEach(this::publishedRow);
                add("</tbody>");
            }
        }
        add("</table></div></section>");
    }

    private String boost(List<IpiBenchRow> rows) {
        return rows.stream()
                .filter(row -> row.scenario() == Scenario.BROADCAST)
                .findFirst()
                .flatMap(result::gain)
                .map(gain -> " <small>broadcast: " + percent(gain) + " performance boost</small>")
                .orElse("");
    }

    private void publishedRow(IpiBenchRow row) {
        Published.Time published = row.published();
        Double ratio = row.ratio();
        add(
                "<tr><td>%s%s</td><td>%s</td><td class=\"other\">%s</td><td>%s</td><td"
                        + " class=\"other\">%s</td><td>%s</td></tr>",
                row.scenario().label(),
                row.calibrated() ? " <b>*</b>" : "",
                scaled(row.deliveryNsPerOperation()),
                published == null ? "&ndash;" : Quantity.count(published.deliveryNs()),
                scaled(row.modelledNsPerOperation()),
                published == null ? "&ndash;" : Quantity.count(published.totalNs()),
                ratio == null ? "&ndash;" : String.format(Locale.ROOT, "%.2f", ratio));
    }

    private static String scaled(double nsPerOperation) {
        return Quantity.count(Math.round(nsPerOperation * Published.ITERATIONS));
    }

    private void allFigures() {
        add("<section><h2>All figures, per operation</h2><div"
                + " class=\"scroll\"><table><thead><tr><th></th><th>targets</th><th>sender&#39;s"
                + " exits</th><th>receivers&#39; exits</th><th>exact</th><th>modelled</th><th>IPIs"
                + " accepted</th><th>merged</th><th>ns, modelled</th><th class=\"words\">exits by"
                + " reason</th></tr></thead>");
        for (Cell cell : result.plan().cells()) {
            List<IpiBenchRow> rows = result.rows(cell);
            if (!rows.isEmpty()) {
                add("<tbody><tr class=\"group\"><th colspan=\"10\">%s</th></tr>", cell.title());
                rows.forEach(this::figures);
                add("</tbody>");
            }
        }
        add("</table></div></section>");
    }

    private void figures(IpiBenchRow row) {
        double operations = row.operations();
        String reasons = row.exitsByReason().entrySet().stream()
                .map(e -> e.getKey() + " " + Quantity.perOperation(e.getValue() / operations))
                .collect(Collectors.joining(", "));
        add(
                "<tr><td>%s</td><td>%d</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td"
                    + " class=\"words\">%s</td></tr>",
                row.scenario().option(),
                row.targets(),
                Quantity.perOperation(row.senderExitsPerOperation()),
                Quantity.perOperation(row.receiverExitsPerOperation()),
                Quantity.perOperation(row.exactExits() / operations),
                Quantity.perOperation(row.modelledExits() / operations),
                Quantity.perOperation(row.acceptedPerOperation()),
                Quantity.perOperation(row.coalescedPerOperation()),
                String.format(Locale.ROOT, "%,.1f", row.modelledNsPerOperation()),
                reasons);
    }

    private void hostTimes() {
        add(
                "<section><h2>Time on this computer</h2><p>Microseconds that this computer took for one operation,"
                        + " with up to %d machines at a time: how fast the emulation is, not a model of anything.</p>",
                IpiBench.threads());
        List<Scenario> scenarios = result.plan().scenarios();
        add(
                "<div class=\"scroll\"><table><thead><tr><th></th>%s</tr></thead><tbody>",
                scenarios.stream()
                        .map(scenario -> "<th>" + scenario.option() + "</th>")
                        .collect(Collectors.joining()));
        for (Cell cell : result.plan().cells()) {
            add(
                    "<tr><td>%s</td>%s</tr>",
                    cell.title(),
                    scenarios.stream()
                            .map(scenario -> "<td>" + hostTime(cell, scenario) + "</td>")
                            .collect(Collectors.joining()));
        }
        add("</tbody></table></div></section>");
    }

    private String hostTime(Cell cell, Scenario scenario) {
        return result.row(cell.apic(), cell.mode(), scenario)
                .map(row -> String.format(Locale.ROOT, "%,.2f", row.hostNsPerOperation() / NS_PER_US))
                .orElse("&ndash;");
    }

    private void profile() {
        HardwareProfile profile = result.plan().profile();
        add(
                "<section><h2>The profile %s</h2><p>%s. Every constant, to whom it is charged, when, and where it"
                        + " comes from. None is tuned for a row.</p>",
                Svg.escape(profile.name()), Svg.escape(profile.description()));
        add("<div class=\"scroll\"><table class=\"text\"><thead><tr><th>constant</th><th>value</th><th>charged"
                + " to</th><th>when, or what it means</th><th>source</th></tr></thead><tbody>");
        for (HardwareProfile.Entry entry : profile.entries()) {
            add(
                    "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>",
                    Svg.escape(entry.name()),
                    Svg.escape(entry.value()),
                    Svg.escape(entry.chargedTo()),
                    Svg.escape(entry.when()),
                    Svg.escape(entry.source()));
        }
        add("</tbody></table></div></section>");
    }

    private void leftOut() {
        IpiBenchPlan plan = result.plan();
        if (!result.skipped().isEmpty()) {
            add("<section><h2>Left out</h2><ul>");
            for (IpiBenchResult.Skipped skipped : result.skipped()) {
                add(
                        "<li>%s, %s: %s</li>",
                        skipped.cell().title(), Svg.escape(skipped.scenario()), Svg.escape(skipped.reason()));
            }
            add("</ul></section>");
        }
        add(
                "<footer><p><code>%s</code></p><p>Event trace of all machines <code>%s</code>: the same inputs give"
                        + " the same trace, bit for bit.</p></footer>",
                Svg.escape(plan.command()), Quantity.hash(result.traceHash()));
    }

    private void add(String html) {
        out.append(html).append('\n');
    }

    private void add(String format, Object... arguments) {
        add(String.format(Locale.ROOT, format, arguments));
    }
}
