// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import dev.synapic.cli.terminal.ExitStatus;
import java.util.List;

/** How a whole suite went. */
public record KutSummary(int passed, int failed, int knownFailures, int skipped, boolean internalError) {
    public static KutSummary of(List<TestResult> results) {
        return new KutSummary(
                count(results, TestResult.Status.PASS),
                (int) results.stream().filter(TestResult::isNewFailure).count(),
                (int) results.stream().filter(TestResult::isKnownFailure).count(),
                count(results, TestResult.Status.SKIP),
                results.stream().anyMatch(TestResult::internalError));
    }

    private static int count(List<TestResult> results, TestResult.Status status) {
        return (int)
                results.stream().filter(result -> result.status() == status).count();
    }

    /** An error of the engine comes first, since nothing that follows from it is worth much. */
    public int exitStatus() {
        if (internalError) {
            return ExitStatus.INTERNAL_ERROR;
        }
        return failed > 0 ? ExitStatus.TESTS_FAILED : ExitStatus.CLEAN;
    }

    public String line() {
        return "%d passed, %d failed%s, %d skipped"
                .formatted(passed, failed, knownFailures > 0 ? ", " + knownFailures + " known to fail" : "", skipped);
    }
}
