// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import java.io.PrintStream;

/** A line on a terminal that shows how much is done, and gives way to what is printed. Threading: one at a time. */
public final class ProgressBar {
    private static final int WIDTH = 24;
    private static final String CLEAR = "\r\u001b[K";

    private final PrintStream err;
    private final int total;

    /** total is at least 1. */
    public ProgressBar(PrintStream err, int total) {
        this.err = err;
        this.total = total;
    }

    public void show(int done, String what) {
        int full = WIDTH * done / total;
        err.print(CLEAR + "[" + "#".repeat(full) + ".".repeat(WIDTH - full) + "] " + done + "/" + total + "  " + what);
        err.flush();
    }

    public void clear() {
        err.print(CLEAR);
        err.flush();
    }
}
