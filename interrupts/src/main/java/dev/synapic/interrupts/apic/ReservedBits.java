// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** How WRMSR to x2APIC registers treats reserved bits. */
public enum ReservedBits {
    /** A set reserved bit gives #GP, in every register (SDM vol. 3A, 12.12.1.3). */
    STRICT,
    /**
     * Compatibility switch: as KVM, #GP for bits 63:32, ICR, ESR and SELF_IPI only; elsewhere low reserved bits are
     * dropped.
     */
    KVM
}
