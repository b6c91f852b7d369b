// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs one of our own guest programs and keeps what it printed. */
final class GuestRun implements AutoCloseable {
    private final StringBuilder console = new StringBuilder();
    private final Machine machine;
    private final RunResult result;

    private GuestRun(String guest, String commandLine, MachineConfig config) {
        this.machine = new Machine(config.withConsole(b -> console.append((char) b)));
        machine.loadMultiboot(guest, image(guest), commandLine);
        this.result = machine.run();
    }

    static GuestRun of(String guest, String commandLine, MachineConfig config) {
        return new GuestRun(guest, commandLine, config);
    }

    static byte[] image(String guest) {
        Path root = Path.of(System.getProperty("synapic.root", ".."));
        try {
            return Files.readAllBytes(root.resolve("guests/images/" + guest + ".elf"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String console() {
        return console.toString();
    }

    Machine machine() {
        return machine;
    }

    RunResult result() {
        return result;
    }

    @Override
    public void close() {
        machine.close();
    }

    public static void main(String[] args) {
        long start = System.nanoTime();
        MachineConfig config = MachineConfig.standard().withVcpus(Integer.parseInt(args[1]));
        if (args.length > 3) {
            config = config.withProfile(
                    dev.synapic.machine.exits.HardwareProfiles.load().get(args[3]));
        }
        config = config.withMaxVirtualPs(20_000_000_000_000L);
        try (GuestRun run = of(args[0], args.length > 2 ? args[2] : "", config)) {
            System.out.println(run.console());
            System.out.println(run.result());
            System.out.println(Long.toHexString(run.machine().traceHash()) + " events "
                    + run.machine().traceEvents());
            for (dev.synapic.machine.exits.ExitReason r : dev.synapic.machine.exits.ExitReason.values()) {
                if (run.machine().exitCounters().countOf(r) > 0)
                    System.out.println(r + " " + run.machine().exitCounters().countOf(r));
            }
            System.out.println(run.machine().apicvInhibitReasonsSeen() + " "
                    + run.machine().unknownInstructions().seen());
            if (run.result().outcome() != RunResult.Outcome.GUEST_EXIT)
                System.out.println(run.machine().stateDump());
        }
        System.out.printf("%.2f s%n", (System.nanoTime() - start) / 1e9);
    }
}
