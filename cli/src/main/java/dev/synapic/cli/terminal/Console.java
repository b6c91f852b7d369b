// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The streams that a command reads and writes.
 *
 * @param in what somebody types
 * @param out results; buffered, flushed at the end and where a command says so
 * @param err messages and progress
 * @param interactive whether somebody watches err on a terminal
 */
public record Console(InputStream in, PrintStream out, PrintStream err, boolean interactive) {
    private static final int BUFFER_BYTES = 1 << 16;
    private static final int STANDARD_INPUT = 0;
    private static final int STANDARD_OUTPUT = 1;
    private static final int STANDARD_ERROR = 2;

    /** The streams of this process. */
    public static Console ofProcess() {
        FileOutputStream output = new FileOutputStream(FileDescriptor.out);
        PrintStream out =
                new PrintStream(new BufferedOutputStream(output, BUFFER_BYTES), false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        return new Console(System.in, out, err, isTerminal(STANDARD_ERROR));
    }

    /** Whether somebody types on a terminal that is standard input. */
    public boolean inputInteractive() {
        return in.equals(System.in) && isTerminal(STANDARD_INPUT);
    }

    /** Whether somebody watches standard output, where it is this process's, on a terminal. */
    public boolean outputInteractive() {
        return interactive && isTerminal(STANDARD_OUTPUT);
    }

    /** Java knows only whether standard input and output are a terminal; Linux tells about each. */
    private static boolean isTerminal(int descriptor) {
        try {
            Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
            return target.startsWith("/dev/pts") || target.toString().startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException e) {
            java.io.Console console = System.console();
            return console != null && console.isTerminal();
        }
    }
}
