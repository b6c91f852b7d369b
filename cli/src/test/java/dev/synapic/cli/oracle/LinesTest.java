// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How input becomes lines, and when replies are handed over. */
class LinesTest {
    /** Gives at most so many bytes at a time. */
    private static InputStream dripping(String text, int most) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)) {
            @Override
            public synchronized int read(byte[] into, int at, int length) {
                return super.read(into, at, Math.min(length, most));
            }
        };
    }

    private static List<String> read(InputStream in, int longest) throws IOException {
        Lines lines = new Lines(in, longest, () -> {});
        List<String> read = new ArrayList<>();
        while (lines.next()) {
            read.add(
                    lines.tooLong()
                            ? "too long"
                            : new String(lines.bytes(), lines.from(), lines.length(), StandardCharsets.UTF_8));
        }
        return read;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 100})
    void linesAreTheSameHoweverTheyArrive(int bytesAtATime) throws IOException {
        assertThat(read(dripping("a\n\nfour\nfive5\nsixsix\n1\ntail", bytesAtATime), 5))
                .containsExactly("a", "", "four", "five5", "too long", "1", "tail");
        assertThat(read(dripping("12345\n123456", bytesAtATime), 5)).containsExactly("12345", "too long");
        assertThat(read(dripping("\n", bytesAtATime), 5)).containsExactly("");
        assertThat(read(dripping("", bytesAtATime), 5)).isEmpty();
    }

    /** A client that waits for each reply before it sends more gets it. */
    @Test
    @Timeout(60)
    void repliesAreHandedOverWhenNoRequestIsReady() throws Exception {
        PipedOutputStream requests = new PipedOutputStream();
        try (PipedInputStream oracleIn = new PipedInputStream(requests, 1 << 16);
                PipedInputStream replies = new PipedInputStream(1 << 16);
                PrintStream oracleOut = new PrintStream(new PipedOutputStream(replies), false, StandardCharsets.UTF_8);
                Oracle oracle = new Oracle(bug -> {})) {
            Thread thread = new Thread(() -> oracle.run(oracleIn, oracleOut, 1 << 20));
            thread.start();
            requests.write("{\"id\":1,\"op\":\"create\"}\n{\"id\":2,\"op\":\"re".getBytes(StandardCharsets.UTF_8));
            requests.flush();
            assertThat(line(replies)).startsWith("{\"id\":1,");
            requests.write("set\"}\n".getBytes(StandardCharsets.UTF_8));
            requests.flush();
            assertThat(line(replies)).startsWith("{\"id\":2,");
            requests.close();
            thread.join();
        }
    }

    /** As where replies go to head(1), while the requests have no end. */
    @Test
    @Timeout(60)
    void itEndsWhenNobodyReadsTheReplies() {
        byte[] request = "{\"op\":\"create\"}\n".getBytes(StandardCharsets.UTF_8);
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                throw new IllegalStateException("bytes are read in one piece");
            }

            @Override
            public int read(byte[] into, int at, int length) {
                int given = Math.min(length, request.length);
                System.arraycopy(request, 0, into, at, given);
                return given;
            }
        };
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int next) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        try (Oracle oracle = new Oracle(bug -> {})) {
            oracle.run(endless, new PrintStream(broken, false, StandardCharsets.UTF_8), 1 << 10);
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            line.append((char) next);
        }
        return line.toString();
    }
}
