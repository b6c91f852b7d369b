// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.bus;

/** Sees what the guest writes before the devices do. */
@FunctionalInterface
public interface WriteWatch {
    WriteWatch NONE = (address, size, value) -> false;

    /** size is 1, 2, 4 or 8. Returns whether the write goes no further. */
    boolean takes(long address, int size, long value);
}
