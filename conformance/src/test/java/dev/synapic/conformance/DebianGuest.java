// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.junit.jupiter.api.Assumptions.abort;

import dev.synapic.cli.debian.CommandOutput;
import dev.synapic.cli.debian.DebianGuests;
import dev.synapic.cli.debian.LinuxGuest;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.CpuModel;
import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.RunResult;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * Debian's Linux for tests, prepared as {@code synapic run --guest debian --command} does it. Where the packages cannot be had, the test is skipped
 * with the reason.
 */
final class DebianGuest {
    /** More than any boot needs; one that hangs ends here. */
    private static final long MOST_VIRTUAL_PS = 120_000_000_000_000L;

    private final LinuxGuest guest;

    private DebianGuest(LinuxGuest guest) {
        this.guest = guest;
    }

    /** debian, debian-6.1 or debian-6.12. */
    static DebianGuest named(String name) {
        HostTool.assumeInstalled("apt-get");
        try {
            return new DebianGuest(new DebianGuests(DebianGuests.userCache()).named(name, what -> {}));
        } catch (ConfigurationException e) {
            return abort(name + ": " + e.getMessage());
        }
    }

    LinuxGuest linux() {
        return guest;
    }

    /** What came of a command; console is all that the kernel printed. */
    record Run(RunResult result, OptionalInt status, String output, String console, long traceHash) {}

    /** The standard machine of that face with so many processors. */
    static MachineConfig machine(String face, int vcpus) {
        return MachineConfig.standard()
                .withVcpus(vcpus)
                .withMemoryBytes(LinuxGuest.memoryBytes(vcpus))
                .withMaxVirtualPs(MOST_VIRTUAL_PS)
                .withCpu(CpuModel.parse("max", face));
    }

    /** Runs a shell's command in the guest until it powers off. */
    Run run(MachineConfig config, String command) {
        return run(config, command, machine -> {});
    }

    /** The same; ready sees the machine before it starts. */
    Run run(MachineConfig config, String command, Consumer<Machine> ready) {
        return run(config, command, ready, machine -> {});
    }

    /** The same; ended sees the machine as the guest left it. */
    Run run(MachineConfig config, String command, Consumer<Machine> ready, Consumer<Machine> ended) {
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        CommandOutput com2 = new CommandOutput(new PrintStream(output));
        MachineConfig listening = config.withConsole(b -> {
                    console.write(b);
                    config.console().accept(b);
                })
                .withCom2(com2);
        try (Machine machine = new Machine(listening)) {
            guest.boot(listening.pc(), "", command).loadInto(machine);
            ready.accept(machine);
            RunResult result = machine.run();
            ended.accept(machine);
            return new Run(result, com2.end(), text(output), text(console), machine.traceHash());
        }
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
