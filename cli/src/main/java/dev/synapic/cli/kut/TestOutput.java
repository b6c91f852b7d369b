// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Reads along with what a test prints and passes it on. Keeps its end, its failed checks and its counts, however much it is.
 *
 * <p>Threading: any; a test that does not stop may still print when its result is read.
 */
final class TestOutput extends OutputStream {
    private static final int END_LINES = 5;
    private static final int MOST_LINE_BYTES = 4096;
    private static final int MOST_FAILURES = 20;
    private static final long MOST_LOGGED_BYTES = 64L << 20;
    private static final String SUMMARY = "SUMMARY: ";

    private final OutputStream log;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final Deque<String> end = new ArrayDeque<>();
    private final List<String> failures = new ArrayList<>();
    private long logged;
    private int passed;
    private int failed;
    private int skipped;

    TestOutput(OutputStream log) {
        this.log = log;
    }

    @Override
    public synchronized void write(int b) throws IOException {
        if (logged++ < MOST_LOGGED_BYTES) {
            log.write(b);
        }
        if (b == '\n') {
            endLine();
        } else if (line.size() < MOST_LINE_BYTES) {
            line.write(b);
        }
    }

    private void endLine() {
        String text = line.toString(StandardCharsets.UTF_8).replaceFirst("\r$", "");
        line.reset();
        end.addLast(text);
        if (end.size() > END_LINES) {
            end.removeFirst();
        }
        if (text.startsWith("PASS: ")) {
            passed++;
        } else if (text.startsWith("SKIP: ")) {
            skipped++;
        } else if (text.startsWith("FAIL: ")) {
            failed++;
            if (failures.size() < MOST_FAILURES) {
                failures.add(text.substring("FAIL: ".length()));
            }
        }
    }

    @Override
    public synchronized void flush() throws IOException {
        log.flush();
    }

    /** What follows {@code SUMMARY:} in the last five lines; the runner looks no further. */
    synchronized Optional<String> summary() {
        return lastLines().stream()
                .filter(text -> text.startsWith(SUMMARY))
                .map(text -> text.substring(SUMMARY.length()))
                .reduce((earlier, later) -> later);
    }

    /** By the summary; of a test that did not get so far, what it had reported. */
    synchronized Checks checks() {
        return summary()
                .map(summary -> Checks.ofSummary(summary, failures))
                .orElseGet(() -> new Checks(passed + failed + skipped, failed, 0, skipped, failures));
    }

    private List<String> lastLines() {
        List<String> lines = new ArrayList<>(end);
        if (line.size() > 0) {
            lines.add(line.toString(StandardCharsets.UTF_8));
        }
        return lines.subList(Math.max(0, lines.size() - END_LINES), lines.size());
    }
}
