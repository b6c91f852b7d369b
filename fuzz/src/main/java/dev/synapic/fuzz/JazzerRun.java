// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Runs a target under Jazzer, in a process of its own, which coverage guides. */
final class JazzerRun {
    private static final Pattern STATUS = Pattern.compile("#(\\d+)\\s+\\w+\\s+cov: (\\d+) ft: \\d+ corp: (\\d+)/.*");
    private static final Pattern FOUND = Pattern.compile(".*Test unit written to (\\S+).*");
    private static final Pattern EXCEPTION = Pattern.compile("== (?:Java Exception|ERROR|libFuzzer).*");
    private static final int LONGEST_INPUT = 2_048;
    private static final int INPUT_SECONDS = 30;

    private final Fuzzer fuzzer;
    private final Places places;
    private final Progress progress;
    private long executions;
    private String reached = "";
    private @Nullable String finding;
    private @Nullable Path input;

    JazzerRun(Fuzzer fuzzer, Places places, Progress progress) {
        this.fuzzer = fuzzer;
        this.places = places;
        this.progress = progress;
    }

    /** Returns the input that broke the target, or null where none did. */
    @Nullable
    Path run(long seed, int seconds) throws IOException, InterruptedException {
        Files.createDirectories(places.found(fuzzer));
        Files.createDirectories(places.corpus(fuzzer));
        Files.createDirectories(places.committed(fuzzer));
        Path log = places.log(fuzzer);
        Files.createDirectories(Objects.requireNonNull(log.getParent()));
        Process process = new ProcessBuilder(command(seed, seconds))
                .directory(places.root().toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
                BufferedWriter kept = Files.newBufferedWriter(log)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                kept.write(line);
                kept.newLine();
                read(line);
            }
        } finally {
            process.destroy();
        }
        int status = process.waitFor();
        if (status == 0) {
            progress.end(executions, "inputs", reached);
            return null;
        }
        progress.end(executions, "inputs", finding == null ? "Jazzer ended with status " + status : finding);
        return input == null ? log : input;
    }

    private List<String> command(long seed, int seconds) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ArrayList<>(List.of(
                java,
                "-XX:+UseSerialGC",
                "-XX:+EnableDynamicAgentLoading",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + Objects.requireNonNull(fuzzer.targetClass()).getName(),
                "--instrumentation_includes=dev.synapic.interrupts.**",
                "--trace=cov:cmp",
                "--reproducer_path=" + places.found(fuzzer),
                "-artifact_prefix=" + places.found(fuzzer) + "/",
                "-seed=" + Integer.toUnsignedString((int) seed),
                "-max_total_time=" + seconds,
                "-max_len=" + LONGEST_INPUT,
                "-timeout=" + INPUT_SECONDS,
                "-rss_limit_mb=4096",
                places.corpus(fuzzer).toString(),
                places.committed(fuzzer).toString()));
    }

    private void read(String line) {
        Matcher status = STATUS.matcher(line);
        if (status.matches()) {
            executions = Long.parseLong(status.group(1));
            reached = status.group(2) + " branches reached by " + status.group(3) + " inputs";
            progress.show(executions, "inputs", reached);
            return;
        }
        Matcher found = FOUND.matcher(line);
        if (found.matches()) {
            input = Path.of(found.group(1));
        } else if (finding == null && EXCEPTION.matcher(line).matches()) {
            finding = line.substring("== ".length());
        }
    }
}
