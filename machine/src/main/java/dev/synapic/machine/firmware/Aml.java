// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.firmware;

import java.util.List;

/**
 * Writes ACPI machine language: each method returns the bytes of a term, and terms nest as arguments.
 *
 * <p>Spec: ACPI 6.5, 20.2. Only what a table without methods needs.
 */
final class Aml {
    private static final int NAME = 0x08;
    private static final int BYTE = 0x0A;
    private static final int WORD = 0x0B;
    private static final int DWORD = 0x0C;
    private static final int STRING = 0x0D;
    private static final int SCOPE = 0x10;
    private static final int BUFFER = 0x11;
    private static final int PACKAGE = 0x12;
    private static final int EXTENDED = 0x5B;
    private static final int DEVICE = 0x82;
    private static final int MOST_ELEMENTS = 255;

    private Aml() {}

    static byte[] scope(String name, List<byte[]> terms) {
        return withLength(new int[] {SCOPE}, join(segment(name), join(terms)));
    }

    static byte[] device(String name, List<byte[]> terms) {
        return withLength(new int[] {EXTENDED, DEVICE}, join(segment(name), join(terms)));
    }

    static byte[] name(String name, byte[] value) {
        return new Bytes().u8(NAME).bytes(segment(name)).bytes(value).toArray();
    }

    /** An integer in the shortest form. */
    static byte[] integer(long value) {
        if (value == 0 || value == 1) {
            return new Bytes().u8((int) value).toArray();
        }
        if (value >>> 8 == 0) {
            return new Bytes().u8(BYTE).u8((int) value).toArray();
        }
        if (value >>> 16 == 0) {
            return new Bytes().u8(WORD).u16((int) value).toArray();
        }
        if (value >>> 32 != 0) {
            throw new IllegalArgumentException("no such integer in these tables: 0x%x".formatted(value));
        }
        return new Bytes().u8(DWORD).u32(value).toArray();
    }

    static byte[] string(String text) {
        return new Bytes().u8(STRING).ascii(text).u8(0).toArray();
    }

    /** A compressed EISA id such as PNP0A03 (ACPI 6.5, 19.6.36). */
    static byte[] eisaId(String id) {
        int number = Integer.parseInt(id.substring(3), 16);
        int letters = 0;
        for (int i = 0; i < 3; i++) {
            letters = letters << 5 | id.charAt(i) - '@';
        }
        return new Bytes().u8(DWORD, letters >> 8, letters, number >> 8, number).toArray();
    }

    static byte[] packageOf(List<byte[]> elements) {
        if (elements.size() > MOST_ELEMENTS) {
            throw new IllegalArgumentException("a package of %d elements".formatted(elements.size()));
        }
        byte[] count = {(byte) elements.size()};
        return withLength(new int[] {PACKAGE}, join(count, join(elements)));
    }

    static byte[] buffer(byte[] content) {
        return withLength(new int[] {BUFFER}, join(integer(content.length), content));
    }

    static byte[] join(List<byte[]> parts) {
        Bytes all = new Bytes();
        parts.forEach(all::bytes);
        return all.toArray();
    }

    private static byte[] join(byte[] first, byte[] second) {
        return new Bytes().bytes(first).bytes(second).toArray();
    }

    /** A name segment: four characters, filled up. */
    private static byte[] segment(String name) {
        return new Bytes().ascii((name + "____").substring(0, 4)).toArray();
    }

    /** The package length counts itself, in one to four bytes (20.2.4). */
    private static byte[] withLength(int[] opcode, byte[] content) {
        Bytes term = new Bytes().u8(opcode);
        int length = content.length + 1;
        if (length < 0x40) {
            return term.u8(length).bytes(content).toArray();
        }
        int more = 1;
        while (content.length + 1 + more >>> 4 + 8 * more != 0) {
            more++;
        }
        length = content.length + 1 + more;
        term.u8(more << 6 | length & 0xF);
        for (int i = 0; i < more; i++) {
            term.u8(length >>> 4 + 8 * i & 0xFF);
        }
        return term.bytes(content).toArray();
    }
}
