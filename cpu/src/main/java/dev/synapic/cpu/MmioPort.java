// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/** Physical addresses that are not RAM, as the processor sees them. */
public interface MmioPort {
    /** Reads size (1, 2, 4 or 8) bytes at gpa, zero-extended. Nothing there reads as all ones. */
    long read(long gpa, int size);

    /** Writes the low size (1, 2, 4 or 8) bytes of value at gpa. */
    void write(long gpa, int size, long value);
}
