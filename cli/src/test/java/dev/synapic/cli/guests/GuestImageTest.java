// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.guests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class GuestImageTest {
    @Test
    void everyImageOfOursIsPacked() throws IOException {
        Path images = Path.of(System.getProperty("synapic.root"), "guests", "images");
        try (Stream<Path> files = Files.list(images)) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".elf"))
                            .map(name -> name.replace(".elf", "")))
                    .containsExactlyInAnyOrderElementsOf(GuestImage.PACKED);
        }
        for (String name : GuestImage.PACKED) {
            assertThat(GuestImage.packed(name).name()).isEqualTo(name);
        }
    }
}
