// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.guestmem.GuestMemory;

/** Reads numbers from a fuzzer's bytes, little-endian; behind the last one there are zeros. */
final class FuzzInput {
    private final byte[] bytes;
    private int at;

    FuzzInput(byte[] bytes) {
        this.bytes = bytes;
    }

    boolean hasMore() {
        return at < bytes.length;
    }

    int u8() {
        return at < bytes.length ? bytes[at++] & 0xFF : 0;
    }

    int u16() {
        return u8() | u8() << 8;
    }

    int i32() {
        return u16() | u16() << 16;
    }

    long i64() {
        return Integer.toUnsignedLong(i32()) | (long) i32() << 32;
    }

    boolean flag() {
        return (u8() & 1) != 0;
    }

    /** 0 to bound - 1; bound is 65,536 at most. */
    int below(int bound) {
        return (bound <= 0x100 ? u8() : u16()) % bound;
    }

    byte[] bytes(int count) {
        byte[] taken = new byte[count];
        for (int i = 0; i < count; i++) {
            taken[i] = (byte) u8();
        }
        return taken;
    }

    /** What is left. */
    byte[] rest() {
        return bytes(bytes.length - at);
    }

    /** A register's value: any, or one of those that mean something somewhere. */
    long value() {
        return switch (u8() & 0xF) {
            case 0 -> 0;
            case 1 -> 1;
            case 2 -> -1;
            case 3 -> u8();
            case 4 -> u16();
            case 5 -> Integer.toUnsignedLong(i32());
            case 6 -> 1L << (u8() & 63);
            case 7, 8 -> (long) u8() << GuestMemory.PAGE_SHIFT | 1;
            case 9 -> FuzzedFabric.MEMORY_BYTES + (byte) u8();
            case 10 -> GuestMemory.HOLE_END + (byte) u8();
            case 11 -> Long.MAX_VALUE - u8();
            case 12 -> (long) u8() << 16 | u8();
            default -> i64();
        };
    }
}
