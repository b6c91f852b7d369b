// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is on a disk, and what becomes of it when the image does not behave. */
class StoresTest {
    @TempDir
    Path folder;

    private Path image;

    @BeforeEach
    void create() throws IOException {
        image = folder.resolve("disk.img");
        Files.write(image, new byte[4096]);
    }

    @Test
    void bothKindsKeepWhatIsWrittenAcrossChunks() throws IOException {
        Files.write(image, new byte[3 << 20]);
        try (FileStore file = FileStore.open(image, false);
                MemoryStore memory = new MemoryStore(3 << 20)) {
            for (BlockStore store : new BlockStore[] {file, memory}) {
                byte[] data = new byte[(1 << 20) + 1024];
                data[0] = 1;
                data[data.length - 1] = 2;
                store.write((1 << 20) - 512, data, 0, data.length);
                byte[] back = new byte[data.length + 512];
                store.read((1 << 20) - 1024, back, 0, back.length);
                assertThat(back[511]).isZero();
                assertThat(back[512]).isEqualTo((byte) 1);
                assertThat(back[back.length - 1]).isEqualTo((byte) 2);
                store.flush();
            }
        }
        assertThat(Files.readAllBytes(image)[(1 << 20) - 512]).isEqualTo((byte) 1);
    }

    @Test
    void contentIsFilledUpToWholeSectors() throws IOException {
        try (MemoryStore store = MemoryStore.of(new byte[] {1, 2, 3}, true)) {
            assertThat(store.sizeBytes()).isEqualTo(512);
            assertThat(store.readOnly()).isTrue();
            assertThatThrownBy(() -> store.write(0, new byte[512], 0, 512)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void anImageThatIsMissingIsNamed() {
        Path missing = folder.resolve("none.img");
        assertThatIOException()
                .isThrownBy(() -> FileStore.open(missing, false))
                .withMessage(missing + ": no such file");
        assertThatIOException()
                .isThrownBy(() -> FileStore.open(folder, false))
                .withMessage(folder + ": not a file: a disk is a raw image");
    }

    @Test
    void anImageThatIsNoWholeNumberOfSectorsIsRefused() throws IOException {
        Files.write(image, new byte[513]);
        assertThatIOException()
                .isThrownBy(() -> FileStore.open(image, false))
                .withMessage(image + ": 513 bytes are no whole number of sectors of 512 bytes: is it a raw image?");
    }

    @Test
    void anImageIsOnlyOpenOnce() throws IOException {
        try (FileStore first = FileStore.open(image, false)) {
            assertThatIOException()
                    .isThrownBy(() -> FileStore.open(image, false))
                    .withMessage(image + ": is a disk of this machine already");
            assertThat(first.sizeBytes()).isEqualTo(4096);
        }
        FileStore.open(image, false).close();
    }

    @Test
    void anImageThatVanishesIsAnErrorOfTheNextAccess() throws IOException {
        try (FileStore store = FileStore.open(image, false)) {
            Files.delete(image);
            assertThatIOException()
                    .isThrownBy(() -> store.read(0, new byte[512], 0, 512))
                    .withMessage(image + ": the file has vanished");
            assertThatIOException().isThrownBy(store::flush).withMessage(image + ": the file has vanished");
        }
    }

    @Test
    void anImageThatIsReplacedIsAnErrorOfTheNextAccess() throws IOException {
        try (FileStore store = FileStore.open(image, false)) {
            Path other = folder.resolve("other.img");
            Files.write(other, new byte[4096]);
            Files.move(other, image, StandardCopyOption.REPLACE_EXISTING);
            assertThatIOException()
                    .isThrownBy(() -> store.write(0, new byte[512], 0, 512))
                    .withMessage(image + ": another file has taken its place");
        }
    }

    @Test
    void anImageThatBecomesShorterIsAnErrorOfTheNextAccess() throws IOException {
        try (FileStore store = FileStore.open(image, false)) {
            Files.write(image, new byte[512]);
            assertThatIOException()
                    .isThrownBy(() -> store.read(0, new byte[512], 0, 512))
                    .withMessage(image + ": the file has become shorter than its 4096 bytes");
        }
    }
}
