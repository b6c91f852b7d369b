// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.firmware.AcpiTables;
import dev.synapic.machine.firmware.MemoryMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Offsets are those of Linux's Documentation/arch/x86/boot.rst and zero-page.rst, written out here once more. */
class LinuxTest {
    private static final int MIB = 1 << 20;
    private static final int SETUP_SECTORS = 3;
    private static final int SETUP_BYTES = (SETUP_SECTORS + 1) * 512;
    private static final int CODE_BYTES = 0x1000;
    private static final int AT = 4 * MIB;
    private static final int INIT_SIZE = 2 * MIB;

    private final GuestMemory ram = GuestMemory.allocate(16 * MIB);

    @AfterEach
    void close() {
        ram.close();
    }

    /** Protocol 2.15, loaded at 4 MiB, 2 MiB large when unpacked; its code is 0, 1, 2, ... */
    private static ByteBuffer image() {
        ByteBuffer image = ByteBuffer.allocate(SETUP_BYTES + CODE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        image.put(0x1F1, (byte) SETUP_SECTORS).putInt(0x1F4, CODE_BYTES / 16).putShort(0x1FE, (short) 0xAA55);
        image.put(0x200, (byte) 0xEB).put(0x201, (byte) 0x6A).putInt(0x202, 0x5372_6448);
        image.putShort(0x206, (short) 0x20F).put(0x211, (byte) 0x81).putInt(0x22C, 0x7FFF_FFFF);
        image.putShort(0x236, (short) 0x7F).putInt(0x238, 2047);
        image.putLong(0x258, AT).putInt(0x260, INIT_SIZE).putInt(0x264, 0x1234_5678);
        for (int i = 0; i < CODE_BYTES; i++) {
            image.put(SETUP_BYTES + i, (byte) i);
        }
        return image;
    }

    private static byte[] bytes(ByteBuffer image) {
        byte[] bytes = new byte[image.capacity()];
        image.get(0, bytes);
        return bytes;
    }

    private Linux.Entry load(ByteBuffer image) {
        return load(image, "console=ttyS0", new byte[0]);
    }

    private Linux.Entry load(ByteBuffer image, String commandLine, byte[] initrd) {
        return Linux.load("vmlinuz", bytes(image), commandLine, initrd, ram);
    }

    private void assertRefused(ByteBuffer image, String why) {
        assertThatThrownBy(() -> load(image))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("vmlinuz: ")
                .hasMessageContaining(why)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    /** boot.rst, "64-bit boot protocol": the entry is at the start address plus 0x200, RSI is the base of struct boot_params. */
    @Test
    void theProtectedModePartIsAtItsPreferredAddressAndEnteredAt0x200() {
        Linux.Entry entry = load(image());
        assertThat(entry.rip()).isEqualTo(AT + 0x200);
        assertThat(ram.getByte(AT)).isZero();
        assertThat(ram.getByte(AT + 0x7F)).isEqualTo((byte) 0x7F);
        assertThat(ram.getByte(AT + CODE_BYTES - 1)).isEqualTo((byte) 0xFF);
    }

    /** boot.rst: setup_sects 0 means 4, for backwards compatibility. */
    @Test
    void zeroSetupSectorsMeanFour() {
        ByteBuffer image = image().put(0x1F1, (byte) 0).putInt(0x1F4, (CODE_BYTES - 512) / 16);
        load(image);
        assertThat(ram.getByte(AT + 0x10)).as("one sector further").isEqualTo((byte) 0x10);
        assertThat(ram.getInt(AT)).isEqualTo(image.getInt(5 * 512));
    }

    /** boot.rst: the header is copied to 0x1f1 up to 0x202 plus the byte at 0x201; the loader sets type_of_loader 0xff. */
    @Test
    void theBootParametersHoldTheHeader() {
        long parameters = load(image()).bootParameters();
        assertThat(ram.getInt(parameters + 0x202)).isEqualTo(0x5372_6448);
        assertThat(ram.getByte(parameters + 0x1F1)).isEqualTo((byte) SETUP_SECTORS);
        assertThat(ram.getInt(parameters + 0x264))
                .as("the last field of the header")
                .isEqualTo(0x1234_5678);
        assertThat(ram.getByte(parameters + 0x210)).as("type_of_loader").isEqualTo((byte) 0xFF);
        assertThat(ram.getByte(parameters + 0x211)).as("no heap for real mode").isEqualTo((byte) 1);
    }

    @Test
    void aShortHeaderLeavesTheRestOfTheBootParametersZero() {
        long parameters = load(image().put(0x201, (byte) 0x2A)).bootParameters();
        assertThat(ram.getInt(parameters + 0x22C))
                .as("initrd_addr_max, behind it")
                .isZero();
        assertThat(ram.getInt(parameters + 0x228)).as("cmd_line_ptr, in it").isNotZero();
    }

    /** zero-page.rst: acpi_rsdp_addr at 0x70, e820_entries at 0x1e8, e820_table at 0x2d0. */
    @Test
    void theBootParametersTellTheMemoryMapAndTheRsdp() {
        long parameters = load(image()).bootParameters();
        assertThat(ram.getLong(parameters + 0x70)).isEqualTo(AcpiTables.RSDP);
        byte[] map = MemoryMap.e820(ram.size());
        byte[] table = new byte[map.length];
        ram.getBytes(parameters + 0x2D0, table, 0, table.length);
        assertThat(table).isEqualTo(map);
        assertThat(ram.getByte(parameters + 0x1E8)).isEqualTo((byte) (map.length / 20));
    }

    @Test
    void theCommandLineEndsWithAZero() {
        long parameters = load(image(), "root=/dev/sda quiet", new byte[0]).bootParameters();
        int at = ram.getInt(parameters + 0x228);
        byte[] line = new byte[20];
        ram.getBytes(at, line, 0, line.length);
        assertThat(new String(line, StandardCharsets.US_ASCII)).isEqualTo("root=/dev/sda quiet\0");
    }

    /** boot.rst: cmdline_size is without the terminating zero. */
    @Test
    void aCommandLineMayBeAsLongAsTheKernelTakes() {
        load(image(), "x".repeat(2047), new byte[0]);
        assertThatThrownBy(() -> load(image(), "x".repeat(2048), new byte[0]))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("-append is longer than the 2047 bytes that the kernel takes");
        load(image().putInt(0x238, -1), "x".repeat(4095), new byte[0]);
    }

    /** boot.rst: "typically loaded as high as possible". */
    @Test
    void theInitialRamDiskIsAtTheTopInPagesOfItsOwn() {
        byte[] initrd = new byte[5000];
        Arrays.fill(initrd, (byte) 0x5A);
        long parameters = load(image(), "", initrd).bootParameters();
        int at = ram.getInt(parameters + 0x218);
        assertThat(at).isEqualTo(16 * MIB - 8192);
        assertThat(ram.getInt(parameters + 0x21C)).isEqualTo(5000);
        assertThat(ram.getByte(at)).isEqualTo((byte) 0x5A);
        assertThat(ram.getByte(at + 4999)).isEqualTo((byte) 0x5A);
    }

    /** boot.rst: initrd_addr_max is the last byte that it may occupy. */
    @Test
    void theInitialRamDiskIsNotAboveWhatTheKernelAllows() {
        long parameters =
                load(image().putInt(0x22C, 8 * MIB - 1), "", new byte[4096]).bootParameters();
        assertThat(ram.getInt(parameters + 0x218)).isEqualTo(8 * MIB - 4096);
    }

    @Test
    void anInitialRamDiskThatDoesNotFitBehindTheKernelIsRefused() {
        load(image(), "", new byte[10 * MIB]);
        assertThatThrownBy(() -> load(image(), "", new byte[10 * MIB + 1]))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("-initrd has 11 MiB, and behind the kernel there are 10 MiB of RAM; give it more with -m");
    }

    /** boot.rst: __BOOT_CS 0x10 execute/read, __BOOT_DS 0x18 read/write, 4 GiB flat; SDM vol. 3A, 5.5: long mode's tables. */
    @Test
    void theEntryFindsFlatSegmentsAndFourGibibytesMappedOneToOne() {
        Linux.Entry entry = load(image());
        assertThat(ram.getLong(entry.gdt() + Linux.BOOT_CS)).isEqualTo(0x00AF_9B00_0000_FFFFL);
        assertThat(ram.getLong(entry.gdt() + Linux.BOOT_DS)).isEqualTo(0x00CF_9300_0000_FFFFL);
        assertThat(entry.gdtLimit()).isEqualTo(0x1F);
        for (long gpa : new long[] {0, AT, 0x7FE0_0000L, 0xFFE0_0000L}) {
            long pointers = ram.getLong(entry.cr3()) & -4096L;
            long directory = ram.getLong(pointers + (gpa >> 30) * 8) & -4096L;
            assertThat(ram.getLong(directory + (gpa >> 21 & 511) * 8))
                    .as("present, writable, 2 MiB")
                    .isEqualTo(gpa | 0x83);
        }
    }

    @Test
    void whatIsNoBzImageIsRefused() {
        assertThat(Linux.isBzImage(new byte[0])).isFalse();
        assertThat(Linux.isBzImage(image().putInt(0x202, 0).array())).isFalse();
        assertRefused(image().putShort(0x1FE, (short) 0), "no boot flag 0xaa55");
        ByteBuffer start =
                ByteBuffer.wrap(Arrays.copyOf(image().array(), 0x206)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(Linux.isBzImage(start.array())).isTrue();
        assertRefused(start, "not a bzImage");
    }

    @Test
    void aTruncatedImageIsRefused() {
        byte[] whole = image().array();
        assertRefused(
                ByteBuffer.wrap(Arrays.copyOf(whole, whole.length - 1)),
                "truncated: its header speaks of 6144 bytes, there are 6143");
        assertRefused(image().put(0x1F1, (byte) 0xFF), "truncated: its header speaks of 135168 bytes");
        assertRefused(image().putInt(0x1F4, -1), "truncated: its header speaks of 68719478768 bytes");
    }

    /** boot.rst: init_size since 2.10, xloadflags since 2.12, whose bit 0 tells of the 64-bit entry. */
    @Test
    void aKernelWithoutA64BitEntryIsRefused() {
        assertRefused(image().putShort(0x206, (short) 0x20B), "boot protocol 2.11 without a 64-bit entry point");
        assertRefused(image().putShort(0x236, (short) 0x7E), "boot protocol 2.15 without a 64-bit entry point");
    }

    @Test
    void aKernelThatDoesNotFitIntoRamIsRefused() {
        load(image().putInt(0x260, 12 * MIB));
        assertRefused(image().putInt(0x260, 12 * MIB + 1), "needs RAM from 0x400000 to 0x1000001, there are 16 MiB");
        assertRefused(image().putInt(0x260, -1), "wants to be loaded at 0x400000 with 0xffffffff bytes");
        assertRefused(image().putLong(0x258, 0x9000), "wants to be loaded at 0x9000");
        assertRefused(image().putLong(0x258, -4096), "wants to be loaded at 0xfffffffffffff000");
        assertRefused(image().putLong(0x258, Long.MAX_VALUE), "wants to be loaded at 0x7fffffffffffffff");
    }

    /** The file may be larger than init_size says: what is loaded counts. */
    @Test
    void aKernelThatSaysItIsSmallerThanItIsDoesNotRunIntoTheInitialRamDisk() {
        assertRefused(image().putLong(0x258, 16 * MIB - CODE_BYTES + 1).putInt(0x260, 0), "needs RAM");
        long parameters = load(image().putLong(0x258, 16 * MIB - CODE_BYTES).putInt(0x260, 0))
                .bootParameters();
        assertThat(ram.getInt(parameters + 0x218)).isZero();
    }

    /** Whatever the header says, the outcome is a loaded kernel or one line. */
    @Test
    void aHeaderOfNoiseNeverLeadsToAnotherException() {
        long seed = Long.getLong("synapic.seed", 4);
        Random random = new Random(seed);
        int loaded = 0;
        for (int i = 0; i < 20_000; i++) {
            ByteBuffer image = image();
            int changes = 1 + random.nextInt(4);
            for (int j = 0; j < changes; j++) {
                int bit = 0x1F1 * 8 + random.nextInt((0x268 - 0x1F1) * 8);
                image.put(bit / 8, (byte) (image.get(bit / 8) ^ 1 << bit % 8));
            }
            try {
                load(image, "quiet", new byte[random.nextInt(3) * 4096]);
                loaded++;
            } catch (ConfigurationException e) {
                assertThat(e.getMessage()).as("seed %d", seed).doesNotContain("\n");
            }
        }
        assertThat(loaded)
                .as("kernels that were loaded all the same, seed %d", seed)
                .isBetween(1, 19_999);
    }
}
