// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.Interruption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One test and its guest, by guests that only pretend. */
class TestRunTest {
    @TempDir
    private Path directory;

    private final List<List<String>> started = new ArrayList<>();

    @BeforeEach
    void kernel() throws IOException {
        Files.writeString(directory.resolve("a.flat"), "kernel");
    }

    private interface Guest {
        int run(Console console, Interruption interruption) throws InterruptedException;
    }

    /** As QEMU: misses a kernel that is not there, and otherwise does what the guest does. */
    private GuestRun qemu(Guest guest, @Nullable String stopped) {
        return (words, console, interruption) -> {
            started.add(words);
            if (words.contains(RunnerRules.missingKernel())) {
                console.err().println("qemu: could not open kernel file '" + RunnerRules.missingKernel() + "'");
                return new GuestRun.End(1, 0, null);
            }
            try {
                return new GuestRun.End(guest.run(console, interruption), 7, stopped);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };
    }

    private TestResult run(String section, GuestRun guests) {
        return run(section, guests, "", true);
    }

    private TestResult run(String section, GuestRun guests, String accel, boolean checks) {
        UnitTest test =
                SuiteConfig.parse("x.cfg", section.lines().toList()).tests().getFirst();
        SuiteOptions options = new SuiteOptions(accel, checks, false, null, 5, 1_767_225_600L, null);
        SuiteBuild build = new SuiteBuild(directory, "x86_64", true);
        try (EnvironmentFiles environments = new EnvironmentFiles("QEMU emulator version 7.2.0", false)) {
            return new TestRun(test, build, options, guests).result(false, environments);
        }
    }

    private static String line(TestResult result) {
        return KutText.line(result, false);
    }

    @Test
    void theWordsAreTheRunners() {
        run(
                "[a]\nfile = a.flat\nsmp = 2\ntest_args = \"x `date +%s`\"\nextra_params = -cpu max -m 64\n",
                qemu((console, stop) -> 1, null));
        assertThat(String.join(" ", started.getLast()).replaceFirst("-initrd .*", "-initrd"))
                .isEqualTo("--no-reboot -nodefaults -global kvm-pit.lost_tick_policy=discard -device pc-testdev"
                        + " -device isa-debug-exit,iobase=0xf4,iosize=0x4 -display none -serial stdio -device"
                        + " pci-testdev -rtc base=2026-01-01T00:00 -seed 5 -machine accel=tcg -kernel "
                        + directory.resolve("a.flat")
                        + " -smp 2 -append x 1767225600 -cpu max -m 64 -initrd");
        assertThat(started)
                .as("the first run asks whether the options are fine")
                .hasSize(2);
    }

    @Test
    void aPassShowsItsSummary() {
        TestResult result = run(
                "[a]\nfile = a.flat\n",
                qemu(
                        (console, stop) -> {
                            console.out().print("PASS: x\nSUMMARY: 2 tests, 1 skipped\n");
                            return 1;
                        },
                        null));
        assertThat(line(result)).isEqualTo("PASS a (2 tests, 1 skipped)");
        assertThat(result.virtualPs()).isEqualTo(7);
    }

    @Test
    void withoutASummaryABlankFollowsTheName() {
        assertThat(line(run("[a]\nfile = a.flat\n", qemu((console, stop) -> 1, null))))
                .isEqualTo("PASS a ");
        assertThat(line(run("[a]\nfile = a.flat\n", qemu((console, stop) -> 127, null))))
                .isEqualTo("FAIL a ");
    }

    @Test
    void aLineOnStandardErrorFailsATest() {
        TestResult result = run(
                "[a]\nfile = a.flat\n",
                qemu(
                        (console, stop) -> {
                            console.out().print("SUMMARY: 1 tests\n");
                            console.err().print("qemu: something\n");
                            return 1;
                        },
                        null));
        assertThat(line(result)).isEqualTo("FAIL a (1 tests)");
    }

    @Test
    void aMachineThatEndsByItselfSaysWhy() {
        assertThat(line(run("[a]\nfile = a.flat\n", qemu((console, stop) -> 4, "deadlock: nothing can wake any vCPU"))))
                .isEqualTo("FAIL a (deadlock: nothing can wake any vCPU)");
    }

    @Test
    void aTestThatTakesTooLongIsStopped() {
        TestResult result = run(
                "[a]\nfile = a.flat\ntimeout = 0.01\n",
                qemu(
                        (console, stop) -> {
                            CountDownLatch stopped = new CountDownLatch(1);
                            stop.during(stopped::countDown, () -> awaited(stopped));
                            return 130;
                        },
                        null));
        assertThat(line(result)).isEqualTo("FAIL a (timeout; duration=0.01)");
        assertThat(result.internalError()).isFalse();
    }

    private static boolean awaited(CountDownLatch latch) {
        try {
            latch.await();
            return true;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anErrorOfTheEngineIsNotTheGuests() {
        TestResult result = run(
                "[a]\nfile = a.flat\n",
                qemu(
                        (console, stop) -> {
                            throw new IllegalStateException("broken\ninvariant");
                        },
                        null));
        assertThat(line(result))
                .isEqualTo("FAIL a (internal error: java.lang.IllegalStateException: broken invariant)");
        assertThat(KutSummary.of(List.of(result)).exitStatus()).isEqualTo(70);
    }

    @Test
    void optionsThatAreRefusedSkipTheTest() {
        TestResult result = run("[a]\nfile = a.flat\n", (words, console, stop) -> {
            console.err().println("qemu: first\nqemu: -foo: invalid option");
            return new GuestRun.End(1, 0, null);
        });
        assertThat(line(result)).isEqualTo("SKIP a (qemu: -foo: invalid option)");
    }

    @Test
    void conditionsSkipInTheRunnersOrderAndWords() throws IOException {
        GuestRun guests = qemu((console, stop) -> 1, null);
        Files.writeString(directory.resolve("yes"), "Y\n");
        String yes = directory.resolve("yes").toString();
        assertThat(line(run("[a]\nfile = a.flat\narch = i386\n", guests))).isEqualTo("SKIP a (i386 only)");
        assertThat(line(run("[a]\nfile = a.flat\naccel = kvm\n", guests, "tcg", true)))
                .isEqualTo("SKIP a (kvm only, but ACCEL=tcg)");
        assertThat(line(run("[a]\nfile = a.flat\naccel = kvm\n", guests))).isEqualTo("PASS a ");
        assertThat(line(run("[a]\nfile = a.flat\ndisabled_if = [ a = a ]\n", guests)))
                .isEqualTo("SKIP a (disabled because: [ a = a ])");
        assertThat(line(run("[a]\nfile = a.flat\ncheck = " + yes + "=Y\n", guests)))
                .isEqualTo("PASS a ");
        assertThat(line(run("[a]\nfile = a.flat\ncheck = " + yes + "=Y /none=1\n", guests)))
                .isEqualTo("SKIP a (/none not equal to 1)");
        assertThat(line(run("[a]\nfile = a.flat\ncheck = /none=1\n", guests, "", false)))
                .isEqualTo("PASS a ");
        assertThat(line(run("[a]\nfile = b.flat\n", guests)))
                .isEqualTo("SKIP a (Test file '" + directory.resolve("b.flat") + "' not found)");
        assertThat(line(run("[a]\nfile = a.flat\ntest_args = `id`\n", guests)))
                .isEqualTo("SKIP a (`id` is not run: only `date +%s` is known)");
    }
}
