// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one test ended.
 *
 * @param summary what the test says of itself, without parentheses, or null
 * @param reason why there is no summary to go by, or null
 * @param known why it is known to fail, or null where nobody said so
 * @param virtualPs how long it ran in its own time
 * @param hostTime how long that took
 * @param command the words that QEMU would have been started with; empty where it did not come to that
 * @param internalError whether the engine, not the guest, is at fault
 */
public record TestResult(
        UnitTest test,
        Status status,
        @Nullable String summary,
        @Nullable String reason,
        @Nullable String known,
        Checks checks,
        long virtualPs,
        Duration hostTime,
        List<String> command,
        boolean internalError) {
    /** The runner's three words. */
    public enum Status {
        PASS,
        FAIL,
        SKIP
    }

    public TestResult {
        command = List.copyOf(command);
    }

    static TestResult skipped(UnitTest test, String reason) {
        return new TestResult(test, Status.SKIP, null, reason, null, Checks.NONE, 0, Duration.ZERO, List.of(), false);
    }

    TestResult knownFor(String why) {
        return new TestResult(test, status, summary, reason, why, checks, virtualPs, hostTime, command, internalError);
    }

    /** Whether this is a failure that nobody has announced. */
    public boolean isNewFailure() {
        return status == Status.FAIL && (known == null || internalError);
    }

    public boolean isKnownFailure() {
        return status == Status.FAIL && !isNewFailure();
    }

    /** What stands after the name: the summary or a reason, in parentheses. Empty where there is neither, as the runner has it. */
    public String remark() {
        if (isKnownFailure()) {
            return "(known: " + known + ")";
        }
        if (reason != null) {
            return "(" + reason + ")";
        }
        return summary == null ? "" : "(" + summary + ")";
    }
}
