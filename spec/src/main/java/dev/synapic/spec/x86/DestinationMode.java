// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Bit 11 of ICR and I/O APIC entries (SDM vol. 3A, 12.6.2). */
public enum DestinationMode {
    PHYSICAL,
    LOGICAL;

    /** Of bit 11; other bits do not matter. */
    public static DestinationMode of(int bits) {
        return (bits & 1 << 11) != 0 ? LOGICAL : PHYSICAL;
    }

    /** In bit 11. */
    public int bits() {
        return ordinal() << 11;
    }
}
