// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A sequence in a file: a line with the processors' APIC ids, then a step a line. Lines that begin with # are remarks. */
record Reproducer(Shape shape, List<Step> steps) {
    private static final String APIC_IDS = "apic-ids";

    void write(Path file, String remark) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("# " + remark);
        lines.add(APIC_IDS + " "
                + String.join(" ", shape.apicIds().stream().map(String::valueOf).toList()));
        steps.forEach(step -> lines.add(step.encode()));
        Files.write(file, lines);
    }

    /** Throws IllegalArgumentException for what is no reproducer. */
    static Reproducer read(Path file) throws IOException {
        return of(Files.readAllLines(file));
    }

    static Reproducer of(List<String> text) {
        List<String> lines = text.stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
        if (lines.isEmpty() || !lines.getFirst().startsWith(APIC_IDS)) {
            throw new IllegalArgumentException("a reproducer begins with '" + APIC_IDS + " 0 1'");
        }
        List<Integer> ids = Arrays.stream(lines.getFirst().split(" ", -1))
                .skip(1)
                .map(Integer::valueOf)
                .toList();
        return new Reproducer(
                new Shape(ids), lines.stream().skip(1).map(Step::decode).toList());
    }
}
