// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Numbers in byte arrays, as all of virtio has them. */
final class LittleEndian {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private LittleEndian() {}

    static int get16(byte[] bytes, int at) {
        return (short) SHORT.get(bytes, at) & 0xFFFF;
    }

    static int get32(byte[] bytes, int at) {
        return (int) INT.get(bytes, at);
    }

    static long get64(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at);
    }

    static void put16(byte[] bytes, int at, int value) {
        SHORT.set(bytes, at, (short) value);
    }

    static void put32(byte[] bytes, int at, int value) {
        INT.set(bytes, at, value);
    }

    static void put64(byte[] bytes, int at, long value) {
        LONG.set(bytes, at, value);
    }

    /** size bytes at offset of a field that holds value. */
    static long slice(long value, int offset, int size) {
        long shifted = offset >= 8 ? 0 : value >>> 8 * offset;
        return size >= 8 ? shifted : shifted & (1L << 8 * size) - 1;
    }
}
