// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import dev.synapic.interrupts.apic.LocalApic;

/** Where the VMM of a split interrupt chip has its IOAPIC. */
@FunctionalInterface
public interface IoApicEoiPort {
    IoApicEoiPort NONE = (apic, vector) -> {};

    /**
     * KVM_EXIT_IOAPIC_EOI: a vector of a level-triggered route was ended. On the processor's thread; any verb may be called
     * from within.
     */
    void ended(LocalApic apic, int vector);
}
