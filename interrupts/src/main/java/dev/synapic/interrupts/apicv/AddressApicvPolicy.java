// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.DestinationMap;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicMode;

/**
 * When ids and places of local APICs forbid APICv: hardware finds an APIC by the id that its virtual CPU was made with, at one address.
 *
 * <ul>
 *   <li>Models: PHYSICAL_ID_ALIASED, APIC_ID_MODIFIED and LOGICAL_ID_ALIASED, computed from all addresses after each change, so that a
 *       guest that undoes one gets APICv back; APIC_BASE_MODIFIED, which stays (in KVM the mapping of the access page is gone for good).
 *   <li>Spec: KVM's kvm_recalculate_apic_map and kvm_lapic_set_base.
 *   <li>Not modelled: KVM looks at logical ids of software-enabled APICs only.
 *   <li>Threading: any thread.
 * </ul>
 */
public final class AddressApicvPolicy {
    private final ApicBus bus;
    private final ApicvState state;

    /** Looks at the APICs of bus and sets or clears its reasons in state; the caller connects it to the bus. */
    public AddressApicvPolicy(ApicBus bus, ApicvState state) {
        this.bus = bus;
        this.state = state;
    }

    /** For {@link ApicBus#onAddressChange}. The change is in the addresses already; the last caller's answer is the right one. */
    public synchronized void addressesChanged() {
        DestinationMap map = bus.map();
        state.inhibit(InhibitReason.PHYSICAL_ID_ALIASED, map.physicalIdAliased());
        state.inhibit(InhibitReason.APIC_ID_MODIFIED, map.xapicIdModified());
        state.inhibit(InhibitReason.LOGICAL_ID_ALIASED, map.logicalIdAliased());
    }

    /** IA32_APIC_BASE was written. On the APIC's owner thread. */
    public void baseWritten(LocalApic apic) {
        ApicBaseMsr base = new ApicBaseMsr(apic.apicBase());
        if (base.mode() != ApicMode.DISABLED && base.base() != ApicBaseMsr.DEFAULT_BASE) {
            state.inhibit(InhibitReason.APIC_BASE_MODIFIED, true);
        }
    }
}
