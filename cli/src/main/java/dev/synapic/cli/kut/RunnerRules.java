// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import dev.synapic.cli.kut.TestResult.Status;
import java.util.Locale;

/** What the suite's runner makes of QEMU's exit status and of what is on standard error. */
final class RunnerRules {
    /** By isa-debug-exit: the test wrote 0. */
    private static final int GUEST_SUCCESS = 1;
    /** By isa-debug-exit: the test wrote 38, since all its checks were skipped. */
    private static final int GUEST_SKIPPED = 77;

    private static final String NO_KERNEL = "_NO_FILE_4Uhere_";

    private RunnerRules() {}

    /** A test passed where it said so itself and nothing but warnings is on standard error. An end without isa-debug-exit fails. */
    static Status status(int exitStatus, String standardError) {
        if (exitStatus == GUEST_SKIPPED) {
            return Status.SKIP;
        }
        boolean onlyWarnings = standardError
                .lines()
                .allMatch(line -> line.toLowerCase(Locale.ROOT).contains("warning"));
        return exitStatus == GUEST_SUCCESS && onlyWarnings ? Status.PASS : Status.FAIL;
    }

    /** The kernel of the first, short run, in which QEMU may refuse the options. */
    static String missingKernel() {
        return NO_KERNEL;
    }

    /** Whether that run failed for nothing but the missing kernel. */
    static boolean missesOnlyTheKernel(String printed) {
        return printed.lines()
                .anyMatch(line -> line.contains(NO_KERNEL)
                        && line.matches(".*([Cc]ould not (load|open) kernel|error loading|failed to load).*"));
    }
}
