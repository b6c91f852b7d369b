// SPDX-License-Identifier: Apache-2.0
package dev.synapic.guestmem;

/** Hears of writes to watched pages. */
@FunctionalInterface
public interface WriteListener {
    /** Bytes at gpa, all within one page, have been written, by whomever. */
    void written(long gpa, int length);
}
