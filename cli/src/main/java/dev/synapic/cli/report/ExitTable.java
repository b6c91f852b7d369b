// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.cli.terminal.Json;
import dev.synapic.cli.terminal.Quantity;
import dev.synapic.cli.terminal.TextTable;
import dev.synapic.machine.exits.ExitCounters;
import dev.synapic.machine.exits.ExitReason;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** Exits with the columns of {@code perf kvm stat}, and two more: whether a count is exact, and what it was about. */
public final class ExitTable {
    private static final double PERCENT = 100;
    private static final double PS_PER_NS = 1_000;

    private ExitTable() {}

    /** The table's lines; describe says in words what a reason's exits were about. */
    public static List<String> lines(ExitCounters counters, Function<ExitReason, String> describe) {
        TextTable table = new TextTable(
                "VM-EXIT", "Samples", "Samples%", "Time%", "Min Time", "Max Time", "Avg time", "<Count", "<What");
        long samples = counters.total();
        long time = totalTime(counters);
        for (ExitReason reason : byCount(counters)) {
            long count = counters.countOf(reason);
            table.row(
                    reason.name(),
                    Quantity.count(count),
                    percent(count, samples),
                    percent(counters.totalPs(reason), time),
                    time(counters.minPs(reason)),
                    time(counters.maxPs(reason)),
                    time(counters.totalPs(reason) / count),
                    reason.modelled() ? "modelled" : "exact",
                    describe.apply(reason));
        }
        table.row("total", Quantity.count(samples), percent(samples, samples), "", "", "", "", "", "");
        return table.lines();
    }

    /** The same for machines: reason -> count, times in nanoseconds, modelled. */
    public static Map<String, Object> json(ExitCounters counters) {
        Map<String, Object> reasons = new LinkedHashMap<>();
        for (ExitReason reason : byCount(counters)) {
            Map<String, Object> exit = new LinkedHashMap<>();
            exit.put("samples", counters.countOf(reason));
            exit.put("totalNs", Json.number(counters.totalPs(reason) / PS_PER_NS));
            exit.put("minNs", Json.number(counters.minPs(reason) / PS_PER_NS));
            exit.put("maxNs", Json.number(counters.maxPs(reason) / PS_PER_NS));
            exit.put("modelled", reason.modelled());
            reasons.put(reason.name(), exit);
        }
        return reasons;
    }

    private static List<ExitReason> byCount(ExitCounters counters) {
        return Arrays.stream(ExitReason.values())
                .filter(reason -> counters.countOf(reason) != 0)
                .sorted(Comparator.comparingLong(counters::countOf).reversed())
                .toList();
    }

    /** Exits that nobody came back from have no time. */
    private static String time(long ps) {
        return ps == 0 ? "-" : Quantity.time(ps);
    }

    private static long totalTime(ExitCounters counters) {
        return Arrays.stream(ExitReason.values()).mapToLong(counters::totalPs).sum();
    }

    private static String percent(long part, long whole) {
        return whole == 0 ? "" : String.format(Locale.ROOT, "%.2f%%", PERCENT * part / whole);
    }
}
