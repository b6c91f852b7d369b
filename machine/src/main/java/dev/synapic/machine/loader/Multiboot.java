// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.loader;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.BootModule;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.firmware.MemoryMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Puts a Multiboot-1 ELF32 kernel and its boot information into guest memory.
 *
 * <p>Spec: Multiboot Specification 0.6.96, 3.1 to 3.3. Not modelled: video, the a.out address fields, drives, APM.
 */
public final class Multiboot {
    /** What EAX holds at the entry point. */
    public static final int BOOT_MAGIC = 0x2BAD_B002;

    private static final int HEADER_MAGIC = 0x1BAD_B002;
    private static final int HEADER_SEARCH_BYTES = 8192;
    private static final int ELF_MAGIC = 0x464C_457F;
    private static final int ELF_HEADER_BYTES = 52;
    private static final int PROGRAM_HEADER_BYTES = 32;
    private static final int PT_LOAD = 1;
    private static final int EM_386 = 3;

    /** Where the boot information goes: below 640 KiB, and clear of the real-mode start-up code that kernels put at 32 KiB. */
    private static final int INFO = 0x5000;

    private static final int MEMORY_MAP = 0x5100;
    private static final int LOADER_NAME = 0x5200;
    private static final int COMMAND_LINE = 0x5300;
    private static final int COMMAND_LINE_BYTES = 0xD00;
    private static final int FLAG_MEMORY = 1;
    private static final int FLAG_COMMAND_LINE = 4;
    private static final int FLAG_MEMORY_MAP = 0x40;
    private static final int FLAG_LOADER_NAME = 0x200;

    private static final int FLAG_MODULES = 8;
    private static final int MODULE_ENTRY_BYTES = 16;
    private static final long PAGE_BYTES = 4096;

    private final String name;
    private final ByteBuffer image;
    /** Behind the last byte of the kernel. */
    private long end = MemoryMap.FIRMWARE_END;

    private Multiboot(String name, byte[] image) {
        this.name = name;
        this.image = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Entry point and address of the boot information (EBX). */
    public record Entry(int eip, int info) {}

    /** Loads an image; name is for messages. Throws {@link ConfigurationException} where it cannot be loaded. */
    public static Entry load(String name, byte[] image, String commandLine, List<BootModule> modules, GuestMemory ram) {
        return new Multiboot(name, image).load(commandLine, modules, ram);
    }

    private Entry load(String commandLine, List<BootModule> modules, GuestMemory ram) {
        if (!hasMultibootHeader()) {
            throw refuse(
                    "neither a Linux bzImage nor a Multiboot kernel nor one for PVH (no 'HdrS' at 0x202, no Multiboot-1"
                            + " header in its first 8 KiB, no ELF note that names a PVH entry point)");
        }
        if (image.limit() < ELF_HEADER_BYTES || image.getInt(0) != ELF_MAGIC) {
            throw refuse("not an ELF image; only Multiboot kernels in ELF32 are loaded");
        }
        if (image.get(4) != 1 || image.getShort(18) != EM_386) {
            throw refuse("not an ELF32 image for i386; convert it with objcopy -O elf32-i386");
        }
        loadSegments(ram);
        writeInfo(commandLine, ram);
        loadModules(modules, ram);
        return new Entry(image.getInt(24), INFO);
    }

    /** Whether there is a Multiboot-1 header where it must be. */
    public static boolean isMultiboot(byte[] image) {
        return new Multiboot("", image).hasMultibootHeader();
    }

    private boolean hasMultibootHeader() {
        int last = Math.min(image.limit(), HEADER_SEARCH_BYTES) - 12;
        for (int at = 0; at <= last; at += 4) {
            if (image.getInt(at) == HEADER_MAGIC
                    && image.getInt(at) + image.getInt(at + 4) + image.getInt(at + 8) == 0) {
                return true;
            }
        }
        return false;
    }

    private void loadSegments(GuestMemory ram) {
        long table = image.getInt(28) & 0xFFFF_FFFFL;
        int entryBytes = image.getShort(42) & 0xFFFF;
        int entries = image.getShort(44) & 0xFFFF;
        if (entryBytes < PROGRAM_HEADER_BYTES || table + (long) entryBytes * entries > image.limit()) {
            throw refuse("truncated: its program headers end behind the file");
        }
        int loaded = 0;
        for (int i = 0; i < entries; i++) {
            int at = (int) table + i * entryBytes;
            if (image.getInt(at) == PT_LOAD) {
                loadSegment(at, ram);
                loaded++;
            }
        }
        if (loaded == 0) {
            throw refuse("has no loadable segment");
        }
    }

    private void loadSegment(int header, GuestMemory ram) {
        long offset = image.getInt(header + 4) & 0xFFFF_FFFFL;
        long gpa = image.getInt(header + 12) & 0xFFFF_FFFFL;
        long fileBytes = image.getInt(header + 16) & 0xFFFF_FFFFL;
        long memoryBytes = image.getInt(header + 20) & 0xFFFF_FFFFL;
        if (offset + fileBytes > image.limit()) {
            throw refuse("truncated: a segment ends at byte %d of %d".formatted(offset + fileBytes, image.limit()));
        }
        if (!ram.contains(gpa, Math.max(fileBytes, memoryBytes))) {
            throw refuse("a segment at 0x%x of 0x%x bytes is outside RAM of %d MiB; give it more with -m"
                    .formatted(gpa, memoryBytes, ram.size() >> 20));
        }
        byte[] bytes = new byte[(int) fileBytes];
        image.get((int) offset, bytes);
        ram.putBytes(gpa, bytes);
        ram.fill(gpa + fileBytes, Math.max(0, memoryBytes - fileBytes), (byte) 0);
        end = Math.max(end, gpa + Math.max(fileBytes, memoryBytes));
    }

    /** Behind the kernel, in pages of their own: the modules, then their table and strings (3.3, "mods_*"). */
    private void loadModules(List<BootModule> modules, GuestMemory ram) {
        if (modules.isEmpty()) {
            return;
        }
        long first = pages(end);
        long table =
                first + modules.stream().mapToLong(m -> pages(m.bytes().length)).sum();
        ByteBuffer entries =
                ByteBuffer.allocate(modules.size() * MODULE_ENTRY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        long at = first;
        long string = table + entries.capacity();
        for (BootModule module : modules) {
            place(at, module.bytes(), ram);
            byte[] text = (module.string() + "\0").getBytes(StandardCharsets.UTF_8);
            place(string, text, ram);
            entries.putInt((int) at)
                    .putInt((int) at + module.bytes().length)
                    .putInt((int) string)
                    .putInt(0);
            at += pages(module.bytes().length);
            string += text.length;
        }
        place(table, entries.array(), ram);
        ram.putInt(INFO, ram.getInt(INFO) | FLAG_MODULES);
        ram.putInt(INFO + 20, modules.size());
        ram.putInt(INFO + 24, (int) table);
    }

    private static void place(long gpa, byte[] bytes, GuestMemory ram) {
        if (gpa + bytes.length > MemoryMap.belowHole(ram.size())) {
            throw new ConfigurationException(
                    "modules of -initrd need RAM up to 0x%x, there is %d MiB; give it more with -m"
                            .formatted(gpa + bytes.length, ram.size() >> 20));
        }
        ram.putBytes(gpa, bytes);
    }

    private static long pages(long bytes) {
        return bytes + PAGE_BYTES - 1 & -PAGE_BYTES;
    }

    private void writeInfo(String commandLine, GuestMemory ram) {
        byte[] words = (commandLine + "\0").getBytes(StandardCharsets.UTF_8);
        if (words.length > COMMAND_LINE_BYTES) {
            throw new ConfigurationException("-append is longer than %d bytes".formatted(COMMAND_LINE_BYTES - 1));
        }
        ram.putBytes(COMMAND_LINE, words);
        ram.putBytes(LOADER_NAME, "synapic\0".getBytes(StandardCharsets.US_ASCII));
        ram.putInt(INFO, FLAG_MEMORY | FLAG_COMMAND_LINE | FLAG_MEMORY_MAP | FLAG_LOADER_NAME);
        ram.putInt(INFO + 4, MemoryMap.EBDA >> 10);
        long low = MemoryMap.belowHole(ram.size());
        ram.putInt(INFO + 8, (int) (low - MemoryMap.FIRMWARE_END >> 10));
        ram.putInt(INFO + 16, COMMAND_LINE);
        int mapEnd = MEMORY_MAP;
        for (MemoryMap.Entry entry : MemoryMap.of(ram.size())) {
            mapEnd = mapEntry(ram, mapEnd, entry);
        }
        ram.putInt(INFO + 44, mapEnd - MEMORY_MAP);
        ram.putInt(INFO + 48, MEMORY_MAP);
        ram.putInt(INFO + 64, LOADER_NAME);
    }

    private static int mapEntry(GuestMemory ram, int at, MemoryMap.Entry entry) {
        ram.putInt(at, 20);
        ram.putLong(at + 4, entry.base());
        ram.putLong(at + 12, entry.length());
        ram.putInt(at + 20, entry.type());
        return at + 24;
    }

    private ConfigurationException refuse(String why) {
        return new ConfigurationException(name + ": " + why);
    }
}
