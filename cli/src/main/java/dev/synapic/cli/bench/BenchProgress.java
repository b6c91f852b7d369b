// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.IpiBenchPlan.Cell;

/** Hears how far the benchmark is; from the threads that run machines. */
public interface BenchProgress {
    BenchProgress NONE = new BenchProgress() {};

    /** A machine begins a scenario. */
    default void begins(Cell cell, Scenario scenario) {}

    /** A machine is done. */
    default void finished(Cell cell) {}
}
