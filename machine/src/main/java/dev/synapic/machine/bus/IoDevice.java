// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.bus;

/** Answers at a range of I/O ports. */
public interface IoDevice {
    /** offset is within the device's range; size is 1, 2 or 4. */
    default int in(int offset, int size) {
        return -1;
    }

    default void out(int offset, int size, int value) {}

    /** The widest access that it takes: 1, 2 or 4. The bus splits wider ones, as that of a PC does for 8-bit devices. */
    default int widestAccess() {
        return 4;
    }
}
