// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What one test printed, in a file {@code NAME.log} where somebody wants one. */
final class TestLog implements AutoCloseable {
    private final OutputStream stream;

    private TestLog(OutputStream stream) {
        this.stream = stream;
    }

    static TestLog of(@Nullable Path directory, UnitTest test) {
        if (directory == null) {
            return new TestLog(OutputStream.nullOutputStream());
        }
        try {
            // A name is a file's text: it does not choose another directory.
            Path file = directory.resolve(test.name().replaceAll("[/\\\\\0]", "_") + ".log");
            return new TestLog(new BufferedOutputStream(Files.newOutputStream(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    OutputStream stream() {
        return stream;
    }

    void print(String text) {
        try {
            stream.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            stream.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
