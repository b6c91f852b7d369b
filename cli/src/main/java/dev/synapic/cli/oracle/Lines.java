// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * The lines of a stream of bytes, each at most so long; what is longer is passed over. Before it waits for more it calls idle, so
 * that a client that awaits a reply gets it.
 */
final class Lines {
    private static final int FIRST_BYTES = 1 << 16;

    private final InputStream in;
    private final int longest;
    private final Runnable idle;
    private byte[] buffer;
    private int start;
    private int end;
    private int lineStart;
    private int lineLength;
    private boolean tooLong;
    private boolean ended;

    Lines(InputStream in, int longest, Runnable idle) {
        this.in = in;
        this.longest = longest;
        this.idle = idle;
        this.buffer = new byte[Math.min(FIRST_BYTES, longest + 1)];
    }

    /** The next line, without its end; false where there is none. */
    boolean next() throws IOException {
        tooLong = false;
        int scanned = 0;
        while (true) {
            for (int i = start + scanned; i < end; i++) {
                if (buffer[i] == '\n') {
                    take(i, i + 1);
                    return true;
                }
            }
            if (ended) {
                boolean rest = start < end || tooLong;
                take(end, end);
                return rest;
            }
            scanned = end - start;
            if (scanned > longest) {
                tooLong = true;
                start = end;
                scanned = 0;
            }
            fill();
        }
    }

    private void take(int lineEnd, int next) {
        lineStart = start;
        lineLength = lineEnd - start;
        tooLong |= lineLength > longest;
        start = next;
    }

    private void fill() throws IOException {
        System.arraycopy(buffer, start, buffer, 0, end - start);
        end -= start;
        start = 0;
        if (end == buffer.length) {
            buffer = Arrays.copyOf(buffer, (int) Math.min(2L * end, longest + 1L));
        }
        if (in.available() == 0) {
            idle.run();
        }
        int read = in.read(buffer, end, buffer.length - end);
        ended = read < 0;
        end += Math.max(0, read);
    }

    /** Whether the line was longer than it may be; its bytes are gone. */
    boolean tooLong() {
        return tooLong;
    }

    byte[] bytes() {
        return buffer;
    }

    /** Where the line begins in {@link #bytes}. */
    int from() {
        return lineStart;
    }

    int length() {
        return lineLength;
    }

    /** Whether nothing stands in the line but white space. */
    boolean isBlank() {
        for (int i = lineStart; i < lineStart + lineLength; i++) {
            if (buffer[i] != ' ' && buffer[i] != '\t' && buffer[i] != '\r') {
                return false;
            }
        }
        return true;
    }
}
