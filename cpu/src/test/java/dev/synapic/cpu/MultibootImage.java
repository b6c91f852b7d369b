// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.guestmem.GuestMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Loads a 32-bit ELF file as a Multiboot loader does, just enough for our own guests. */
final class MultibootImage {
    private static final int LOADED = 0x2BAD_B002;
    private static final int INFO = 0x9000;
    private static final int COMMAND_LINE = 0x9100;
    private static final int PT_LOAD = 1;

    private MultibootImage() {}

    static void boot(Path file, String commandLine, GuestMemory ram, Cpu cpu) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer elf = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int headers = elf.getInt(28);
        int size = elf.getShort(42);
        for (int i = 0; i < elf.getShort(44); i++) {
            int at = headers + i * size;
            if (elf.getInt(at) == PT_LOAD) {
                ram.putBytes(elf.getInt(at + 12), bytes, elf.getInt(at + 4), elf.getInt(at + 16));
            }
        }
        ram.putInt(INFO, 1 << 2);
        ram.putInt(INFO + 16, COMMAND_LINE);
        ram.putBytes(COMMAND_LINE, (commandLine + "\0").getBytes(StandardCharsets.US_ASCII));
        cpu.enterFlatProtectedMode(elf.getInt(24));
        cpu.gpr[0] = LOADED;
        cpu.gpr[3] = INFO;
    }
}
