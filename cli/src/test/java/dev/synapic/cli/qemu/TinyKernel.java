// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/** Multiboot kernels of a few instructions, written as a listing: bytes in hexadecimal, a comment behind a semicolon. */
public final class TinyKernel {
    private static final int GPA = 0x10_0000;
    private static final int HEADER = 16;
    private static final int ELF_HEADERS = 84;

    private TinyKernel() {}

    /** Writes a kernel that starts at 0x100010 in flat protected mode; returns its file. */
    public static String write(Path directory, String listing) throws IOException {
        StringBuilder hex = new StringBuilder();
        listing.lines()
                .map(line -> line.replaceFirst(";.*", "").replace(" ", ""))
                .forEach(hex::append);
        byte[] code = HexFormat.of().parseHex(hex);
        int bytes = HEADER + code.length;
        ByteBuffer image = ByteBuffer.allocate(ELF_HEADERS + bytes).order(ByteOrder.LITTLE_ENDIAN);
        image.putInt(0, 0x464C_457F).put(4, (byte) 1).putShort(18, (short) 3);
        image.putInt(24, GPA + HEADER).putInt(28, 52).putShort(42, (short) 32).putShort(44, (short) 1);
        image.putInt(52, 1).putInt(56, ELF_HEADERS).putInt(60, GPA).putInt(64, GPA);
        image.putInt(68, bytes).putInt(72, bytes);
        image.putInt(ELF_HEADERS, 0x1BAD_B002).putInt(ELF_HEADERS + 8, -0x1BAD_B002);
        return Files.write(
                        directory.resolve("tiny.elf"),
                        image.put(ELF_HEADERS + HEADER, code).array())
                .toString();
    }
}
