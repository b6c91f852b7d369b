// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.bus;

/** Answers at a range of physical addresses. */
public interface MmioDevice {
    /** offset is within the device's range; size is 1, 2, 4 or 8. Bits above the size are ignored. */
    default long read(long offset, int size) {
        return -1;
    }

    /** Bits of value above the size are zero. */
    default void write(long offset, int size, long value) {}
}
