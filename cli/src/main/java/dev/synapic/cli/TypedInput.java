// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.EscapeKeys;
import dev.synapic.cli.terminal.Keyboard;
import dev.synapic.cli.terminal.RawTerminal;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.ConsoleInput;
import dev.synapic.machine.Machine;
import dev.synapic.machine.Pace;
import dev.synapic.machine.RunResult;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is typed at a run, and how its time goes meanwhile. */
final class TypedInput {
    @Option(
            names = "--clock",
            paramLabel = "C",
            defaultValue = "virtual",
            description = "virtual: as fast as the host can, and idle time is skipped, or passes as on the wall while"
                    + " standard input may still bring something; real: never ahead of the wall's time (default:"
                    + " virtual).")
    private String clock = "virtual";

    private volatile boolean left;

    TypedInput() {}

    /** Checks the options. */
    void check() {
        pace();
    }

    private Pace pace() {
        return switch (clock) {
            case "virtual" -> Pace.IDLE;
            case "real" -> Pace.REAL;
            default -> throw new ConfigurationException("--clock " + clock + ": virtual or real");
        };
    }

    /** Runs a machine to its end; what comes from the console's input goes to it, unless deaf. */
    RunResult run(Machine machine, GuestConsole serial, Session session, boolean deaf) {
        if (deaf) {
            return session.interruption().during(machine::interrupt, () -> machine.run(ConsoleInput.NONE, pace()));
        }
        Console console = session.console();
        Optional<RawTerminal> terminal = console.inputInteractive() ? RawTerminal.enter() : Optional.empty();
        try (RawTerminal raw = terminal.orElse(null)) {
            Keyboard keys = keyboard(raw, session);
            serial.passOnAtOnce();
            return session.interruption()
                    .during(
                            () -> {
                                machine.interrupt();
                                keys.end();
                            },
                            () -> machine.run(keys, pace()));
        }
    }

    private Keyboard keyboard(@Nullable RawTerminal raw, Session session) {
        Console console = session.console();
        if (raw == null) {
            return Keyboard.of(console.in(), true, key -> key);
        }
        console.err().println("synapic: Ctrl-A X leaves, Ctrl-A H helps");
        EscapeKeys escapes = new EscapeKeys(
                () -> {
                    left = true;
                    session.interruption().request();
                },
                () -> console.err().print(EscapeKeys.help()));
        return Keyboard.of(console.in(), true, escapes);
    }

    /** Whether the one who typed has left. */
    boolean left() {
        return left;
    }
}
