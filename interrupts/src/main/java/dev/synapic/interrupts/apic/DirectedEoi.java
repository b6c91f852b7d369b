// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** Whether a guest may suppress EOI broadcasts (SDM vol. 3A, 12.8.5) and tell I/O APICs by their EOI register. */
public enum DirectedEoi {
    /** Not announced. For an I/O APIC of version 0x11: a guest that suppressed the broadcast could never tell it. */
    DISABLED,
    /** Announced and obeyed; wants I/O APICs of version 0x20. */
    ENABLED,
    /**
     * Announced, kept as written, not obeyed: KVM's default with a split irqchip, for Windows sets the bit without a look
     * at the I/O APIC's version.
     */
    QUIRKED
}
