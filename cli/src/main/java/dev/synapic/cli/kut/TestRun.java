// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import dev.synapic.cli.kut.TestResult.Status;
import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.Interruption;
import dev.synapic.machine.HostClock;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One test from its section to its result, in the order of the suite's runner. Threading: the caller's, and one for the guest. */
final class TestRun {
    /** How long a machine may take to stop after it was asked to; much, since its host may be busy with other tests. */
    private static final Duration GRACE = Duration.ofMinutes(1);

    private final UnitTest test;
    private final SuiteBuild build;
    private final SuiteOptions options;
    private final GuestRun guests;
    private final Interruption interruption = new Interruption();

    TestRun(UnitTest test, SuiteBuild build, SuiteOptions options, GuestRun guests) {
        this.test = test;
        this.build = build;
        this.options = options;
        this.guests = guests;
    }

    /** Makes {@link #result} return soon. */
    void interrupt() {
        interruption.request();
    }

    TestResult result(boolean heldBack, EnvironmentFiles environments) {
        try {
            if (heldBack) {
                return TestResult.skipped(test, "test marked as manual run only");
            }
            String unmet = unmetCondition();
            return unmet.isEmpty() ? start(environments) : TestResult.skipped(test, unmet);
        } catch (ShellWords.Refused e) {
            return TestResult.skipped(test, String.valueOf(e.getMessage()));
        }
    }

    /** Why the test is not for here, or empty. */
    private String unmetCondition() throws ShellWords.Refused {
        if (!test.arch().isEmpty() && !test.arch().equals(build.arch())) {
            return test.arch() + " only";
        }
        if (!test.accel().isEmpty()
                && !options.accel().isEmpty()
                && !test.accel().equals(options.accel())) {
            return test.accel() + " only, but ACCEL=" + options.accel();
        }
        if (!test.disabledIf().isEmpty() && Condition.holds(test.disabledIf(), options.variables(build, test))) {
            return "disabled because: " + test.disabledIf();
        }
        if (options.checks() && !test.check().isBlank()) {
            for (String check : test.check().strip().split("\\s+")) {
                String path = check.split("=", 2)[0];
                String value = check.substring(check.indexOf('=') + 1);
                if (!HostFile.holds(path, value)) {
                    return path + " not equal to " + value;
                }
            }
        }
        Path kernel = build.kernel(test);
        return Files.isRegularFile(kernel) ? "" : "Test file '" + kernel + "' not found";
    }

    private TestResult start(EnvironmentFiles environments) throws ShellWords.Refused {
        TestCommand command = TestCommand.of(test, build, options);
        String refusal = refusal(command);
        if (!refusal.isEmpty()) {
            return TestResult.skipped(test, refusal);
        }
        String kernel = build.kernel(test).toString();
        List<String> shown = command.words(kernel);
        List<String> words =
                build.environment() ? command.words(kernel, environments.of(options.accelOf(test))) : shown;
        try (TestLog log = TestLog.of(options.logs(), test)) {
            log.print("synapic qemu " + TestCommand.text(shown) + "\n");
            return run(words, shown, log);
        }
    }

    /** What QEMU says against the options, found in a run without a kernel; or empty. */
    private String refusal(TestCommand command) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (PrintStream print = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            guests.run(
                    command.words(RunnerRules.missingKernel()),
                    new Console(InputStream.nullInputStream(), print, print, false),
                    new Interruption());
        }
        String text = printed.toString(StandardCharsets.UTF_8);
        boolean fine = RunnerRules.missesOnlyTheKernel(text);
        return fine ? "" : text.lines().reduce((a, b) -> b).orElse("QEMU ended without a word");
    }

    private TestResult run(List<String> words, List<String> shown, TestLog log) {
        TestOutput output = new TestOutput(log.stream());
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(output, false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(errors, true, StandardCharsets.UTF_8);
        TestTimeout timeout = options.timeoutOf(test);
        FutureTask<GuestRun.End> guest = new FutureTask<>(
                () -> guests.run(words, new Console(InputStream.nullInputStream(), out, err, false), interruption));
        long begin = HostClock.nanos();
        Thread.ofPlatform().daemon().name("kut-" + test.name()).start(guest);
        Verdict verdict = await(guest, timeout, errors);
        Duration taken = Duration.ofNanos(HostClock.nanos() - begin);
        out.flush();
        log.print(errors.toString(StandardCharsets.UTF_8));
        return new TestResult(
                test,
                verdict.status,
                output.summary().orElse(null),
                verdict.reason.isEmpty() ? null : verdict.reason,
                null,
                output.checks(),
                verdict.virtualPs,
                taken,
                shown,
                verdict.internalError);
    }

    /** What is known without the output; reason is empty where the output speaks for itself. */
    private record Verdict(Status status, String reason, long virtualPs, boolean internalError) {}

    private Verdict await(FutureTask<GuestRun.End> guest, TestTimeout timeout, ByteArrayOutputStream errors) {
        try {
            GuestRun.End end = timeout.isForEver()
                    ? guest.get()
                    : guest.get(timeout.duration().toNanos(), TimeUnit.NANOSECONDS);
            Status status = RunnerRules.status(end.exitStatus(), errors.toString(StandardCharsets.UTF_8));
            String stopped = end.stopped() == null ? "" : end.stopped();
            return new Verdict(status, status == Status.FAIL ? stopped : "", end.virtualPs(), false);
        } catch (TimeoutException e) {
            interruption.request();
            return timedOut(guest, "timeout; duration=" + timeout.text());
        } catch (ExecutionException e) {
            return internalError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            interruption.request();
            return new Verdict(Status.FAIL, "interrupted", 0, false);
        }
    }

    private static Verdict timedOut(FutureTask<GuestRun.End> guest, String reason) {
        try {
            GuestRun.End end = guest.get(GRACE.toNanos(), TimeUnit.NANOSECONDS);
            return new Verdict(Status.FAIL, reason, end.virtualPs(), false);
        } catch (TimeoutException e) {
            return new Verdict(Status.FAIL, reason + "; the machine did not stop", 0, true);
        } catch (ExecutionException e) {
            return internalError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Verdict(Status.FAIL, reason, 0, false);
        }
    }

    private static Verdict internalError(ExecutionException e) {
        String what = String.valueOf(e.getCause()).replaceAll("\\s*\\R\\s*", " ");
        return new Verdict(Status.FAIL, "internal error: " + what, 0, true);
    }
}
