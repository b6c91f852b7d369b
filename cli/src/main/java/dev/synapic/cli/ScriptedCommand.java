// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.debian.CommandOutput;
import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.ExitStatus;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.MachineConfig;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --command}: one command in a guest, whose output and status become this program's. */
final class ScriptedCommand {
    private static final int LAST_LINES = 20;

    @Option(
            names = "--command",
            paramLabel = "S",
            description =
                    "With --guest debian: run this in the guest's shell, print its output, and end; the status is 0"
                            + " or 8.")
    private @Nullable String command;

    @Option(names = "-v", description = "With --command: the guest's console on standard error.")
    private boolean verbose;

    private final ByteArrayOutputStream captured = new ByteArrayOutputStream();
    private @Nullable CommandOutput output;
    private OptionalInt status = OptionalInt.empty();

    ScriptedCommand() {}

    /** What the guest's shell is to run, or null for a guest of its own. */
    @Nullable
    String text() {
        return command;
    }

    /** debian tells whether the guest is one that can run a command. */
    void check(boolean debian) {
        if (command != null && !debian) {
            throw new ConfigurationException("--command: only --guest debian has a shell that takes it");
        }
        if (command == null && verbose) {
            throw new ConfigurationException("-v: without --command the guest's console is shown anyway");
        }
    }

    /** Where the guest's console goes that is otherwise on that stream. */
    PrintStream consoleStream(PrintStream otherwise, Console console) {
        if (command == null) {
            return otherwise;
        }
        return verbose ? console.err() : new PrintStream(OutputStream.nullOutputStream());
    }

    /** The machine with a second serial port that listens to the command; in JSON its output is kept for {@link #json}. */
    MachineConfig listen(MachineConfig config, boolean json, Console console) {
        if (command == null) {
            return config;
        }
        CommandOutput listener = new CommandOutput(json ? new PrintStream(captured) : console.out());
        output = listener;
        return config.withCom2(listener);
    }

    /** To be called when the machine has ended. */
    void end() {
        if (output != null) {
            status = output.end();
        }
    }

    /** The exit status for a machine that has ended with that one, and words of why; the console's end where that may explain it. */
    int status(int ofMachine, GuestConsole serial, Console console) {
        if (command == null || ofMachine == ExitStatus.CLEAN && status.orElse(1) == 0) {
            return ofMachine;
        }
        if (status.isPresent()) {
            int code = status.getAsInt();
            console.err()
                    .println(
                            code == 0
                                    ? "synapic: the command succeeded, but the guest did not end"
                                    : "synapic: the command failed with status " + code);
        } else {
            console.err().println("synapic: the guest ended before the command did");
            if (!verbose) {
                List<String> lines = serial.text().lines().toList();
                lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size())
                        .forEach(line -> console.err().println("  " + line));
            }
        }
        return ofMachine == ExitStatus.CLEAN ? ExitStatus.COMMAND_FAILED : ofMachine;
    }

    /** For machines, or null without a command. */
    @Nullable
    Map<String, @Nullable Object> json() {
        if (command == null) {
            return null;
        }
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        object.put("text", command);
        object.put("status", status.isPresent() ? status.getAsInt() : null);
        object.put("output", captured.toString(StandardCharsets.UTF_8));
        return object;
    }
}
