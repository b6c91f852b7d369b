// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How all tests of a suite are run; what the runner takes from its environment.
 *
 * @param accel kvm, tcg, or empty: both, as each test likes it; it is the same engine
 * @param checks whether a test's files of the host are looked at
 * @param allErrata whether all errata count as mended
 * @param timeout in place of the tests' own, or null
 * @param seed the machines'
 * @param epochSeconds when the machines' calendar starts, and the answer to {@code date +%s}
 * @param logs where each test's output goes, or null
 */
public record SuiteOptions(
        String accel,
        boolean checks,
        boolean allErrata,
        @Nullable TestTimeout timeout,
        long seed,
        long epochSeconds,
        @Nullable Path logs) {
    /** What a test's words may refer to. */
    Map<String, String> variables(SuiteBuild build, UnitTest test) {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put(ShellWords.DATE, Long.toString(epochSeconds));
        variables.put("ACCEL", accel);
        variables.put("ARCH", build.arch());
        variables.put("CONFIG_EFI", "");
        variables.put("MACHINE", "");
        variables.put("MAX_SMP", Integer.toString(Runtime.getRuntime().availableProcessors()));
        variables.put("TARGET", "qemu");
        variables.put("TESTNAME", test.name());
        return variables;
    }

    /** The accelerator that one test is told of. */
    String accelOf(UnitTest test) {
        String chosen = accel.isEmpty() ? test.accel() : accel;
        return chosen.isEmpty() ? "tcg" : chosen;
    }

    /** Throws {@link dev.synapic.machine.ConfigurationException} where the test's own is none. */
    public TestTimeout timeoutOf(UnitTest test) {
        return timeout == null
                ? TestTimeout.parse("[" + test.name() + "], line " + test.line() + ": timeout", test.timeout())
                : timeout;
    }
}
