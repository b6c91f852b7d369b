// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.ExitStatus;
import dev.synapic.cli.terminal.Interruption;
import dev.synapic.cli.terminal.Keyboard;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.ConsoleInput;
import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.PcConfig;
import dev.synapic.machine.RunResult;
import java.util.List;
import java.util.Optional;

/** One invocation of QEMU's command line. */
public final class Qemu {
    private static final int REFUSED = 1;
    private static final long PS_PER_SECOND = 1_000_000_000_000L;

    private final Console console;
    private final Interruption interruption;
    private final String version;
    private final EndListener listener;

    /** Hears how a machine ended, each time one was started. */
    @FunctionalInterface
    public interface EndListener {
        EndListener NONE = (machine, result) -> {};

        /** The machine is still there, for questions. */
        void ended(Machine machine, RunResult result);
    }

    public Qemu(Console console, Interruption interruption, String version) {
        this(console, interruption, version, EndListener.NONE);
    }

    public Qemu(Console console, Interruption interruption, String version, EndListener listener) {
        this.console = console;
        this.interruption = interruption;
        this.version = version;
        this.listener = listener;
    }

    /** Does what the arguments say and returns QEMU's exit status. */
    public int run(List<String> arguments) {
        try {
            return start(arguments);
        } catch (KernelError e) {
            return refuse(String.valueOf(e.getMessage()));
        } catch (ConfigurationException e) {
            return refuse(QemuHelp.PROGRAM + ": " + e.getMessage());
        }
    }

    private int refuse(String message) {
        console.out().flush();
        console.err().println(message);
        return REFUSED;
    }

    private int start(List<String> arguments) {
        try (Drives drives = new Drives(this::report)) {
            return start(arguments, drives);
        }
    }

    private int start(List<String> arguments, Drives drives) {
        QemuMachine machine = new QemuMachine(drives);
        for (QemuArguments.Argument argument : QemuArguments.parse(arguments)) {
            Optional<List<String>> answer = answer(argument);
            if (answer.isPresent()) {
                answer.get().forEach(console.out()::println);
                return ExitStatus.CLEAN;
            }
            machine.take(argument.option(), argument.value());
        }
        MachineConfig config = machine.config();
        BootFiles files = BootFiles.read(machine.kernel, machine.append, machine.initrd);
        try (SerialLine serial = SerialLine.open(machine.serial, console)) {
            return runUntilEnd(config.withConsole(serial), files, serial.keys(), machine.reboot);
        }
    }

    private Optional<List<String>> answer(QemuArguments.Argument argument) {
        boolean asksForList =
                argument.value().equals("help") || argument.value().equals("?");
        return switch (argument.option()) {
            case HELP -> Optional.of(QemuHelp.help(version));
            case VERSION -> Optional.of(QemuHelp.version(version));
            case DEVICE -> asksForList ? Optional.of(QemuDevice.list()) : Optional.empty();
            case CPU -> asksForList ? Optional.of(QemuHelp.cpus()) : Optional.empty();
            case ACCEL -> asksForList ? Optional.of(QemuHelp.accelerators()) : Optional.empty();
            case MACHINE -> asksForList ? Optional.of(QemuHelp.machines()) : Optional.empty();
            default -> Optional.empty();
        };
    }

    /** A reset begins a new machine: RAM is cleared, the kernel loaded again, and the calendar goes on. */
    private int runUntilEnd(MachineConfig config, BootFiles files, ConsoleInput keys, boolean reboot) {
        MachineConfig next = config;
        while (true) {
            try (Machine machine = new Machine(next)) {
                files.loadInto(machine);
                RunResult result = interruption.during(() -> stop(machine, keys), () -> machine.run(keys));
                listener.ended(machine, result);
                boolean reset = result.outcome() == RunResult.Outcome.RESET
                        || result.outcome() == RunResult.Outcome.TRIPLE_FAULT;
                if (!reset || !reboot) {
                    return status(result, machine);
                }
                PcConfig pc = next.pc();
                next = next.withPc(pc.withEpochSeconds(pc.epochSeconds() + machine.nowPs() / PS_PER_SECOND));
            }
        }
    }

    /** A machine that waits for a key must not wait for ever. */
    private static void stop(Machine machine, ConsoleInput keys) {
        machine.interrupt();
        if (keys instanceof Keyboard keyboard) {
            keyboard.end();
        }
    }

    private int status(RunResult result, Machine machine) {
        return switch (result.outcome()) {
            case GUEST_EXIT -> result.guestStatus();
            case POWER_OFF, RESET -> ExitStatus.CLEAN;
            case TRIPLE_FAULT -> {
                report("warning: " + result.reason() + "; the guest is not restarted (-no-reboot)");
                yield ExitStatus.CLEAN;
            }
            case DEADLOCK, GUEST_PANIC -> {
                report(result.reason());
                console.err().print(machine.stateDump());
                yield ExitStatus.STUCK;
            }
            case TIME_LIMIT -> ExitStatus.LIMIT_REACHED;
            case INTERRUPTED -> {
                report("terminating on signal");
                yield ExitStatus.INTERRUPTED;
            }
        };
    }

    private void report(String line) {
        console.out().flush();
        console.err().println(QemuHelp.PROGRAM + ": " + line);
    }
}
