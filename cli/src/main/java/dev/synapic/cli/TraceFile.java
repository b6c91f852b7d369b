// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.report.TraceText;
import dev.synapic.cli.terminal.OutputFile;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.machine.trace.TraceSink;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Writes events to a file. It is created by {@link #open}; what came before, while the machine was put together, is kept for it. */
final class TraceFile implements TraceSink, AutoCloseable {
    private final @Nullable OutputFile file;
    private final StringBuilder early = new StringBuilder();
    private @Nullable BufferedWriter writer;

    /** Without a file nothing is written. */
    TraceFile(@Nullable OutputFile file) {
        this.file = file;
    }

    void open() {
        if (file != null) {
            BufferedWriter opened = file.open();
            writer = opened;
            write(opened, early.toString());
            early.setLength(0);
        }
    }

    @Override
    public void event(TraceEvent event, int vcpu, long ps, long a, long b) {
        String line = TraceText.line(event, vcpu, ps, a, b) + "\n";
        if (writer == null) {
            early.append(line);
        } else {
            write(writer, line);
        }
    }

    private static void write(BufferedWriter writer, String text) {
        try {
            writer.write(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (writer != null) {
            try {
                writer.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
