// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.cli.terminal.Console;
import java.io.BufferedOutputStream;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Where COM1 leads; each line is passed on at its end. */
final class SerialOutput implements IntConsumer, AutoCloseable {
    private final @Nullable PrintStream out;
    private final boolean owned;

    private SerialOutput(@Nullable PrintStream out, boolean owned) {
        this.out = out;
        this.owned = owned;
    }

    /** What an argument of {@code -serial} names. */
    static SerialOutput open(@Nullable String argument, boolean defaultDevices, Console console) {
        if (argument == null || argument.equals("none") || argument.equals("null")) {
            return new SerialOutput(null, false);
        }
        if (argument.equals("stdio") || argument.equals("mon:stdio")) {
            return new SerialOutput(console.out(), false);
        }
        if (argument.startsWith("file:")) {
            String file = argument.substring("file:".length());
            try {
                return new SerialOutput(
                        new PrintStream(new BufferedOutputStream(new FileOutputStream(file)), false, StandardCharsets.UTF_8),
                        true);
            } catch (FileNotFoundException e) {
                throw QemuError.of("-serial %s: Could not open '%s': No such file or directory".formatted(argument, file));
            }
        }
        throw QemuError.of("-serial %s: '%s' is not a valid char driver".formatted(argument, argument.split(":", 2)[0]));
    }

    @Override
    public void accept(int b) {
        if (out == null) {
            return;
        }
        out.write(b);
        if (b == '\n') {
            out.flush();
        }
    }

    @Override
    public void close() {
        if (out != null) {
            out.flush();
            if (owned) {
                out.close();
            }
        }
    }
}
