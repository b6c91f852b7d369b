// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The words that the suite's runner would start QEMU with for one test, but for the calendar's start and the seed, which make
 * each run repeat the one before it.
 */
final class TestCommand {
    private final List<String> board;
    private final List<String> rest;

    private TestCommand(List<String> board, List<String> rest) {
        this.board = List.copyOf(board);
        this.rest = List.copyOf(rest);
    }

    /** Refused where the test's words need a shell. */
    static TestCommand of(UnitTest test, SuiteBuild build, SuiteOptions options) throws ShellWords.Refused {
        List<String> board = new ArrayList<>(List.of("--no-reboot", "-nodefaults"));
        board.addAll(List.of("-global", "kvm-pit.lost_tick_policy=discard"));
        board.addAll(List.of("-device", "pc-testdev", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4"));
        board.addAll(List.of("-display", "none", "-serial", "stdio", "-device", "pci-testdev"));
        LocalDateTime start = LocalDateTime.ofEpochSecond(options.epochSeconds(), 0, ZoneOffset.UTC);
        board.addAll(List.of("-rtc", "base=" + start.withNano(0), "-seed", Long.toString(options.seed())));
        board.addAll(List.of("-machine", "accel=" + options.accelOf(test)));
        String append = test.testArgs().isEmpty() ? "" : " -append " + test.testArgs();
        // The runner gives all of it to its shell as one command.
        String line = "-smp " + test.smp() + append + " " + test.params();
        return new TestCommand(board, ShellWords.split(line, options.variables(build, test)));
    }

    /** With a kernel and no initial RAM disk. */
    List<String> words(String kernel) {
        List<String> words = new ArrayList<>(board);
        words.add("-kernel");
        words.add(kernel);
        words.addAll(rest);
        return words;
    }

    List<String> words(String kernel, Path initrd) {
        List<String> words = words(kernel);
        words.add("-initrd");
        words.add(initrd.toString().replace(",", ",,"));
        return words;
    }

    /** What the test has of its own, as one would type it. */
    static String text(List<String> words) {
        return words.stream().map(TestCommand::quoted).collect(Collectors.joining(" "));
    }

    private static String quoted(String word) {
        return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
