// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import java.io.PrintStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One line that moves on a terminal; otherwise a line now and then. */
final class Progress {
    private static final long TERMINAL_NANOS = 500_000_000L;
    private static final long PIPE_NANOS = 30_000_000_000L;

    private final String name;
    private final PrintStream out;
    private final boolean terminal;
    private final long start = System.nanoTime();
    private long shown = start;

    Progress(String name, PrintStream out, boolean terminal) {
        this.name = name;
        this.out = out;
        this.terminal = terminal;
    }

    double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    void show(long executions, String unit, @Nullable String more) {
        long now = System.nanoTime();
        if (now - shown >= (terminal ? TERMINAL_NANOS : PIPE_NANOS)) {
            shown = now;
            out.print((terminal ? "\r\033[K" : "") + line(executions, unit, more) + (terminal ? "" : "\n"));
            out.flush();
        }
    }

    void end(long executions, String unit, String more) {
        out.println((terminal ? "\r\033[K" : "") + line(executions, unit, more));
    }

    private String line(long executions, String unit, @Nullable String more) {
        double seconds = seconds();
        return String.format(
                Locale.ROOT,
                "%-13s %5.0f s %,14d %s, %,9.0f/s%s",
                name,
                seconds,
                executions,
                unit,
                executions / Math.max(seconds, 0.001),
                more == null ? "" : ", " + more);
    }
}
