// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.IntConsumer;

/** Passes on what the guest prints, line by line or at once, and keeps the first part of it for a result in JSON. */
final class GuestConsole implements IntConsumer {
    private static final int MOST_KEPT_BYTES = 1 << 20;

    private final PrintStream out;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private boolean atLineStart = true;
    private boolean atOnce;
    private IntConsumer watcher = b -> {};

    GuestConsole(PrintStream out) {
        this.out = out;
    }

    /** Somebody else sees each byte too, behind this. */
    void watch(IntConsumer bytes) {
        watcher = bytes;
    }

    /** Somebody answers to what the guest prints: each byte is passed on at once. */
    void passOnAtOnce() {
        atOnce = true;
    }

    @Override
    public void accept(int b) {
        out.write(b);
        atLineStart = b == '\n';
        if (atLineStart || atOnce) {
            out.flush();
        }
        if (kept.size() < MOST_KEPT_BYTES) {
            kept.write(b);
        }
        watcher.accept(b);
    }

    /** Whether the guest has printed nothing. */
    boolean isEmpty() {
        return kept.size() == 0;
    }

    /** What follows on the stream begins a line of its own. */
    void end() {
        if (!atLineStart) {
            out.println();
        }
        out.flush();
    }

    /** What the guest printed; bytes that are no UTF-8 are replaced. */
    String text() {
        return kept.toString(StandardCharsets.UTF_8);
    }
}
