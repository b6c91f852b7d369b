// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.firmware;

/** A resource template for _CRS (ACPI 6.5, 6.4). */
final class Resources {
    private static final int IRQ_NO_FLAGS = 0x22;
    private static final int IO_PORT = 0x47;
    private static final int END_TAG = 0x79;
    private static final int MEMORY_32_FIXED = 0x86;
    private static final int DWORD_SPACE = 0x87;
    private static final int WORD_SPACE = 0x88;
    private static final int QWORD_SPACE = 0x8A;
    private static final int MEMORY = 0;
    private static final int IO = 1;
    private static final int BUS = 2;
    /** Minimum and maximum are fixed, decoded positively, for devices behind the bridge. */
    private static final int BRIDGE_WINDOW = 0x0C;

    private static final int ENTIRE_RANGE = 0x03;
    private static final int READ_WRITE = 0x01;
    private static final int DECODES_16_BITS = 1;

    private final Bytes out = new Bytes();

    Resources ports(int first, int count) {
        out.u8(IO_PORT, DECODES_16_BITS).u16(first).u16(first).u8(1, count);
        return this;
    }

    Resources irq(int irq) {
        out.u8(IRQ_NO_FLAGS).u16(1 << irq);
        return this;
    }

    Resources memory32Fixed(long base, long length) {
        out.u8(MEMORY_32_FIXED).u16(9).u8(READ_WRITE).u32(base).u32(length);
        return this;
    }

    Resources busNumbers(int first, int last) {
        return word(BUS, 0, first, last);
    }

    Resources portWindow(int first, int last) {
        return word(IO, ENTIRE_RANGE, first, last);
    }

    private Resources word(int type, int typeFlags, int first, int last) {
        out.u8(WORD_SPACE).u16(13).u8(type, BRIDGE_WINDOW, typeFlags);
        out.u16(0).u16(first).u16(last).u16(0).u16(last - first + 1);
        return this;
    }

    Resources memoryWindow32(long first, long last) {
        out.u8(DWORD_SPACE).u16(23).u8(MEMORY, BRIDGE_WINDOW, READ_WRITE);
        out.u32(0).u32(first).u32(last).u32(0).u32(last - first + 1);
        return this;
    }

    Resources memoryWindow64(long first, long last) {
        out.u8(QWORD_SPACE).u16(43).u8(MEMORY, BRIDGE_WINDOW, READ_WRITE);
        out.u64(0).u64(first).u64(last).u64(0).u64(last - first + 1);
        return this;
    }

    /** The template as a buffer. */
    byte[] end() {
        return Aml.buffer(out.u8(END_TAG, 0).toArray());
    }
}
