// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import dev.synapic.cli.terminal.Quantity;
import dev.synapic.machine.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Results as a table in Markdown. Nothing in it depends on the host's time, so that a table changes only where results do. */
public final class KutMarkdown {
    private static final String BEGIN = "<!-- kut:begin -->";
    private static final String END = "<!-- kut:end -->";
    private static final int MOST_FAILURES = 3;
    private static final int MOST_PARAMETERS = 90;

    private KutMarkdown() {}

    /** The table, with its two markers around it. */
    public static String text(List<TestResult> results) {
        List<String> lines = new ArrayList<>();
        lines.add(BEGIN);
        lines.add("");
        lines.add("| Test | Parameters | Result | Checks passed | Virtual time | Remark |");
        lines.add("|---|---|---|---|---|---|");
        results.forEach(result -> lines.add(row(result)));
        lines.add("");
        lines.add(KutSummary.of(results).line() + ".");
        lines.add("");
        lines.add(END);
        return String.join("\n", lines) + "\n";
    }

    /** A document with a new table in the place of the one that it has between the markers; only the table where it has none. */
    public static String inserted(String document, List<TestResult> results) {
        String table = text(results);
        int begin = document.indexOf(BEGIN);
        int end = document.indexOf(END);
        if (begin < 0 && end < 0) {
            if (!document.isBlank()) {
                throw new ConfigurationException(
                        "--markdown: the file has text but not the lines %s and %s".formatted(BEGIN, END));
            }
            return table;
        }
        if (begin < 0 || end < begin) {
            throw new ConfigurationException(
                    "--markdown: %s and %s stand in a pair, in this order".formatted(BEGIN, END));
        }
        return document.substring(0, begin) + table.stripTrailing() + document.substring(end + END.length());
    }

    private static String row(TestResult result) {
        Checks checks = result.checks();
        String passed = checks.total() == 0 ? "" : checks.passed() + "/" + checks.total();
        String time = result.virtualPs() == 0 ? "" : Quantity.time(result.virtualPs());
        return "| %s | %s | %s | %s | %s | %s |"
                .formatted(
                        cell(result.test().name()),
                        parameters(result.test()),
                        status(result),
                        passed,
                        time,
                        remark(result));
    }

    private static String status(TestResult result) {
        return result.isKnownFailure() ? "known" : result.status().name().toLowerCase(Locale.ROOT);
    }

    private static String parameters(UnitTest test) {
        String smp = test.smp().equals("1") ? "" : "-smp " + test.smp() + " ";
        String args = test.testArgs().isEmpty() ? "" : "-append " + test.testArgs() + " ";
        String all = (smp + args + test.params()).strip().replaceAll("\\s+", " ");
        String some = all.length() > MOST_PARAMETERS ? all.substring(0, MOST_PARAMETERS) + "..." : all;
        return some.isEmpty() ? "" : "`" + cell(some.replace('`', '\'')) + "`";
    }

    private static String remark(TestResult result) {
        if (result.isKnownFailure()) {
            return cell(String.valueOf(result.known()));
        }
        List<String> failures = result.checks().failures();
        if (result.reason() != null) {
            return cell(result.reason());
        }
        String more = failures.size() > MOST_FAILURES ? " ..." : "";
        return cell(String.join("; ", failures.stream().limit(MOST_FAILURES).toList()) + more);
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replaceAll("[\\r\\n]+", " ").replace("<", "&lt;");
    }
}
