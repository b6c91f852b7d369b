// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.symbols;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The symbol table of an ELF image for x86, of either class.
 *
 * <p>Spec: System V ABI, Object Files, "Sections" and "Symbol Table"; .symtab, not .dynsym. A damaged image has no symbols.
 */
public final class ElfSymbols {
    private static final int MAGIC = 0x464C_457F;
    private static final int CLASS_64 = 2;
    private static final int SHT_SYMTAB = 2;
    private static final int STT_OBJECT = 1;
    private static final int STT_SECTION = 3;
    private static final int STT_FILE = 4;
    private static final int SHN_UNDEF = 0;
    private static final int SHN_ABS = 0xFFF1;
    private static final int HEADER_BYTES = 64;

    private final byte[] bytes;
    private final ByteBuffer image;
    private final boolean wide;

    private ElfSymbols(byte[] bytes) {
        this.bytes = bytes;
        this.image = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        this.wide = bytes[4] == CLASS_64;
    }

    static boolean isElf(byte[] bytes) {
        return bytes.length >= HEADER_BYTES
                && ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(0) == MAGIC;
    }

    /** Its symbols; none where it has no table or is no ELF image. */
    public static List<Symbol> of(byte[] bytes) {
        if (!isElf(bytes)) {
            return List.of();
        }
        try {
            return new ElfSymbols(bytes).symbols();
        } catch (IndexOutOfBoundsException e) {
            return List.of();
        }
    }

    private List<Symbol> symbols() {
        int sections = wide ? (int) image.getLong(0x28) : image.getInt(0x20);
        int bytes = image.getShort(wide ? 0x3A : 0x2E);
        int count = image.getShort(wide ? 0x3C : 0x30) & 0xFFFF;
        List<Symbol> symbols = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int section = sections + i * bytes;
            if (image.getInt(section + 4) == SHT_SYMTAB) {
                int strings = offset(sections + image.getInt(section + (wide ? 0x28 : 0x18)) * bytes);
                add(symbols, offset(section), size(section), strings);
            }
        }
        return symbols;
    }

    private int offset(int section) {
        return wide ? (int) image.getLong(section + 0x18) : image.getInt(section + 0x10);
    }

    private int size(int section) {
        return wide ? (int) image.getLong(section + 0x20) : image.getInt(section + 0x14);
    }

    private void add(List<Symbol> symbols, int table, int bytes, int strings) {
        int entry = wide ? 24 : 16;
        for (int at = table; at + entry <= table + bytes; at += entry) {
            int type = image.get(at + (wide ? 4 : 12)) & 0xF;
            int home = image.getShort(at + (wide ? 6 : 14)) & 0xFFFF;
            long address = wide ? image.getLong(at + 8) : image.getInt(at + 4) & 0xFFFF_FFFFL;
            boolean named = image.getInt(at) != 0 && type != STT_SECTION && type != STT_FILE;
            if (named && home != SHN_UNDEF && home != SHN_ABS) {
                symbols.add(new Symbol(address, string(strings + image.getInt(at)), null, type != STT_OBJECT));
            }
        }
    }

    private String string(int at) {
        int end = at;
        while (image.get(end) != 0) {
            end++;
        }
        return new String(bytes, at, end - at, StandardCharsets.UTF_8);
    }
}
