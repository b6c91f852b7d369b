// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Programs of the host that evidence compares with. Where they are missing, the tests that need them are skipped with the reason. */
final class HostTool {
    private static final int LONGEST_SECONDS = 120;

    private HostTool() {}

    /** What a program did: its exit status, and standard output and error as one text. */
    record Result(int status, String output) {}

    static Path root() {
        return Path.of(System.getProperty("synapic.root", ".."))
                .toAbsolutePath()
                .normalize();
    }

    static void assumeInstalled(String program) {
        String path = System.getenv().getOrDefault("PATH", "");
        boolean found = Stream.of(path.split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
        assumeTrue(found, program + " is not on the PATH");
    }

    /** Skips the test unless the first line that {@code program --version} prints ends with version. */
    static void assumeVersion(String program, String version) {
        assumeInstalled(program);
        String first = run(root(), List.of(program, "--version"))
                .output()
                .lines()
                .findFirst()
                .orElse("");
        assumeTrue(first.endsWith(" " + version), "needs " + program + " " + version + ", this is: " + first);
    }

    /** Ends a program that does not end by itself. */
    static Result run(Path directory, List<String> command) {
        Path output = null;
        try {
            output = Files.createTempFile("host-tool", ".txt");
            Process process = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(output.toFile())
                    .start();
            boolean ended = process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly();
            String text = Files.readString(output, StandardCharsets.UTF_8);
            assertThat(ended).as("%s ends, having said: %s", command, text).isTrue();
            return new Result(process.exitValue(), text);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(String.join(" ", command), e);
        } finally {
            delete(output);
        }
    }

    private static void delete(@Nullable Path file) {
        if (file != null) {
            file.toFile().delete();
        }
    }
}
