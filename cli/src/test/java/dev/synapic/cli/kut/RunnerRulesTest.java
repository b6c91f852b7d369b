// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.kut.TestResult.Status;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Source: kvm-unit-tests' scripts/vmm.bash (the meaning of exit statuses), runtime.bash and lib/report.c. */
class RunnerRulesTest {
    @ParameterizedTest
    @CsvSource({
        "1, '', PASS",
        "1, 'qemu: warning: x', PASS",
        "1, 'qemu: Warning: x\nqemu: error', FAIL",
        "0, '', FAIL",
        "3, '', FAIL",
        "77, '', SKIP",
        "127, '', FAIL",
        "4, 'qemu: deadlock', FAIL",
    })
    void statusIsByIsaDebugExitAndStandardError(int exitStatus, String errors, Status expected) {
        assertThat(RunnerRules.status(exitStatus, errors)).isEqualTo(expected);
    }

    @Test
    void onlyTheSentenceOfAMissingKernelMeansThatTheOptionsAreFine() {
        assertThat(RunnerRules.missesOnlyTheKernel(
                        "qemu: could not open kernel file '_NO_FILE_4Uhere_': No such file or directory\n"))
                .isTrue();
        assertThat(RunnerRules.missesOnlyTheKernel("qemu: -foo: invalid option\n"))
                .isFalse();
        assertThat(RunnerRules.missesOnlyTheKernel("qemu: could not open kernel file 'x'\n"))
                .isFalse();
        assertThat(RunnerRules.missesOnlyTheKernel("")).isFalse();
    }

    private static TestOutput printed(String text) throws IOException {
        TestOutput output = new TestOutput(OutputStream.nullOutputStream());
        output.write(text.getBytes(StandardCharsets.UTF_8));
        return output;
    }

    @Test
    void theSummaryIsInTheLastFiveLines() throws IOException {
        assertThat(printed("SUMMARY: 3 tests\r\n1\n2\n3\n4\n").summary()).contains("3 tests");
        assertThat(printed("SUMMARY: 3 tests\n1\n2\n3\n4\n5\n").summary()).isEmpty();
        assertThat(printed("SUMMARY: 3 tests\n1\n2\n3\n4\n5").summary())
                .as("an unfinished line counts")
                .isEmpty();
    }

    @Test
    void checksAreTheSummarys() throws IOException {
        Checks checks = printed("PASS: a\nFAIL: b: c\n"
                        + "SUMMARY: 9 tests, 1 unexpected failures, 2 known failures, 1 expected failures, 2 skipped\n")
                .checks();
        assertThat(checks.total()).isEqualTo(9);
        assertThat(checks.failed()).isEqualTo(1);
        assertThat(checks.expectedFailures()).isEqualTo(3);
        assertThat(checks.skipped()).isEqualTo(2);
        assertThat(checks.passed()).isEqualTo(3);
        assertThat(checks.failures()).containsExactly("b: c");
    }

    @Test
    void withoutASummaryChecksAreCountedByTheirLines() throws IOException {
        Checks checks = printed("PASS: a\nPASS: b\nFAIL: c\nSKIP: d\nUnhandled exception\n")
                .checks();
        assertThat(checks.total()).isEqualTo(4);
        assertThat(checks.passed()).isEqualTo(2);
    }

    @Test
    void aGuestThatPrintsWithoutEndIsKeptSmall() throws IOException {
        TestOutput output = printed("x");
        byte[] much = "FAIL: y".repeat(1000).getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 100; i++) {
            output.write(much);
        }
        output.write("\nFAIL: z\n".repeat(100).getBytes(StandardCharsets.UTF_8));
        assertThat(output.checks().failures()).hasSize(20);
        assertThat(output.checks().failed()).isEqualTo(100);
    }

    @Test
    void theEnvironmentIsTheRunners() {
        assertThat(TestEnvironment.text("tcg", "QEMU emulator version 7.2.0 (Synapic 1)", "6.1.0-18-amd64", false))
                .isEqualTo("""
                    TARGET=
                    QEMU_ACCEL=tcg
                    QEMU_VERSION_STRING=QEMU emulator version 7.2.0 (Synapic 1)
                    QEMU_MAJOR=7
                    QEMU_MINOR=2
                    QEMU_MICRO=0
                    KERNEL_VERSION_STRING=6.1.0-18-amd64
                    KERNEL_VERSION=6
                    KERNEL_PATCHLEVEL=1
                    KERNEL_SUBLEVEL=0
                    KERNEL_EXTRAVERSION=18
                    ERRATA_FORCE=y
                    """);
        assertThat(TestEnvironment.text("kvm", "", "", false)).doesNotContain("ERRATA");
        assertThat(TestEnvironment.text("kvm", "", "", true)).contains("ERRATA_FORCE=y\n");
    }

    @ParameterizedTest
    @CsvSource({"30, 30000", "90s, 90000", "2m, 120000", "0.5, 500", "1h, 3600000", "0, 0", "0s, 0"})
    void timeoutsAreThoseOfTimeout(String text, long millis) {
        TestTimeout timeout = TestTimeout.parse("timeout", text);
        assertThat(timeout.duration().toMillis()).isEqualTo(millis);
        assertThat(timeout.isForEver()).isEqualTo(millis == 0);
    }
}
