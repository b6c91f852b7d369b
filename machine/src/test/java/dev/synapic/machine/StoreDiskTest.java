// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.synapic.machine.block.FileStore;
import dev.synapic.machine.block.MemoryStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreDiskTest {
    @TempDir
    private Path directory;

    private final List<String> notices = new ArrayList<>();

    @Test
    void itIsTheStore() throws IOException {
        MemoryStore store = new MemoryStore(1024);
        StoreDisk disk = new StoreDisk(store, notices::add);
        byte[] content = new byte[512];
        content[7] = 9;
        disk.write(512, content, 0, 512);
        disk.flush();
        byte[] back = new byte[514];
        disk.read(512, back, 2, 512);
        assertThat(back[9]).isEqualTo((byte) 9);
        assertThat(disk.sizeBytes()).isEqualTo(1024);
        assertThat(disk.readOnly()).isFalse();
        assertThat(new StoreDisk(MemoryStore.of(content, true), notices::add).readOnly())
                .isTrue();
    }

    @Test
    void firstFailureIsToldAndNoOther() throws IOException {
        Path image = Files.write(directory.resolve("disk.img"), new byte[1024]);
        try (FileStore store = FileStore.open(image, false)) {
            StoreDisk disk = new StoreDisk(store, notices::add);
            Files.delete(image);
            byte[] block = new byte[512];
            assertThatIOException().isThrownBy(() -> disk.read(0, block, 0, 512));
            assertThatIOException().isThrownBy(() -> disk.write(0, block, 0, 512));
            assertThatIOException().isThrownBy(disk::flush);
        }
        assertThat(notices).containsExactly(image + ": the file has vanished; the guest sees I/O errors");
    }
}
