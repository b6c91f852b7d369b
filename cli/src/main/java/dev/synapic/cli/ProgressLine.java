// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.bench.BenchProgress;
import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import dev.synapic.cli.bench.Scenario;
import dev.synapic.cli.terminal.ProgressBar;
import java.io.PrintStream;

/** One line on a terminal that moves as the benchmark does. Threading: any. */
final class ProgressLine implements BenchProgress, AutoCloseable {
    private final ProgressBar bar;
    private int done;

    ProgressLine(PrintStream err, int machines) {
        this.bar = new ProgressBar(err, machines);
    }

    @Override
    public synchronized void begins(Cell cell, Scenario scenario) {
        bar.show(done, cell.title() + ": " + scenario.option());
    }

    @Override
    public synchronized void finished(Cell cell) {
        done++;
        bar.show(done, cell.title() + ": done");
    }

    @Override
    public synchronized void close() {
        bar.clear();
    }
}
