// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

/** Results as the suite's own runner prints them. */
public final class KutText {
    private static final String GREEN = "\u001b[32m";
    private static final String RED = "\u001b[31m";
    private static final String YELLOW = "\u001b[33m";
    private static final String PLAIN = "\u001b[0m";

    private KutText() {}

    /** {@code PASS name (12 tests)}. The runner leaves a blank at the end where there is nothing to say, and so do we. */
    public static String line(TestResult result, boolean coloured) {
        String word = result.status().name();
        String colour = switch (result.status()) {
            case PASS -> GREEN;
            case FAIL -> RED;
            case SKIP -> YELLOW;
        };
        return (coloured ? colour + word + PLAIN : word) + " " + result.test().name() + " " + result.remark();
    }
}
