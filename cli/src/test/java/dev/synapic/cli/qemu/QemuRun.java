// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.Interruption;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What one command line of QEMU's printed, and its exit status. */
record QemuRun(int status, String out, String err) {
    /** The options that kvm-unit-tests' runner gives to every test. */
    static final List<String> RUNNER = List.of(
            "--no-reboot",
            "-nodefaults",
            "-global",
            "kvm-pit.lost_tick_policy=discard",
            "-device",
            "pc-testdev",
            "-device",
            "isa-debug-exit,iobase=0xf4,iosize=0x4",
            "-display",
            "none",
            "-serial",
            "stdio",
            "-device",
            "pci-testdev",
            "-machine",
            "accel=tcg");

    static QemuRun of(String... words) {
        return typing("", List.of(words));
    }

    /** As the runner calls it. */
    static QemuRun byRunner(String kernel, String... more) {
        List<String> words = new ArrayList<>(RUNNER);
        words.addAll(List.of("-kernel", kernel));
        words.addAll(List.of(more));
        return typing("", words);
    }

    static QemuRun typing(String keys, List<String> words) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(
                new ByteArrayInputStream(keys.getBytes(StandardCharsets.US_ASCII)),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, false, StandardCharsets.UTF_8),
                false);
        int status = new Qemu(console, new Interruption(), "Synapic 1.2.3").run(words);
        console.out().flush();
        console.err().flush();
        return new QemuRun(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    static String guest(String name) {
        return Path.of(System.getProperty("synapic.root", ".."), "guests", "images", name + ".elf")
                .toString();
    }
}
