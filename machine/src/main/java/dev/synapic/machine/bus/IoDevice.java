// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.bus;

/** Answers at a range of I/O ports. */
public interface IoDevice {
    /** offset is within the device's range; size is 1, 2 or 4. */
    default int in(int offset, int size) {
        return -1;
    }

    default void out(int offset, int size, int value) {}
}
