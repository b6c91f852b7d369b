// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs tests side by side and tells their results in the suite's order.
 *
 * <p>Threading: {@link #run} on one thread; {@link #interrupt} from any.
 */
public final class SuiteRun {
    private final SuiteBuild build;
    private final SuiteOptions options;
    private final KnownFailures known;
    private final GuestRun guests;
    private final EnvironmentFiles environments;
    private final Set<TestRun> running = new HashSet<>();
    private boolean interrupted;

    /** qemuVersion is told to the tests. */
    public SuiteRun(SuiteBuild build, SuiteOptions options, KnownFailures known, GuestRun guests, String qemuVersion) {
        this.build = build;
        this.options = options;
        this.known = known;
        this.guests = guests;
        this.environments = new EnvironmentFiles(qemuVersion, options.allErrata());
    }

    /** Hears of results. */
    public interface Listener {
        /** In any order, from any thread. */
        void finished(UnitTest test);

        /** In the suite's order, on the thread of {@link SuiteRun#run}. */
        void result(TestResult result);
    }

    /** All results, in order; where it is interrupted, those before the first test that was not done. */
    public List<TestResult> run(List<UnitTest> tests, Selection selection, int workers, Listener listener) {
        List<TestResult> results = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(workers)) {
            List<Future<TestResult>> futures = tests.stream()
                    .map(test -> pool.submit(() -> result(test, selection.holdsBack(test), listener)))
                    .toList();
            for (Future<TestResult> future : futures) {
                TestResult result = await(future);
                if (isInterrupted()) {
                    break;
                }
                results.add(result);
                listener.result(result);
            }
        } finally {
            environments.close();
        }
        return results;
    }

    private static TestResult await(Future<TestResult> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private TestResult result(UnitTest test, boolean heldBack, Listener listener) {
        TestRun run = new TestRun(test, build, options, guests);
        synchronized (this) {
            if (interrupted) {
                return TestResult.skipped(test, "interrupted");
            }
            running.add(run);
        }
        TestResult result = run.result(heldBack, environments);
        synchronized (this) {
            running.remove(run);
        }
        listener.finished(test);
        return known.applied(result);
    }

    /** Makes {@link #run} return soon. */
    public synchronized void interrupt() {
        interrupted = true;
        running.forEach(TestRun::interrupt);
    }

    public synchronized boolean isInterrupted() {
        return interrupted;
    }
}
