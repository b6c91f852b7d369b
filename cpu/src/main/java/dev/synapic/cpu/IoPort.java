// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/** The I/O port space (16-bit addresses) as the processor sees it. */
public interface IoPort {
    /** Reads size (1, 2 or 4) bytes from port, zero-extended. Nothing there reads as all ones. */
    int in(int port, int size);

    /** Writes the low size (1, 2 or 4) bytes of value to port. */
    void out(int port, int size, int value);
}
