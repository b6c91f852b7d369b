// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.machine.exits.ExitCounters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Runs a guest to its end, and keeps what it printed and the machine as the guest left it. */
final class GuestRun implements AutoCloseable {
    /** No guest of ours takes this long; one that hangs ends here. */
    private static final long LONGEST_PS = 5_000_000_000_000L;

    private final StringBuilder console = new StringBuilder();
    private final Machine machine;
    private final RunResult result;

    private GuestRun(String name, byte[] image, String commandLine, MachineConfig config) {
        MachineConfig watched = config.withConsole(b -> console.append((char) b))
                .withMaxVirtualPs(Math.min(config.maxVirtualPs(), LONGEST_PS));
        this.machine = new Machine(watched);
        machine.loadMultiboot(name, image, commandLine);
        this.result = machine.run();
    }

    /** One of the guest programs in guests/images. */
    static GuestRun of(String guest, String commandLine, MachineConfig config) {
        return new GuestRun(guest, image(guest), commandLine, config);
    }

    /** Machine code of a test's own ({@link TinyGuest}). */
    static GuestRun of(byte[] image, MachineConfig config) {
        return new GuestRun("tiny", image, "", config);
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

    List<String> lines() {
        return console().lines().toList();
    }

    /** The lines that begin with word. */
    List<String> lines(String word) {
        return console().lines().filter(line -> line.startsWith(word + " ")).toList();
    }

    Machine machine() {
        return machine;
    }

    RunResult result() {
        return result;
    }

    ExitCounters exits() {
        return machine.exitCounters();
    }

    /** Outcome, status, reason and console, for the message of an assertion that failed. */
    @Override
    public String toString() {
        return result + "\n" + console;
    }

    @Override
    public void close() {
        machine.close();
    }
}
