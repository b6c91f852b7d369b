// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.bench.BenchProgress;
import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import dev.synapic.cli.bench.Scenario;
import java.io.PrintStream;

/** One line on a terminal that moves as the benchmark does. Threading: any. */
final class ProgressLine implements BenchProgress, AutoCloseable {
    private static final int BAR = 24;
    private static final String CLEAR = "\r\u001b[K";

    private final PrintStream err;
    private final int machines;
    private int done;

    ProgressLine(PrintStream err, int machines) {
        this.err = err;
        this.machines = machines;
    }

    @Override
    public synchronized void begins(Cell cell, Scenario scenario) {
        show(cell.title() + ": " + scenario.option());
    }

    @Override
    public synchronized void finished(Cell cell) {
        done++;
        show(cell.title() + ": done");
    }

    private void show(String what) {
        int full = BAR * done / machines;
        err.print(CLEAR + "[" + "#".repeat(full) + ".".repeat(BAR - full) + "] " + done + "/" + machines + "  " + what);
        err.flush();
    }

    @Override
    public synchronized void close() {
        err.print(CLEAR);
        err.flush();
    }
}
