// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * Kernels of a few instructions, assembled by hand: each line is machine code in hexadecimal, then what it means. They are loaded at
 * 0x100000 behind a Multiboot header of 16 bytes and start at 0x100010 in flat 32-bit protected mode with interrupts off.
 */
final class TinyGuest {
    static final int ENTRY = 0x10_0010;
    private static final int GPA = 0x10_0000;
    private static final int HEADER = 16;
    private static final int ELF_HEADERS = 84;

    private TinyGuest() {}

    /** An ELF32 image with one segment: the Multiboot header, and the code of a listing. */
    static byte[] of(String listing) {
        byte[] code = assemble(listing);
        int bytes = HEADER + code.length;
        ByteBuffer image = ByteBuffer.allocate(ELF_HEADERS + bytes).order(ByteOrder.LITTLE_ENDIAN);
        image.putInt(0, 0x464C_457F).put(4, (byte) 1).putShort(18, (short) 3);
        image.putInt(24, ENTRY).putInt(28, 52).putShort(42, (short) 32).putShort(44, (short) 1);
        image.putInt(52, 1).putInt(56, ELF_HEADERS).putInt(60, GPA).putInt(64, GPA);
        image.putInt(68, bytes).putInt(72, bytes);
        image.putInt(ELF_HEADERS, 0x1BAD_B002).putInt(ELF_HEADERS + 8, -0x1BAD_B002);
        return image.put(ELF_HEADERS + HEADER, code).array();
    }

    private static byte[] assemble(String listing) {
        StringBuilder hex = new StringBuilder();
        listing.lines()
                .map(line -> line.replaceFirst(";.*", "").replace(" ", ""))
                .forEach(hex::append);
        return HexFormat.of().parseHex(hex);
    }
}
