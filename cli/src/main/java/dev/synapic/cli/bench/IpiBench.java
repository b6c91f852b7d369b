// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import dev.synapic.cli.terminal.Interruption;
import dev.synapic.machine.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The IPI benchmark: a machine for each kind of APIC and each way to send. */
public final class IpiBench {
    /** Each machine is one thread and deterministic, so that two side by side only save time. */
    private static final int MOST_THREADS = 2;

    private final IpiBenchPlan plan;
    private final Interruption interruption;
    private final BenchProgress progress;

    public IpiBench(IpiBenchPlan plan, Interruption interruption, BenchProgress progress) {
        this.plan = plan;
        this.interruption = interruption;
        this.progress = progress;
    }

    /** Machines that run at the same time. */
    public static int threads() {
        return Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    }

    /** Runs all machines of the plan. Throws {@link GuestFailure} where one goes wrong. */
    public IpiBenchResult run() {
        List<IpiBenchRow> rows = new ArrayList<>();
        List<IpiBenchResult.Skipped> skipped = new ArrayList<>();
        long hash = 0;
        boolean interrupted = false;
        for (CellRun.Outcome outcome : outcomes()) {
            rows.addAll(outcome.rows());
            skipped.addAll(outcome.skipped());
            hash = Trace.mix(hash, outcome.traceHash());
            interrupted |= outcome.interrupted();
        }
        return new IpiBenchResult(plan, rows, skipped, hash, interrupted);
    }

    private List<CellRun.Outcome> outcomes() {
        try (ExecutorService threads = Executors.newFixedThreadPool(threads())) {
            List<Future<CellRun.Outcome>> running = plan.cells().stream()
                    .map(cell -> threads.submit(() -> outcome(cell)))
                    .toList();
            List<CellRun.Outcome> outcomes = new ArrayList<>();
            try {
                for (Future<CellRun.Outcome> machine : running) {
                    outcomes.add(machine.get());
                }
            } catch (ExecutionException | InterruptedException e) {
                interruption.request();
                throw unwrapped(e);
            }
            return outcomes;
        }
    }

    private CellRun.Outcome outcome(Cell cell) {
        if (interruption.requested()) {
            return new CellRun.Outcome(List.of(), List.of(), 0, true);
        }
        CellRun.Outcome outcome = new CellRun(plan, cell, progress).run(interruption);
        progress.finished(cell);
        return outcome;
    }

    private static RuntimeException unwrapped(Exception e) {
        return switch (e.getCause()) {
            case RuntimeException cause -> cause;
            case Error error -> throw error;
            case null, default -> new IllegalStateException(e);
        };
    }
}
