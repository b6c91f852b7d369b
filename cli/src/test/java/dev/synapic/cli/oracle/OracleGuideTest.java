// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/guide/oracle.md shows is what the oracle does. */
class OracleGuideTest {
    private static final Pattern TRANSCRIPT = Pattern.compile("```oracle( continued)?\\n(.*?)```", Pattern.DOTALL);
    private static final Path GUIDE =
            Path.of(Objects.requireNonNull(System.getProperty("synapic.root")), "docs", "guide");

    @Test
    void everyTranscriptOfTheGuideIsWordForWord() throws IOException {
        String guide = Files.readString(GUIDE.resolve("oracle.md"));
        Matcher transcripts = TRANSCRIPT.matcher(guide);
        int found = 0;
        OracleClient oracle = new OracleClient();
        while (transcripts.find()) {
            if (transcripts.group(1) == null) {
                oracle.close();
                oracle = new OracleClient();
            }
            compare(oracle, transcripts.group(2));
            found++;
        }
        oracle.close();
        assertThat(found).as("transcripts").isGreaterThan(5);
    }

    private static void compare(OracleClient oracle, String transcript) {
        String request = "";
        for (String line : transcript.lines().toList()) {
            if (line.startsWith("> ")) {
                request = line.substring(2);
            } else {
                assertThat(oracle.send(request + "\n").getFirst()).as(request).isEqualTo(line.substring(2));
            }
        }
    }

    @Test
    void theGuideHasARowForEachOp() throws IOException {
        String guide = Files.readString(GUIDE.resolve("oracle.md"));
        for (String op : ops()) {
            assertThat(guide).contains("| `" + op + "` |");
        }
    }

    @Test
    void theGuideNamesEachFieldOfCreateAndEachEvent() throws IOException {
        String guide = Files.readString(GUIDE.resolve("oracle.md"));
        for (String field : FabricOptions.FIELDS) {
            assertThat(guide).contains("`" + field + "`");
        }
        for (String event : EventLog.names()) {
            assertThat(guide).contains("`" + event + "`");
        }
    }

    /** As an error lists them. */
    private static List<String> ops() {
        try (OracleClient oracle = new OracleClient()) {
            String error = oracle.error("{'op':'?'}");
            return Arrays.asList(error.substring(error.indexOf("are: ") + 5).split(", "));
        }
    }

    @Test
    void theClientInPythonWorksAndIsShort() throws IOException, InterruptedException {
        assertThat(Files.readAllLines(GUIDE.resolve("oracle_client.py"))).hasSizeLessThanOrEqualTo(30);
        assumeTrue(hasPython(), "python3 is not installed");
        List<String> command = new ArrayList<>(
                List.of("python3", GUIDE.resolve("oracle_client.py").toString()));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.synapic.cli.Synapic",
                "oracle"));
        File output = File.createTempFile("oracle-client", ".txt");
        Process client = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output)
                .start();
        boolean ended = client.waitFor(120, TimeUnit.SECONDS);
        client.destroyForcibly();
        String printed = Files.readString(output.toPath(), StandardCharsets.UTF_8);
        Files.delete(output.toPath());
        assertThat(ended).as("ended: %s", printed).isTrue();
        assertThat(printed.lines()).containsExactly("['kvm_apic_accept_irq', 'kvm_apic_ipi']", "0x41 0x41");
    }

    private static boolean hasPython() throws InterruptedException {
        try {
            return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
        } catch (IOException absent) {
            return false;
        }
    }
}
