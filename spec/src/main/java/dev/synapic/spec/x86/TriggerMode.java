// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Bit 15 of ICR, LVT LINT0/1, MSI data and I/O APIC entries. */
public enum TriggerMode {
    EDGE,
    LEVEL;

    /** Of bit 15; other bits do not matter. */
    public static TriggerMode of(int bits) {
        return (bits & 1 << 15) != 0 ? LEVEL : EDGE;
    }

    /** In bit 15. */
    public int bits() {
        return ordinal() << 15;
    }
}
