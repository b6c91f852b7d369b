// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/**
 * The 3-bit delivery mode of ICR, LVT, MSI data and I/O APIC entries (SDM vol. 3A, 12.6.1); the ordinal is the
 * encoding.
 */
public enum DeliveryMode {
    FIXED,
    LOWEST_PRIORITY,
    SMI,
    /** Reserved today; remote read on the oldest APICs, and KVM's un-halt kick. */
    REMOTE_READ,
    NMI,
    INIT,
    /** Start-up IPI in ICR; reserved elsewhere. */
    STARTUP,
    /** External interrupt: the vector comes from an 8259. Reserved in ICR. */
    EXTINT;

    private static final DeliveryMode[] BY_ENCODING = values();

    /** Of bits 10:8. */
    public static DeliveryMode of(int bits) {
        return BY_ENCODING[bits >> 8 & 7];
    }

    /** In bits 10:8. */
    public int bits() {
        return ordinal() << 8;
    }
}
