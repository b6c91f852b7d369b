// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.Fabric;
import dev.synapic.spec.x86.ApicRegister;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The embedder's example under examples/embed, and the page of the guide that shows it. */
class EmbeddingTest {
    private static final Path ROOT = Path.of(System.getProperty("synapic.root"));
    private static final Path EXAMPLE = ROOT.resolve("examples/embed/src/main/java/example/TwoProcessors.java");
    private static final Path GUIDE = ROOT.resolve("docs/guide/library.md");
    private static final String BEGIN = "<!-- example:begin -->\n", END = "<!-- example:end -->";

    @TempDir
    private Path classes;

    /** The three library modules and nothing else. */
    private static String libraries() {
        return Stream.of(Fabric.class, GuestMemory.class, ApicRegister.class)
                .map(type ->
                        type.getProtectionDomain().getCodeSource().getLocation().getPath())
                .collect(Collectors.joining(File.pathSeparator));
    }

    @Test
    void theExampleNeedsTheLibraryAloneAndPrintsWhatTheGuideSays() throws Exception {
        int status = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-cp", libraries(), "-d", classes.toString(), EXAMPLE.toString());
        assertThat(status).as("javac").isZero();
        Process run = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        libraries() + File.pathSeparator + classes,
                        "example.TwoProcessors")
                .redirectErrorStream(true)
                .start();
        String output = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(run.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(output).isNotEmpty().endsWith("\n");
        assertThat(Files.readString(GUIDE)).contains("```\n" + output + "```\n");
    }

    /** With -Dfix the guide is written anew. */
    @Test
    void theGuideShowsTheExample() throws IOException {
        List<String> lines = Files.readAllLines(EXAMPLE);
        String body = lines.subList(lines.indexOf("public final class TwoProcessors {") - 1, lines.size()).stream()
                .collect(Collectors.joining("\n", "```java\n", "\n```\n"));
        String guide = Files.readString(GUIDE);
        int begin = guide.indexOf(BEGIN) + BEGIN.length();
        String written = guide.substring(0, begin) + body + guide.substring(guide.indexOf(END));
        if (System.getProperty("fix") != null) {
            Files.writeString(GUIDE, written);
            return;
        }
        assertThat(guide)
                .as("this writes it: mvn -Dquick -pl conformance -am test -Dtest=EmbeddingTest -Dfix")
                .isEqualTo(written);
    }
}
