// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.state;

/**
 * Views of segment and gate descriptors (SDM vol. 3A, 3.4.5, 3.5, 6.11). Attributes are the descriptor's second word
 * from bit 8 on:
 *
 * <pre>
 * 15 14  13 12     7 6..5 4 3..0
 *  G D/B  L AVL    P DPL  S type
 * </pre>
 */
public final class Descriptor {
    public static final int ACCESSED = 1;
    /** Of data: writable. */
    public static final int WRITABLE = 1 << 1;
    /** Of code: readable. */
    public static final int READABLE = 1 << 1;

    public static final int EXPAND_DOWN = 1 << 2;
    public static final int CONFORMING = 1 << 2;
    public static final int CODE = 1 << 3;
    public static final int NOT_SYSTEM = 1 << 4;
    public static final int DPL_SHIFT = 5;
    public static final int PRESENT = 1 << 7;
    public static final int LONG = 1 << 13;
    /** Default operation size, or stack pointer size. */
    public static final int BIG = 1 << 14;

    public static final int GRANULARITY = 1 << 15;

    public static final int TYPE_TSS16 = 1, TYPE_LDT = 2, TYPE_TSS16_BUSY = 3, TYPE_CALL_GATE16 = 4, TYPE_TASK_GATE = 5;
    public static final int TYPE_INTERRUPT_GATE16 = 6, TYPE_TRAP_GATE16 = 7, TYPE_TSS = 9, TYPE_TSS_BUSY = 11;
    public static final int TYPE_CALL_GATE = 12, TYPE_INTERRUPT_GATE = 14, TYPE_TRAP_GATE = 15;

    private Descriptor() {}

    public static int attributes(long raw) {
        return (int) (raw >>> 40) & 0xF0FF;
    }

    public static long base(long raw) {
        return raw >>> 16 & 0xFF_FFFF | raw >>> 32 & 0xFF00_0000L;
    }

    /** The last valid offset, granularity applied. */
    public static long limit(long raw) {
        long limit = raw & 0xFFFF | raw >>> 32 & 0xF_0000;
        return (raw & 1L << 55) == 0 ? limit : limit << 12 | 0xFFF;
    }

    public static int type(int attributes) {
        return attributes & 0xF;
    }

    public static int dpl(int attributes) {
        return attributes >> DPL_SHIFT & 3;
    }

    public static boolean present(int attributes) {
        return (attributes & PRESENT) != 0;
    }

    public static boolean system(int attributes) {
        return (attributes & NOT_SYSTEM) == 0;
    }

    public static boolean code(int attributes) {
        return (attributes & (NOT_SYSTEM | CODE)) == (NOT_SYSTEM | CODE);
    }

    public static boolean conforming(int attributes) {
        return (attributes & (CODE | CONFORMING)) == (CODE | CONFORMING);
    }

    /** A data segment, or code that may be read. */
    public static boolean readable(int attributes) {
        return !system(attributes) && ((attributes & CODE) == 0 || (attributes & READABLE) != 0);
    }

    public static boolean writable(int attributes) {
        return (attributes & (NOT_SYSTEM | CODE | WRITABLE)) == (NOT_SYSTEM | WRITABLE);
    }

    public static long gateOffset32(long raw) {
        return raw & 0xFFFF | raw >>> 32 & 0xFFFF_0000L;
    }

    public static int gateSelector(long raw) {
        return (int) (raw >>> 16) & 0xFFFF;
    }
}
