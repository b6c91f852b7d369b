// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.BootModule;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.RunResult;
import dev.synapic.machine.firmware.AcpiTables;
import dev.synapic.machine.firmware.MemoryMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Offsets are those of Xen's public/arch-x86/hvm/start_info.h and of the ELF specification, written out here once more. */
class PvhTest {
    private static final int MIB = 1 << 20;
    private static final int AT = 2 * MIB;
    private static final int ENTRY = AT + 0x10;
    private static final int CODE = 0x200;
    private static final int CODE_BYTES = 0x20;
    private static final int NOTES = 0x180;

    private final GuestMemory ram = GuestMemory.allocate(16 * MIB);

    @AfterEach
    void close() {
        ram.close();
    }

    /** Loads [EBX], the start information's magic, and ends the run with its lowest byte: 8B 03, E6 F4. */
    private static ByteBuffer image(boolean wide) {
        ByteBuffer image = ByteBuffer.allocate(CODE + CODE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        image.putInt(0, 0x464C_457F).put(4, (byte) (wide ? 2 : 1));
        image.putShort(wide ? 0x36 : 0x2A, (short) (wide ? 56 : 32)).putShort(wide ? 0x38 : 0x2C, (short) 2);
        if (wide) {
            image.putLong(0x20, 64);
        } else {
            image.putInt(0x1C, 64);
        }
        segment(image, wide, 0, 1, CODE, CODE_BYTES, 2 * CODE_BYTES);
        segment(image, wide, 1, 4, NOTES, 0x40, 0x40);
        note(image, NOTES, 6, "linux\0\0\0");
        image.putInt(NOTES + 24, 4).putInt(NOTES + 28, 8).putInt(NOTES + 32, 18);
        image.putInt(NOTES + 36, 0x006E_6558).putLong(NOTES + 40, ENTRY);
        return image.put(CODE + 0x10, new byte[] {(byte) 0x8B, 0x03, (byte) 0xE6, (byte) 0xF4});
    }

    private static void note(ByteBuffer image, int at, int type, String text) {
        image.putInt(at, 4).putInt(at + 4, text.length()).putInt(at + 8, type).putInt(at + 12, 0x006E_6558);
        image.put(at + 16, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void segment(
            ByteBuffer image, boolean wide, int index, int type, int offset, int fileBytes, int memoryBytes) {
        int at = 64 + index * (wide ? 56 : 32);
        image.putInt(at, type);
        if (wide) {
            image.putLong(at + 8, offset).putLong(at + 24, AT).putLong(at + 32, fileBytes);
            image.putLong(at + 40, memoryBytes);
        } else {
            image.putInt(at + 4, offset)
                    .putInt(at + 12, AT)
                    .putInt(at + 16, fileBytes)
                    .putInt(at + 20, memoryBytes);
        }
    }

    private Pvh.Entry load(ByteBuffer image, byte[] initrd) {
        byte[] file = new byte[image.capacity()];
        image.get(0, file);
        return Pvh.load("vmlinux", file, "console=ttyS0", initrd, ram);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theGuestStartsAtItsEntryWithTheStartInformationInEbx(boolean wide) {
        try (Machine machine = new Machine(MachineConfig.standard())) {
            machine.loadKernel("vmlinux", image(wide).array(), "", List.of());
            RunResult result = machine.run();
            assertThat(result.guestStatus()).isEqualTo(0x78 << 1 | 1);
        }
    }

    @Test
    void theStartInformationTellsCommandLineModuleTablesAndMemory() {
        ram.fill(AT, 0x1000, (byte) 0xAA);
        Pvh.Entry entry = load(image(true), new byte[] {1, 2, 3});
        int info = entry.startInfo();
        assertThat(entry.eip()).isEqualTo(ENTRY);
        assertThat(ram.getInt(info)).isEqualTo(0x336E_C578);
        assertThat(ram.getInt(info + 4)).as("version").isEqualTo(1);
        assertThat(ram.getInt(info + 12)).as("modules").isEqualTo(1);
        long module = ram.getLong(info + 16);
        assertThat(ram.getLong(module + 8)).isEqualTo(3);
        assertThat(ram.getByte(ram.getLong(module) + 2)).isEqualTo((byte) 3);
        byte[] words = new byte[14];
        ram.getBytes(ram.getLong(info + 24), words, 0, words.length);
        assertThat(words).isEqualTo("console=ttyS0\0".getBytes(StandardCharsets.US_ASCII));
        assertThat(ram.getLong(info + 32)).isEqualTo(AcpiTables.RSDP);
        List<MemoryMap.Entry> map = MemoryMap.of(ram.size());
        assertThat(ram.getInt(info + 48)).isEqualTo(map.size());
        long second = ram.getLong(info + 40) + 24;
        assertThat(ram.getLong(second)).isEqualTo(map.get(1).base());
        assertThat(ram.getLong(second + 8)).isEqualTo(map.get(1).length());
        assertThat(ram.getInt(second + 16)).isEqualTo(map.get(1).type());
        assertThat(ram.getByte(AT + CODE_BYTES)).as("behind the file's bytes").isZero();
    }

    @Test
    void withoutAnInitialRamDiskThereIsNoModule() {
        assertThat(ram.getInt(load(image(true), new byte[0]).startInfo() + 12)).isZero();
    }

    @Test
    void anImageIsKnownByItsNotes() {
        assertThat(Pvh.isPvh(image(true).array())).isTrue();
        assertThat(Pvh.isLinux(image(true).array())).isTrue();
        assertThat(Pvh.isPvh(image(true).putInt(NOTES + 36, 0x0055_4E47).array()))
                .as("a note of GNU's")
                .isFalse();
        assertThat(Pvh.isPvh(new byte[10])).isFalse();
    }

    /** Sizes and offsets of a damaged image may be anything. */
    @Test
    void aDamagedImageIsRefusedInOneLine() {
        assertThat(Pvh.isPvh(image(true).putInt(NOTES + 4, 0x7FFF_FFF0).array()))
                .isFalse();
        assertThat(Pvh.isPvh(image(true).putLong(64 + 56 + 8, Long.MAX_VALUE).array()))
                .isFalse();
        assertThat(Pvh.isPvh(image(true).putLong(0x20, Long.MAX_VALUE).array())).isFalse();
        assertThatThrownBy(() -> load(image(true).putLong(64 + 32, 0x7FFF_FFFF_FFFFL), new byte[0]))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("vmlinux: truncated: a segment ends behind the file's 544 bytes");
        assertThatThrownBy(() -> load(image(true).putLong(64 + 24, 1L << 40), new byte[0]))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("is not in RAM between 1 MiB and 16 MiB");
        assertThatThrownBy(() -> load(image(true).putLong(64 + 40, -1), new byte[0]))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> load(image(true).putInt(NOTES + 40, -16), new byte[0]))
                .hasMessage("vmlinux: its PVH entry point 0xfffffff0 is outside RAM");
    }

    @Test
    void anInitialRamDiskThatDoesNotFitIsRefused() {
        assertThatThrownBy(() -> load(image(true), new byte[15 * MIB]))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("-initrd has 15 MiB, and behind the kernel there are 13 MiB of RAM; give it more with -m");
    }

    @Test
    void severalModulesAreOneInitialRamDisk() {
        try (Machine machine = new Machine(MachineConfig.standard())) {
            machine.loadKernel(
                    "vmlinux",
                    image(true).array(),
                    "",
                    List.of(new BootModule("a", new byte[] {1}), new BootModule("b", new byte[] {2})));
            GuestMemory memory = machine.memory();
            long module = memory.getLong(0x6010);
            assertThat(memory.getLong(module + 8)).isEqualTo(2);
            assertThat(memory.getByte(memory.getLong(module) + 1)).isEqualTo((byte) 2);
        }
    }
}
