// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.symbols;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The tables that Linux's scripts/kallsyms.c writes, in the orders that kernels have had. Each table begins at a multiple of 8. */
final class KallsymsBlob {
    /** Where addresses, and since 6.2 the order of names by their spelling, are. */
    enum Layout {
        /** 6.1: addresses, base, number, names, marks, tokens. */
        ADDRESSES_FIRST,
        /** Stable kernels from 6.1.61 on, 6.2 and 6.3: the same with the order of names behind the marks. */
        ADDRESSES_FIRST_ORDER_BEHIND_MARKS,
        /** From 6.4 on: number, names, marks, tokens, addresses, base, order of names. */
        ADDRESSES_LAST
    }

    private static final int TOKENS = 256;
    private static final List<String> FREQUENT = List.of("sys_", "tinit", "T__x64_", "_ipi", "write", "ld");

    private final ByteBuffer out = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    private final String[] tokens = new String[TOKENS];
    private final List<String> names;
    private final int[] offsets;
    private final long base;

    /** names with their types in front; addresses as offsets from base, or the positive numbers that stand for themselves. */
    private KallsymsBlob(List<String> names, int[] offsets, long base) {
        this.names = names;
        this.offsets = offsets;
        this.base = base;
        for (int i = 0; i < TOKENS; i++) {
            boolean printable = i > ' ' && i < 0x7F;
            tokens[i] = printable ? String.valueOf((char) i) : i < FREQUENT.size() ? FREQUENT.get(i) : "q" + i + "q";
        }
    }

    static byte[] of(Layout layout, List<String> names, int[] offsets, long base) {
        return new KallsymsBlob(names, offsets, base).build(layout);
    }

    private byte[] build(Layout layout) {
        boolean last = layout == Layout.ADDRESSES_LAST;
        if (!last) {
            addresses();
        }
        out.putInt(names.size());
        align();
        List<Integer> marks = names();
        align();
        marks.forEach(out::putInt);
        align();
        if (layout == Layout.ADDRESSES_FIRST_ORDER_BEHIND_MARKS) {
            order();
        }
        tokens();
        if (last) {
            addresses();
            order();
        }
        byte[] blob = new byte[out.position()];
        out.get(0, blob);
        return blob;
    }

    private void align() {
        while (out.position() % 8 != 0) {
            out.put((byte) 0);
        }
    }

    private void addresses() {
        for (int offset : offsets) {
            out.putInt(offset);
        }
        align();
        out.putLong(base);
    }

    private void order() {
        for (int i = 0; i < names.size(); i++) {
            out.put((byte) (i >> 16)).put((byte) (i >> 8)).put((byte) i);
        }
        align();
    }

    private List<Integer> names() {
        int start = out.position();
        List<Integer> marks = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (i % 256 == 0) {
                marks.add(out.position() - start);
            }
            byte[] packed = pack(names.get(i));
            if (packed.length < 0x80) {
                out.put((byte) packed.length);
            } else {
                out.put((byte) (packed.length | 0x80)).put((byte) (packed.length >> 7));
            }
            out.put(packed);
        }
        return marks;
    }

    private byte[] pack(String name) {
        ByteBuffer packed = ByteBuffer.allocate(name.length());
        for (int at = 0; at < name.length(); ) {
            int token = name.charAt(at);
            for (int i = 0; i < FREQUENT.size(); i++) {
                if (name.startsWith(FREQUENT.get(i), at)) {
                    token = i;
                }
            }
            packed.put((byte) token);
            at += tokens[token].length();
        }
        byte[] bytes = new byte[packed.position()];
        packed.get(0, bytes);
        return bytes;
    }

    private void tokens() {
        int start = out.position();
        int[] index = new int[TOKENS];
        for (int i = 0; i < TOKENS; i++) {
            index[i] = out.position() - start;
            out.put((tokens[i] + "\0").getBytes(StandardCharsets.ISO_8859_1));
        }
        align();
        for (int offset : index) {
            out.putShort((short) offset);
        }
        align();
    }
}
