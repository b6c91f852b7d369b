// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.loader;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.firmware.AcpiTables;
import dev.synapic.machine.firmware.MemoryMap;
import dev.synapic.spec.x86.PageTableEntry;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Puts a Linux bzImage with its command line, initial RAM disk and boot parameters into guest memory, for its 64-bit entry point.
 *
 * <p>Spec: Linux, The Linux/x86 Boot Protocol 2.15 ("bzImage" header, 64-bit boot protocol, zero page). Not modelled: the real-mode and
 * the EFI hand-over entry points, {@code setup_data}.
 */
public final class Linux {
    /** Segments that the entry point finds loaded: __BOOT_CS and __BOOT_DS. */
    public static final int BOOT_CS = 0x10;

    public static final int BOOT_DS = 0x18;

    private static final int SECTOR_BYTES = 512;
    private static final int PAGE_BYTES = 4096;

    /** Offsets in the first sectors of the file and, from SETUP on, in the boot parameters. */
    private static final int SETUP = 0x1F1;

    private static final int BOOT_FLAG = 0x1FE;
    private static final int JUMP_LENGTH = 0x201;
    private static final int HEADER = 0x202;
    private static final int VERSION = 0x206;
    private static final int TYPE_OF_LOADER = 0x210;
    private static final int LOADFLAGS = 0x211;
    private static final int RAMDISK_IMAGE = 0x218;
    private static final int RAMDISK_SIZE = 0x21C;
    private static final int COMMAND_LINE_POINTER = 0x228;
    private static final int INITRD_ADDRESS_MAX = 0x22C;
    private static final int XLOADFLAGS = 0x236;
    private static final int COMMAND_LINE_SIZE = 0x238;
    private static final int PREFERRED_ADDRESS = 0x258;
    private static final int INIT_SIZE = 0x260;
    private static final int SYSSIZE = 0x1F4;

    /** Offsets in the boot parameters alone. */
    private static final int ACPI_RSDP = 0x070;

    private static final int E820_ENTRIES = 0x1E8;
    private static final int E820_TABLE = 0x2D0;
    /** The header's place in the boot parameters ends here, however long it says it is. */
    private static final int SETUP_END = 0x290;

    private static final int MAGIC = 0x5372_6448;
    private static final int VERSION_2_12 = 0x20C;
    private static final int XLF_KERNEL_64 = 1;
    private static final int OTHER_LOADER = 0xFF;
    private static final int CAN_USE_HEAP = 0x80;
    private static final int ENTRY_64 = 0x200;

    /** Below 640 KiB, clear of what kernels use there before they read the map. */
    private static final int GDT = 0x6000;

    private static final int BOOT_PARAMETERS = 0x7000;
    private static final int COMMAND_LINE = 0x8000;
    private static final int PAGE_TABLES = 0x9000;
    private static final int MAPPED_GIBIBYTES = 4;

    private static final long CODE_64 = 0x00AF_9B00_0000_FFFFL;
    private static final long DATA = 0x00CF_9300_0000_FFFFL;

    private final String name;
    private final byte[] image;
    private final ByteBuffer fields;

    private Linux(String name, byte[] image) {
        this.name = name;
        this.image = image;
        this.fields = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * How the first processor enters the kernel.
     *
     * @param rip the 64-bit entry point
     * @param bootParameters what RSI holds
     * @param cr3 page tables that map the first 4 GiB one to one
     * @param gdt base of the GDT
     * @param gdtLimit its last byte
     */
    public record Entry(long rip, long bootParameters, long cr3, long gdt, int gdtLimit) {}

    /** Whether that is a bzImage, by the signature of its header. */
    public static boolean isBzImage(byte[] image) {
        return image.length >= VERSION
                && ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).getInt(HEADER) == MAGIC;
    }

    /**
     * Loads a kernel; name is for messages.
     *
     * @param initrd the initial RAM disk, empty for none
     * @throws ConfigurationException where it cannot be loaded
     */
    public static Entry load(String name, byte[] image, String commandLine, byte[] initrd, GuestMemory ram) {
        return new Linux(name, image).load(commandLine, initrd, ram);
    }

    private Entry load(String commandLine, byte[] initrd, GuestMemory ram) {
        check();
        int setupBytes = (setupSectors() + 1) * SECTOR_BYTES;
        long at = fields.getLong(PREFERRED_ADDRESS);
        long bytes = Math.max(unsigned(INIT_SIZE), image.length - setupBytes);
        if (at < MemoryMap.FIRMWARE_END || at > GuestMemory.HOLE_START - bytes) {
            throw refuse("wants to be loaded at 0x%x with 0x%x bytes; that is not between 1 MiB and 3 GiB"
                    .formatted(at, bytes));
        }
        long end = at + bytes;
        if (end > ram.size()) {
            throw refuse("needs RAM from 0x%x to 0x%x, there are %d MiB; give it more with -m"
                    .formatted(at, end, ram.size() >> 20));
        }
        ram.putBytes(at, image, setupBytes, image.length - setupBytes);
        ram.fill(BOOT_PARAMETERS, PAGE_BYTES, (byte) 0);
        int headerEnd = Math.min(HEADER + (image[JUMP_LENGTH] & 0xFF), SETUP_END);
        ram.putBytes(BOOT_PARAMETERS + SETUP, image, SETUP, headerEnd - SETUP);
        ram.putByte(BOOT_PARAMETERS + TYPE_OF_LOADER, (byte) OTHER_LOADER);
        ram.putByte(BOOT_PARAMETERS + LOADFLAGS, (byte) (image[LOADFLAGS] & ~CAN_USE_HEAP));
        writeCommandLine(commandLine, ram);
        loadInitrd(initrd, end, ram);
        writeMap(ram);
        ram.putLong(BOOT_PARAMETERS + ACPI_RSDP, AcpiTables.RSDP);
        writeTables(ram);
        return new Entry(at + ENTRY_64, BOOT_PARAMETERS, PAGE_TABLES, GDT, BOOT_DS + 7);
    }

    private int setupSectors() {
        int sectors = image[SETUP] & 0xFF;
        return sectors == 0 ? 4 : sectors;
    }

    private long unsigned(int field) {
        return fields.getInt(field) & 0xFFFF_FFFFL;
    }

    private void check() {
        if (image.length <= INIT_SIZE + 4 || (fields.getShort(BOOT_FLAG) & 0xFFFF) != 0xAA55) {
            throw refuse("not a bzImage (no boot flag 0xaa55 in its first sector)");
        }
        int version = fields.getShort(VERSION) & 0xFFFF;
        if (version < VERSION_2_12 || (fields.getShort(XLOADFLAGS) & XLF_KERNEL_64) == 0) {
            throw refuse(
                    "boot protocol %d.%02d without a 64-bit entry point; a 64-bit kernel from Linux 3.8 on is needed"
                            .formatted(version >> 8, version & 0xFF));
        }
        long expected = (setupSectors() + 1L) * SECTOR_BYTES + unsigned(SYSSIZE) * 16;
        // SYSSIZE counts paragraphs of the protected-mode part without the checksum and signatures behind it.
        if (image.length < expected) {
            throw refuse("truncated: its header speaks of %d bytes, there are %d".formatted(expected, image.length));
        }
    }

    private void writeCommandLine(String commandLine, GuestMemory ram) {
        byte[] words = (commandLine + "\0").getBytes(StandardCharsets.UTF_8);
        int most = (int) Math.min(unsigned(COMMAND_LINE_SIZE), PAGE_BYTES - 1);
        if (words.length - 1 > most) {
            throw new ConfigurationException(
                    "-append is longer than the %d bytes that the kernel takes".formatted(most));
        }
        ram.putBytes(COMMAND_LINE, words);
        ram.putInt(BOOT_PARAMETERS + COMMAND_LINE_POINTER, COMMAND_LINE);
    }

    /** As high as RAM and the kernel allow. */
    private void loadInitrd(byte[] initrd, long kernelEnd, GuestMemory ram) {
        if (initrd.length == 0) {
            return;
        }
        long top = Math.min(MemoryMap.belowHole(ram.size()), unsigned(INITRD_ADDRESS_MAX) + 1);
        long at = top - initrd.length & -PAGE_BYTES;
        if (at < kernelEnd) {
            throw new ConfigurationException(
                    "-initrd has %d MiB, and behind the kernel there are %d MiB of RAM; give it more with -m"
                            .formatted(initrd.length + (1L << 20) - 1 >> 20, Math.max(0, top - kernelEnd) >> 20));
        }
        ram.putBytes(at, initrd);
        ram.putInt(BOOT_PARAMETERS + RAMDISK_IMAGE, (int) at);
        ram.putInt(BOOT_PARAMETERS + RAMDISK_SIZE, initrd.length);
    }

    private static void writeMap(GuestMemory ram) {
        ram.putBytes(BOOT_PARAMETERS + E820_TABLE, MemoryMap.e820(ram.size()));
        ram.putByte(
                BOOT_PARAMETERS + E820_ENTRIES, (byte) MemoryMap.of(ram.size()).size());
    }

    /** A GDT, and page tables of 2 MiB pages. */
    private static void writeTables(GuestMemory ram) {
        ram.putLong(GDT, 0);
        ram.putLong(GDT + 8, 0);
        ram.putLong(GDT + BOOT_CS, CODE_64);
        ram.putLong(GDT + BOOT_DS, DATA);
        long table = PageTableEntry.PRESENT | PageTableEntry.WRITABLE;
        long pointers = PAGE_TABLES + PAGE_BYTES;
        ram.putLong(PAGE_TABLES, pointers | table);
        for (int i = 0; i < MAPPED_GIBIBYTES; i++) {
            long directory = pointers + (long) (i + 1) * PAGE_BYTES;
            ram.putLong(pointers + i * 8L, directory | table);
            for (int j = 0; j < 512; j++) {
                ram.putLong(directory + j * 8L, (i * 512L + j) << 21 | table | PageTableEntry.PAGE_SIZE);
            }
        }
    }

    private ConfigurationException refuse(String why) {
        return new ConfigurationException(name + ": " + why);
    }
}
