// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where inputs lie: committed ones under fuzz/inputs, found ones under fuzz/target/found, both by fuzzer. */
record Places(Path root) {
    /** Seeds that lead somewhere, and reproducers of bugs that were. */
    Path committed(Fuzzer fuzzer) {
        return root.resolve("fuzz/inputs").resolve(fuzzer.name());
    }

    /** Reproducers of bugs that are. */
    Path found(Fuzzer fuzzer) {
        return root.resolve("fuzz/target/found").resolve(fuzzer.name());
    }

    /** What coverage has gathered so far. */
    Path corpus(Fuzzer fuzzer) {
        return root.resolve("fuzz/target/corpus").resolve(fuzzer.name());
    }

    Path log(Fuzzer fuzzer) {
        return root.resolve("fuzz/target/log").resolve(fuzzer.name() + ".log");
    }

    static List<Path> files(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
