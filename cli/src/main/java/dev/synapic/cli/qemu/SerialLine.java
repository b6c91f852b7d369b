// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.Keyboard;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.ConsoleInput;
import java.io.BufferedOutputStream;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Where COM1 leads: what it sends is passed on line by line, what it receives comes from standard input or from nowhere. */
final class SerialLine implements IntConsumer, AutoCloseable {
    private final @Nullable PrintStream out;
    private final boolean owned;
    private final ConsoleInput keys;

    private SerialLine(@Nullable PrintStream out, boolean owned, ConsoleInput keys) {
        this.out = out;
        this.owned = owned;
        this.keys = keys;
    }

    /** What an argument of {@code -serial} names. */
    static SerialLine open(@Nullable String argument, Console console) {
        if (argument == null || argument.equals("none") || argument.equals("null")) {
            return new SerialLine(null, false, ConsoleInput.NONE);
        }
        if (argument.equals("stdio") || argument.equals("mon:stdio")) {
            return new SerialLine(console.out(), false, Keyboard.of(console.in()));
        }
        if (argument.startsWith("file:")) {
            String file = argument.substring("file:".length());
            try {
                return new SerialLine(
                        new PrintStream(
                                new BufferedOutputStream(new FileOutputStream(file)), false, StandardCharsets.UTF_8),
                        true,
                        ConsoleInput.NONE);
            } catch (FileNotFoundException e) {
                throw new ConfigurationException(
                        "-serial %s: Could not open '%s': No such file or directory".formatted(argument, file));
            }
        }
        throw new ConfigurationException(
                "-serial %s: '%s' is not a valid char driver".formatted(argument, argument.split(":", 2)[0]));
    }

    ConsoleInput keys() {
        return keys;
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
