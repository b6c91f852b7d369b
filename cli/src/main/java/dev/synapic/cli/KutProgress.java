// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.kut.KutText;
import dev.synapic.cli.kut.SuiteRun;
import dev.synapic.cli.kut.TestResult;
import dev.synapic.cli.kut.UnitTest;
import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.ProgressBar;

/** Prints results as they come in, with a moving line below them on a terminal. Threading: any. */
final class KutProgress implements SuiteRun.Listener, AutoCloseable {
    private final Console console;
    private final ProgressBar bar;
    private final boolean quiet;
    private final boolean coloured;
    private int done;

    /** quiet prints no results. */
    KutProgress(Console console, int tests, boolean quiet) {
        this.console = console;
        this.bar = new ProgressBar(console.err(), Math.max(1, tests));
        this.quiet = quiet;
        this.coloured = console.outputInteractive();
    }

    @Override
    public synchronized void finished(UnitTest test) {
        done++;
        if (console.interactive()) {
            bar.show(done, test.name());
        }
    }

    @Override
    public synchronized void result(TestResult result) {
        if (quiet) {
            return;
        }
        close();
        console.out().println(KutText.line(result, coloured));
        console.out().flush();
    }

    @Override
    public synchronized void close() {
        if (console.interactive()) {
            bar.clear();
        }
    }
}
