// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/** Sees the instants that a guest marks ({@link dev.synapic.machine.device.MarkerPort}). */
@FunctionalInterface
public interface MarkListener {
    MarkListener NONE = (machine, word) -> {};

    /** word as the guest wrote it: event in bits 31:24, scenario in 23:16. The machine's counters may be read. */
    void mark(Machine machine, int word);
}
