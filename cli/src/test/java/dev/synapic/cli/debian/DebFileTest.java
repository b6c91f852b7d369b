// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.machine.ConfigurationException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class DebFileTest {
    @TempDir
    private Path directory;

    /** A package with these files, packed as Debian 12 packs them. */
    static Path deb(Path path, Map<String, byte[]> files) throws IOException {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new XZOutputStream(data, new LZMA2Options(0)))) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(file.getKey(), true);
                entry.setSize(file.getValue().length);
                tar.putArchiveEntry(entry);
                tar.write(file.getValue());
                tar.closeArchiveEntry();
            }
        }
        return ar(path, "data.tar.xz", data.toByteArray());
    }

    private static Path ar(Path path, String name, byte[] data) throws IOException {
        try (ArArchiveOutputStream ar = new ArArchiveOutputStream(Files.newOutputStream(path))) {
            for (Map.Entry<String, byte[]> member : Map.of(name, data).entrySet()) {
                ar.putArchiveEntry(new ArArchiveEntry("debian-binary", 4));
                ar.write("2.0\n".getBytes(StandardCharsets.US_ASCII));
                ar.closeArchiveEntry();
                ar.putArchiveEntry(new ArArchiveEntry(member.getKey(), member.getValue().length));
                ar.write(member.getValue());
                ar.closeArchiveEntry();
            }
        }
        return path;
    }

    @Test
    void pathsAreTheSameWithAndWithoutMergedUsr() throws IOException {
        byte[] content = {1, 2, 3};
        Path deb = deb(
                directory.resolve("a.deb"),
                Map.of("./usr/bin/busybox", content, "./lib/modules/x/y.ko", content, "./usr/share/doc/z", content));
        assertThat(new DebFile(deb).files(name -> !name.contains("doc")))
                .containsOnlyKeys("bin/busybox", "lib/modules/x/y.ko")
                .containsEntry("bin/busybox", content);
    }

    @Test
    void aTruncatedPackageIsRefusedInOneLine() throws IOException {
        byte[] content = new byte[1000];
        new java.util.Random(1).nextBytes(content);
        Path whole = deb(directory.resolve("a.deb"), Map.of("./f", content));
        Path cut = directory.resolve("cut.deb");
        Files.write(cut, Arrays.copyOf(Files.readAllBytes(whole), 600));
        assertThatThrownBy(() -> new DebFile(cut).files(name -> true))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("cut.deb: ")
                .hasMessageNotContaining("\n");
    }

    @Test
    void whatIsNoPackageIsRefused() throws IOException {
        Path file = Files.writeString(directory.resolve("b.deb"), "no archive at all");
        assertThatThrownBy(() -> new DebFile(file).files(name -> true))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("is damaged or no Debian package");
        assertThatThrownBy(() -> new DebFile(directory.resolve("missing.deb")).files(name -> true))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageEndingWith("missing.deb: no such file");
    }

    @Test
    void anUnknownPackingIsNamed() throws IOException {
        Path file = ar(directory.resolve("c.deb"), "data.tar.zst", new byte[8]);
        assertThatThrownBy(() -> new DebFile(file).files(name -> true))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("data.tar.zst is packed in a way that is not known");
    }
}
