// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.terminal.Interruption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/** Runs machines beside each other. Each is one thread and deterministic, so that this only saves time. */
final class SideBySide {
    private static final int MOST_THREADS = 2;

    private SideBySide() {}

    /** Machines that run at the same time. */
    static int threads() {
        return Math.min(MOST_THREADS, Runtime.getRuntime().availableProcessors());
    }

    /** What came of each, in their order. Where one fails the others are ended, and its exception is thrown. */
    static <C, O> List<O> run(List<C> cells, Function<C, O> machine, Interruption interruption) {
        try (ExecutorService threads = Executors.newFixedThreadPool(threads())) {
            List<Future<O>> running = cells.stream()
                    .map(cell -> threads.submit(() -> machine.apply(cell)))
                    .toList();
            List<O> outcomes = new ArrayList<>();
            try {
                for (Future<O> future : running) {
                    outcomes.add(future.get());
                }
            } catch (ExecutionException | InterruptedException e) {
                interruption.request();
                throw unwrapped(e);
            }
            return outcomes;
        }
    }

    private static RuntimeException unwrapped(Exception e) {
        return switch (e.getCause()) {
            case RuntimeException cause -> cause;
            case Error error -> throw error;
            case null, default -> new IllegalStateException(e);
        };
    }
}
