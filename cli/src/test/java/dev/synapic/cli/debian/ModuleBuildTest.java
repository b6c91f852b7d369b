// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.synapic.machine.ConfigurationException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With headers that are none, but that make can read. */
class ModuleBuildTest {
    private static final String RELEASE = "0.0.0-none";
    private static final String BUILDS = "module:\n\tcp source $(KDIR)/seen && cp source thing.ko\n";

    @TempDir
    private Path cache;

    private static SortedMap<String, byte[]> sources(String makefile) {
        SortedMap<String, byte[]> sources = new TreeMap<>();
        sources.put("Makefile", makefile.getBytes(StandardCharsets.UTF_8));
        sources.put("source", "what it is made of".getBytes(StandardCharsets.UTF_8));
        return sources;
    }

    private Path headers() throws IOException {
        Path headers = Files.createDirectories(
                cache.resolve("linux-headers-" + RELEASE + "/usr/src/linux-headers-" + RELEASE));
        Files.writeString(headers.resolve("Makefile"), "");
        return headers;
    }

    private static void assumeMake() {
        String path = System.getenv().getOrDefault("PATH", "");
        assumeTrue(
                Stream.of(path.split(File.pathSeparator)).anyMatch(d -> Files.isExecutable(Path.of(d, "make"))),
                "make is not on the PATH");
    }

    private byte[] module(String makefile) {
        return new ModuleBuild(cache).module("thing", sources(makefile), RELEASE, true, what -> {});
    }

    @Test
    void aModuleIsBuiltOnceForItsSourcesAndThenKept() throws IOException {
        assumeMake();
        Path headers = headers();
        assertThat(module(BUILDS)).asString().isEqualTo("what it is made of");
        assertThat(headers.resolve("seen")).exists();
        Files.delete(headers.resolve("seen"));
        assertThat(module(BUILDS)).asString().isEqualTo("what it is made of");
        assertThat(headers.resolve("seen")).doesNotExist();
        assertThat(module("# other sources\n" + BUILDS)).isNotEmpty();
        assertThat(headers.resolve("seen")).exists();
    }

    @Test
    void nothingIsLeftBehind() throws IOException {
        assumeMake();
        headers();
        module(BUILDS);
        try (Stream<Path> files = Files.list(cache)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.startsWith("preparing-"));
        }
    }

    @Test
    void aBuildThatFailsSaysWithWhat() throws IOException {
        assumeMake();
        headers();
        assertThatThrownBy(() -> module("module:\n\t@echo 'thing.c:3:1: error: unknown type'; echo later; false\n"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("make failed: thing.c:3:1: error: unknown type");
    }

    @Test
    void headersThatAreNotThereAreSaidToBe() {
        assertThatThrownBy(() -> module(BUILDS))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("linux-headers-0.0.0-none is not there, and --offline forbids to download it");
    }
}
