// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The terminal that standard input is, in a mode in which each key comes at once and none means anything: not Ctrl-C, which is the guest's then.
 * What is printed is still treated as usual. By stty, since Java has no way of its own.
 *
 * <p>Threading: any. The terminal is as before after {@link #close}, and also where the process ends without it, by a signal or an exit; not
 * where it is killed.
 */
public final class RawTerminal implements AutoCloseable {
    private static final List<String> RAW = List.of(
            "-icanon", "-echo", "-isig", "-iexten", "-ixon", "-icrnl", "-inlcr", "-igncr", "-istrip", "-brkint", "min",
            "1", "time", "0");

    private final String before;
    private final AtomicBoolean restored = new AtomicBoolean();

    private RawTerminal(String before) {
        this.before = before;
    }

    /** Changes the mode; empty where that cannot be done, as without stty. */
    public static Optional<RawTerminal> enter() {
        Optional<String> before = stty(List.of("-g"));
        if (before.isEmpty()) {
            return Optional.empty();
        }
        RawTerminal terminal = new RawTerminal(before.get().strip());
        Runtime.getRuntime().addShutdownHook(new Thread(terminal::close, "synapic-terminal"));
        if (stty(RAW).isEmpty()) {
            terminal.close();
            return Optional.empty();
        }
        return Optional.of(terminal);
    }

    @Override
    public void close() {
        if (!restored.getAndSet(true)) {
            stty(List.of(before));
        }
    }

    /** What it printed, or nothing where it failed. It works on its standard input, which is ours. */
    private static Optional<String> stty(List<String> arguments) {
        List<String> command = new ArrayList<>(arguments);
        command.addFirst("stty");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectInput(ProcessBuilder.Redirect.INHERIT)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? Optional.of(printed) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
