// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import dev.synapic.machine.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Programs of the host, run to their end with nothing on their standard input, in English. */
final class HostProgram {
    private HostProgram() {}

    /** What a program printed, both streams together. */
    record Output(int status, String text) {
        String lastLine() {
            return text.lines().filter(line -> !line.isBlank()).reduce("no message", (first, second) -> second);
        }
    }

    /** Runs a program in a directory, null for this process's own. Throws IOException where there is no such program. */
    static Output run(@Nullable Path directory, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C");
        if (directory != null) {
            builder.directory(directory.toFile());
        }
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Output(process.waitFor(), text);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConfigurationException(command[0] + " was interrupted");
        }
    }
}
