// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A line that ipi-bench prints on its serial port. */
sealed interface GuestLine {
    /** What the guest measured with its own RDTSC; sends is per operation. */
    record Row(Scenario scenario, int targets, long operations, long deliveryTicks, long totalTicks, long sends)
            implements GuestLine {}

    /** What it left out; scenario is a name of {@link Scenario} or "all". */
    record Skip(String scenario, String reason) implements GuestLine {}

    /** A check of the guest that failed. */
    record Fail(String line) implements GuestLine {}

    /** Reads a line; null where it is none of these. */
    static @Nullable GuestLine parse(String line) {
        String kind = line.substring(0, Math.max(0, line.indexOf(' ')));
        return switch (kind) {
            case "row" -> row(line);
            case "skip" -> skip(line);
            case "fail" -> new Fail(line);
            default -> null;
        };
    }

    private static Row row(String line) {
        Map<String, String> words = words(line);
        return new Row(
                scenario(required(words, "scenario", line)),
                Math.toIntExact(number(words, "targets", line)),
                number(words, "operations", line),
                number(words, "delivery_ticks", line),
                number(words, "total_ticks", line),
                number(words, "sends", line));
    }

    private static Skip skip(String line) {
        int reason = line.indexOf(" reason=");
        if (reason < 0) {
            throw new IllegalArgumentException("no 'reason' in the guest's line: " + line);
        }
        String scenario = required(words(line.substring(0, reason)), "scenario", line);
        return new Skip(scenario, line.substring(reason + " reason=".length()));
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
            throw new IllegalArgumentException("no '" + key + "' in the guest's line: " + line);
        }
        return value;
    }

    private static long number(Map<String, String> words, String key, String line) {
        return Long.parseLong(required(words, key, line));
    }

    private static Scenario scenario(String name) {
        for (Scenario scenario : Scenario.values()) {
            if (scenario.option().equals(name)) {
                return scenario;
            }
        }
        throw new IllegalArgumentException("the guest ran an unknown scenario: " + name);
    }
}
