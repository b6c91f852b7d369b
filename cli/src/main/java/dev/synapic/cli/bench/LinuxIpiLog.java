// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a guest printed on its serial port.
 *
 * @param rows of the program, in its order
 * @param skipped its rows that could not be, with the reason
 * @param failures what the program complained about
 * @param kernel lines of the kernel's log on how it sends IPIs
 * @param ended whether the program came to its end
 */
record LinuxIpiLog(
        List<LinuxIpiRow.Guest> rows,
        Map<LinuxScenario, String> skipped,
        List<String> failures,
        List<String> kernel,
        boolean ended) {
    private static final Pattern OURS = Pattern.compile("(?:ipi_bench|membarrier): (row|skip|fail|end)\\b ?(.*)");
    private static final String KERNEL = "synapic: ";
    private static final String REASON = "reason=";

    /** Reads it. A last line without its end is left out: an interrupted guest may have stopped in the middle of it. */
    static LinuxIpiLog of(String printed) {
        LinuxIpiLog log =
                new LinuxIpiLog(new ArrayList<>(), new HashMap<>(), new ArrayList<>(), new ArrayList<>(), false);
        boolean ended = false;
        String whole = printed.substring(0, printed.lastIndexOf('\n') + 1);
        for (String line : whole.lines().map(String::strip).toList()) {
            Matcher ours = OURS.matcher(line);
            if (ours.matches()) {
                log.add(ours.group(1), ours.group(2));
                ended |= ours.group(1).equals("end");
            } else if (line.startsWith(KERNEL)) {
                log.kernel.add(line.substring(KERNEL.length()));
            }
        }
        return new LinuxIpiLog(log.rows, log.skipped, log.failures, log.kernel, ended);
    }

    private void add(String kind, String rest) {
        int reason = rest.indexOf(REASON);
        String why = reason < 0 ? rest : rest.substring(reason + REASON.length());
        Map<String, String> words = words(reason < 0 ? rest : rest.substring(0, reason));
        switch (kind) {
            case "row" -> rows.add(row(words, rest));
            case "skip" -> skipped.put(scenario(words, rest), why);
            case "fail" -> failures.add(why);
            default -> {}
        }
    }

    private static LinuxIpiRow.Guest row(Map<String, String> words, String line) {
        return new LinuxIpiRow.Guest(
                scenario(words, line),
                (int) number(words, "targets", line),
                number(words, "operations", line),
                number(words, "delivery_ns", line),
                number(words, "total_ns", line),
                number(words, "called", line));
    }

    private static Map<String, String> words(String line) {
        Map<String, String> words = new HashMap<>();
        for (String word : line.split(" ", -1)) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                words.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        return words;
    }

    private static String required(Map<String, String> words, String key, String line) {
        String value = words.get(key);
        if (value == null) {
            throw unreadable("no '" + key + "'", line);
        }
        return value;
    }

    private static long number(Map<String, String> words, String key, String line) {
        String value = required(words, key, line);
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw unreadable("'" + key + "' is no number", line);
        }
    }

    private static LinuxScenario scenario(Map<String, String> words, String line) {
        return LinuxScenario.named(required(words, "scenario", line))
                .orElseThrow(() -> unreadable("unknown row", line));
    }

    /** Something else of the guest may have written in between. */
    private static GuestFailure unreadable(String why, String line) {
        return new GuestFailure(why + " in the guest's line: " + line, false, "");
    }

    /** Why the kernel did not do what the machine is named for; empty where it did. */
    Optional<String> deviation(Cell cell) {
        String mode = cell.apic() == ApicKind.X2APIC_CLUSTER ? "cluster" : "physical";
        if (!says("APIC routing to:? " + mode + " x2apic")) {
            return Optional.of("the kernel did not choose " + mode + " x2apic" + chosen("APIC routing"));
        }
        if (says("setup PV IPIs") != (cell.mode() == SendMode.PV_IPI)) {
            return Optional.of(
                    cell.mode() == SendMode.PV_IPI ? "the kernel did not set up PV IPIs" : "the kernel set up PV IPIs");
        }
        if (cell.mode() == SendMode.HV_IPI) {
            return says("Using IPI hypercalls") ? Optional.empty() : Optional.of("the kernel uses no IPI hypercalls");
        }
        if (says("shorthand broadcast: enabled") != cell.shorthand()) {
            return Optional.of("the shorthand is not " + cell.onOff() + chosen("shorthand"));
        }
        return Optional.empty();
    }

    private boolean says(String pattern) {
        Pattern wanted = Pattern.compile(pattern);
        return kernel.stream().anyMatch(line -> wanted.matcher(line).find());
    }

    private String chosen(String about) {
        String lines = kernel.stream().filter(line -> line.contains(about)).collect(Collectors.joining("; "));
        return lines.isEmpty() ? "" : ": " + lines;
    }
}
