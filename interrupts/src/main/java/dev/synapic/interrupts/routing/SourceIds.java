// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/** Numbers by which the sources of a shared line are told apart: 0 to 63, of which the first two are given. */
final class SourceIds {
    static final int COUNT = 64;

    private long used = 1L << IrqChip.USERSPACE_SOURCE_ID | 1L << IrqChip.RESAMPLE_SOURCE_ID;

    synchronized int allocate() {
        int id = Long.numberOfTrailingZeros(~used);
        if (id == COUNT) {
            throw new IrqChipException(
                    Errno.ENOSPC, "all 64 interrupt source ids are in use; close lines that are not needed");
        }
        used |= 1L << id;
        return id;
    }

    synchronized void free(int id) {
        if (id > IrqChip.RESAMPLE_SOURCE_ID && id < COUNT) {
            used &= ~(1L << id);
        }
    }
}
