// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A sequence as a text file: comments, the seed, then a step on each line, all in hexadecimal. */
final class Reproducer {
    private Reproducer() {}

    static void write(Path file, Sequence sequence, String comment) throws IOException {
        List<String> lines = new ArrayList<>();
        comment.lines().forEach(line -> lines.add("# " + line));
        lines.add("seed " + Long.toHexString(sequence.seed()));
        for (long step : sequence.steps()) {
            lines.add(Long.toHexString(step));
        }
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, lines);
    }

    /** Throws IOException for a file that is none. */
    static Sequence read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file).stream()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .toList();
        if (lines.isEmpty() || !lines.getFirst().startsWith("seed ")) {
            throw new IOException(file + " is no reproducer: it has no line \"seed\"");
        }
        try {
            long seed = Long.parseUnsignedLong(lines.getFirst().substring("seed ".length()), 16);
            long[] steps = lines.stream()
                    .skip(1)
                    .mapToLong(line -> Long.parseUnsignedLong(line, 16))
                    .toArray();
            return new Sequence(seed, steps);
        } catch (NumberFormatException wrong) {
            throw new IOException(file + " is no reproducer: " + wrong.getMessage(), wrong);
        }
    }
}
