// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.junit.jupiter.api.Test;

/** What is written is read back by a reader that is not ours. */
class CpioArchiveTest {
    private static CpioArchive sample() {
        return new CpioArchive()
                .file("a/b/hello", 0755, "hi".getBytes(StandardCharsets.UTF_8))
                .link("a/b/name", "hello")
                .characterDevice("dev/console", 0600, 5, 1);
    }

    private static List<CpioArchiveEntry> entries(byte[] archive) throws IOException {
        List<CpioArchiveEntry> entries = new ArrayList<>();
        try (CpioArchiveInputStream in = new CpioArchiveInputStream(new ByteArrayInputStream(archive))) {
            for (CpioArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                entries.add(entry);
            }
        }
        return entries;
    }

    @Test
    void directoriesComeBeforeWhatIsInThem() throws IOException {
        assertThat(entries(sample().finish()))
                .extracting(CpioArchiveEntry::getName)
                .containsExactly("a", "a/b", "a/b/hello", "a/b/name", "dev", "dev/console");
    }

    @Test
    void entriesAreOfTheirKind() throws IOException {
        List<CpioArchiveEntry> entries = entries(sample().finish());
        assertThat(entries.get(0).isDirectory()).isTrue();
        assertThat(entries.get(2).isRegularFile()).isTrue();
        assertThat(entries.get(2).getMode() & 07777).isEqualTo(0755);
        assertThat(entries.get(3).isSymbolicLink()).isTrue();
        assertThat(entries.get(5).isCharacterDevice()).isTrue();
        assertThat(entries.get(5).getRemoteDeviceMaj()).isEqualTo(5);
        assertThat(entries.get(5).getRemoteDeviceMin()).isEqualTo(1);
    }

    @Test
    void contentIsReadBack() throws IOException {
        try (CpioArchiveInputStream in = new CpioArchiveInputStream(new ByteArrayInputStream(new CpioArchive()
                .file("f", 0644, "odd".getBytes(StandardCharsets.UTF_8))
                .finish()))) {
            in.getNextEntry();
            assertThat(in.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("odd");
        }
    }

    @Test
    void anArchiveIsAMultipleOfFourBytesSoThatAnotherMayFollow() {
        assertThat(sample().finish().length % 4).isZero();
    }

    @Test
    void theSameEntriesGiveTheSameBytes() {
        assertThat(sample().finish()).isEqualTo(sample().finish());
    }
}
