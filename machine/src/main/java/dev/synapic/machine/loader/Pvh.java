// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.loader;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.firmware.AcpiTables;
import dev.synapic.machine.firmware.MemoryMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Puts an ELF kernel with a PVH entry point, as Linux's vmlinux, and its start information into guest memory.
 *
 * <p>Spec: Xen, docs/misc/pvh.pandoc (the entry point's state) and public/arch-x86/hvm/start_info.h, version 1; public/elfnote.h for the notes. Either
 * ELF class. Not modelled: relocation to another place (PHYS32_RELOC).
 */
public final class Pvh {
    private static final int ELF_MAGIC = 0x464C_457F;
    private static final int ELF_HEADER_BYTES = 64;
    private static final int CLASS_64 = 2;
    private static final int PT_LOAD = 1;
    private static final int PT_NOTE = 4;
    /** "Xen" and a zero. */
    private static final int XEN_NAME = 0x006E_6558;

    private static final int NOTE_GUEST_OS = 6;
    private static final int NOTE_PHYS32_ENTRY = 18;
    private static final int NOTE_HEADER_BYTES = 12;
    private static final int PAGE_BYTES = 4096;

    private static final int START_MAGIC = 0x336E_C578;
    private static final int START_VERSION = 1;

    /** Below 640 KiB; kernels copy what they need before they use memory there. */
    private static final int START_INFO = 0x6000;

    private static final int MEMORY_MAP = 0x6100;
    private static final int MEMORY_MAP_ENTRY_BYTES = 24;
    private static final int MODULE_LIST = 0x6800;
    private static final int COMMAND_LINE = 0x7000;

    private final String name;
    private final ByteBuffer image;
    private final boolean wide;
    /** Behind the last byte of the kernel. */
    private long end = MemoryMap.FIRMWARE_END;

    private Pvh(String name, byte[] image) {
        this.name = name;
        this.image = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        this.wide = image[4] == CLASS_64;
    }

    /** Entry point in 32-bit mode, and the address of the start information (EBX). */
    public record Entry(int eip, int startInfo) {}

    /** A program header: what it is, where it is in the file and in memory. */
    private record Segment(int type, long offset, long gpa, long fileBytes, long memoryBytes) {}

    /** Whether that is an ELF image that names a PVH entry point. */
    public static boolean isPvh(byte[] image) {
        return isElf(image) && new Pvh("", image).note(NOTE_PHYS32_ENTRY, image) != null;
    }

    /** Whether that is one, and Linux. */
    public static boolean isLinux(byte[] image) {
        if (!isPvh(image)) {
            return false;
        }
        byte[] os = new Pvh("", image).note(NOTE_GUEST_OS, image);
        return os != null && new String(os, StandardCharsets.US_ASCII).startsWith("linux");
    }

    private static boolean isElf(byte[] image) {
        return image.length >= ELF_HEADER_BYTES
                && ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).getInt(0) == ELF_MAGIC;
    }

    /**
     * Loads an image for which {@link #isPvh} is true; name is for messages.
     *
     * @param initrd the only module, as QEMU passes it; empty for none
     * @throws ConfigurationException where it cannot be loaded
     */
    public static Entry load(String name, byte[] image, String commandLine, byte[] initrd, GuestMemory ram) {
        return new Pvh(name, image).load(image, commandLine, initrd, ram);
    }

    private Entry load(byte[] bytes, String commandLine, byte[] initrd, GuestMemory ram) {
        byte[] entry = note(NOTE_PHYS32_ENTRY, bytes);
        if (entry == null || entry.length < Integer.BYTES) {
            throw refuse("names no PVH entry point");
        }
        List<Segment> segments = segments(PT_LOAD);
        if (segments.isEmpty()) {
            throw refuse("has no loadable segment");
        }
        segments.forEach(segment -> loadSegment(segment, bytes, ram));
        int eip = ByteBuffer.wrap(entry).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (!ram.contains(eip & 0xFFFF_FFFFL, 1)) {
            throw refuse("its PVH entry point 0x%x is outside RAM".formatted(eip));
        }
        writeStartInfo(commandLine, placeInitrd(initrd, ram), initrd.length, ram);
        return new Entry(eip, START_INFO);
    }

    /** The program headers of a type that are wholly in the file. */
    private List<Segment> segments(int type) {
        long table = wide ? image.getLong(0x20) : image.getInt(0x1C) & 0xFFFF_FFFFL;
        int bytes = image.getShort(wide ? 0x36 : 0x2A) & 0xFFFF;
        int count = image.getShort(wide ? 0x38 : 0x2C) & 0xFFFF;
        int least = wide ? 56 : 32;
        if (bytes < least || table < 0 || table > image.limit() - (long) bytes * count) {
            return List.of();
        }
        return IntStream.range(0, count)
                .mapToObj(i -> segment((int) table + i * bytes))
                .filter(segment -> segment.type == type)
                .toList();
    }

    private Segment segment(int at) {
        if (wide) {
            return new Segment(
                    image.getInt(at),
                    image.getLong(at + 8),
                    image.getLong(at + 24),
                    image.getLong(at + 32),
                    image.getLong(at + 40));
        }
        return new Segment(image.getInt(at), unsigned(at + 4), unsigned(at + 12), unsigned(at + 16), unsigned(at + 20));
    }

    private long unsigned(int at) {
        return image.getInt(at) & 0xFFFF_FFFFL;
    }

    private boolean isInFile(Segment segment) {
        return segment.offset >= 0
                && segment.fileBytes >= 0
                && segment.fileBytes <= image.limit()
                && segment.offset <= image.limit() - segment.fileBytes;
    }

    /** What a note of Xen's of that type says, or null without one. */
    private byte @Nullable [] note(int type, byte[] bytes) {
        for (Segment notes : segments(PT_NOTE)) {
            if (!isInFile(notes)) {
                continue;
            }
            int limit = (int) (notes.offset + notes.fileBytes);
            int at = (int) notes.offset;
            while (at <= limit - NOTE_HEADER_BYTES) {
                int nameBytes = image.getInt(at);
                int textBytes = image.getInt(at + 4);
                long text = at + NOTE_HEADER_BYTES + aligned(nameBytes);
                if (nameBytes < 0 || textBytes < 0 || text + textBytes > limit) {
                    break;
                }
                if (image.getInt(at + 8) == type && isXen(at + NOTE_HEADER_BYTES, nameBytes)) {
                    return Arrays.copyOfRange(bytes, (int) text, (int) text + textBytes);
                }
                at = (int) Math.min(text + aligned(textBytes), limit);
            }
        }
        return null;
    }

    private static long aligned(int bytes) {
        return bytes + 3L & -4L;
    }

    private boolean isXen(int at, int bytes) {
        return bytes == Integer.BYTES && at + bytes <= image.limit() && image.getInt(at) == XEN_NAME;
    }

    private void loadSegment(Segment segment, byte[] bytes, GuestMemory ram) {
        if (!isInFile(segment)) {
            throw refuse("truncated: a segment ends behind the file's %d bytes".formatted(image.limit()));
        }
        long length = Math.max(segment.fileBytes, segment.memoryBytes);
        if (segment.memoryBytes < 0 || segment.gpa < MemoryMap.FIRMWARE_END || !ram.contains(segment.gpa, length)) {
            throw refuse("a segment at 0x%x of 0x%x bytes is not in RAM between 1 MiB and %d MiB; give it more with -m"
                    .formatted(segment.gpa, segment.memoryBytes, ram.size() >> 20));
        }
        ram.putBytes(segment.gpa, bytes, (int) segment.offset, (int) segment.fileBytes);
        ram.fill(segment.gpa + segment.fileBytes, length - segment.fileBytes, (byte) 0);
        end = Math.max(end, segment.gpa + length);
    }

    /** As high as RAM below the hole allows. */
    private long placeInitrd(byte[] initrd, GuestMemory ram) {
        long top = MemoryMap.belowHole(ram.size());
        long at = top - initrd.length & -PAGE_BYTES;
        if (at < end) {
            throw new ConfigurationException(
                    "-initrd has %d MiB, and behind the kernel there are %d MiB of RAM; give it more with -m"
                            .formatted(initrd.length + (1L << 20) - 1 >> 20, Math.max(0, top - end) >> 20));
        }
        ram.putBytes(at, initrd);
        return at;
    }

    private static void writeStartInfo(String commandLine, long initrd, int initrdBytes, GuestMemory ram) {
        byte[] words = (commandLine + "\0").getBytes(StandardCharsets.UTF_8);
        if (words.length > PAGE_BYTES) {
            throw new ConfigurationException("-append is longer than %d bytes".formatted(PAGE_BYTES - 1));
        }
        ram.putBytes(COMMAND_LINE, words);
        ram.fill(START_INFO, COMMAND_LINE - START_INFO, (byte) 0);
        ram.putInt(START_INFO, START_MAGIC);
        ram.putInt(START_INFO + 4, START_VERSION);
        if (initrdBytes != 0) {
            ram.putInt(START_INFO + 12, 1);
            ram.putLong(START_INFO + 16, MODULE_LIST);
            ram.putLong(MODULE_LIST, initrd);
            ram.putLong(MODULE_LIST + 8, initrdBytes);
        }
        ram.putLong(START_INFO + 24, COMMAND_LINE);
        ram.putLong(START_INFO + 32, AcpiTables.RSDP);
        ram.putLong(START_INFO + 40, MEMORY_MAP);
        List<MemoryMap.Entry> map = MemoryMap.of(ram.size());
        ram.putInt(START_INFO + 48, map.size());
        int at = MEMORY_MAP;
        for (MemoryMap.Entry entry : map) {
            ram.putLong(at, entry.base());
            ram.putLong(at + 8, entry.length());
            ram.putInt(at + 16, entry.type());
            at += MEMORY_MAP_ENTRY_BYTES;
        }
    }

    private ConfigurationException refuse(String why) {
        return new ConfigurationException(name + ": " + why);
    }
}
