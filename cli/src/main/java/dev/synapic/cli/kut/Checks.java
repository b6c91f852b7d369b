// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a test reported of its checks.
 *
 * @param total all of them
 * @param failed those that failed unexpectedly
 * @param expectedFailures those that failed as the test expects or knows
 * @param skipped those that were not made
 * @param failures what the first of the failed ones print
 */
public record Checks(int total, int failed, int expectedFailures, int skipped, List<String> failures) {
    private static final Pattern TOTAL = Pattern.compile("(\\d{1,9}) tests");
    private static final Pattern FAILED = Pattern.compile("(\\d{1,9}) unexpected failures");
    private static final Pattern KNOWN = Pattern.compile("(\\d{1,9}) known failures");
    private static final Pattern EXPECTED = Pattern.compile("(\\d{1,9}) expected failures");
    private static final Pattern SKIPPED = Pattern.compile("(\\d{1,9}) skipped");

    /** Of a test that never ran. */
    static final Checks NONE = new Checks(0, 0, 0, 0, List.of());

    public Checks {
        failures = List.copyOf(failures);
    }

    /** By the text after {@code SUMMARY:}, as in {@code 12 tests, 1 unexpected failures, 2 skipped}. */
    static Checks ofSummary(String summary, List<String> failures) {
        return new Checks(
                number(TOTAL, summary),
                number(FAILED, summary),
                number(KNOWN, summary) + number(EXPECTED, summary.replaceAll("unexpected", "")),
                number(SKIPPED, summary),
                failures);
    }

    private static int number(Pattern pattern, String summary) {
        Matcher found = pattern.matcher(summary);
        return found.find() ? Integer.parseInt(found.group(1)) : 0;
    }

    public int passed() {
        return Math.max(0, total - failed - expectedFailures - skipped);
    }
}
