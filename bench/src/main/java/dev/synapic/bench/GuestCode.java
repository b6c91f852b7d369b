// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import dev.synapic.cpu.CodeSize;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The machine code of a guest image: the sections of an ELF32 file that hold instructions. */
record GuestCode(byte[] bytes, CodeSize size) {
    private static final int SECTION_TYPE = 4, SECTION_FLAGS = 8, SECTION_OFFSET = 16, SECTION_SIZE = 20;
    private static final int SHT_PROGBITS = 1;
    private static final int SHF_EXECINSTR = 4;

    /** Of all images in guests/images. The start-up code of the 64-bit guests is 16- and 32-bit code; it is decoded all the same. */
    static List<GuestCode> ofAllImages() {
        Path images = Path.of(System.getProperty("synapic.root", "."), "guests", "images");
        try (Stream<Path> files = Files.list(images)) {
            return files.filter(file -> file.toString().endsWith(".elf"))
                    .sorted()
                    .flatMap(file -> of(file).stream())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("start in the project's directory, or set -Dsynapic.root", e);
        }
    }

    private static List<GuestCode> of(Path image) {
        ByteBuffer elf = ByteBuffer.wrap(read(image)).order(ByteOrder.LITTLE_ENDIAN);
        CodeSize size = image.getFileName().toString().contains("32") ? CodeSize.CODE32 : CodeSize.CODE64;
        int table = elf.getInt(32);
        int entry = elf.getShort(46);
        List<GuestCode> code = new ArrayList<>();
        for (int i = 0; i < elf.getShort(48); i++) {
            int header = table + i * entry;
            if (elf.getInt(header + SECTION_TYPE) == SHT_PROGBITS
                    && (elf.getInt(header + SECTION_FLAGS) & SHF_EXECINSTR) != 0) {
                byte[] bytes = new byte[elf.getInt(header + SECTION_SIZE)];
                elf.get(elf.getInt(header + SECTION_OFFSET), bytes);
                code.add(new GuestCode(bytes, size));
            }
        }
        return code;
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
