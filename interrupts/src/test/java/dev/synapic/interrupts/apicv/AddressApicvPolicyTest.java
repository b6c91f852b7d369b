// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import static dev.synapic.interrupts.apicv.InhibitReason.APIC_BASE_MODIFIED;
import static dev.synapic.interrupts.apicv.InhibitReason.APIC_ID_MODIFIED;
import static dev.synapic.interrupts.apicv.InhibitReason.LOGICAL_ID_ALIASED;
import static dev.synapic.interrupts.apicv.InhibitReason.PHYSICAL_ID_ALIASED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicRegister;
import org.junit.jupiter.api.Test;

/** KVM, kvm_recalculate_apic_map and kvm_lapic_set_base: when each reason is entered and left. */
class AddressApicvPolicyTest {
    private final ApicRig rig = ApicRig.xapic(3);
    private final ApicvState intel = new ApicvState(ApicvState.Vendor.INTEL_APICV, ApicvListener.NONE);
    private final ApicvState amd = new ApicvState(ApicvState.Vendor.AMD_AVIC, ApicvListener.NONE);
    private final AddressApicvPolicy intelPolicy = new AddressApicvPolicy(rig.bus, intel);
    private final AddressApicvPolicy amdPolicy = new AddressApicvPolicy(rig.bus, amd);

    AddressApicvPolicyTest() {
        rig.bus.onAddressChange(() -> {
            intelPolicy.addressesChanged();
            amdPolicy.addressesChanged();
        });
    }

    private void setId(LocalApic apic, int id) {
        apic.writeRegister(ApicRegister.ID, id << 24);
    }

    private void setLdr(LocalApic apic, int ldr) {
        apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, ldr << 24);
    }

    /** "xAPIC id differs from vCPU id; cleared by the next recalculation that finds no mismatch". */
    @Test
    void aModifiedIdInhibitsUntilItIsTheInitialOneAgain() {
        setId(rig.apics[1], 9);
        assertThat(intel.reasons()).containsExactly(APIC_ID_MODIFIED);
        assertThat(amd.reasons()).containsExactly(APIC_ID_MODIFIED);

        setId(rig.apics[1], 1);

        assertThat(intel.isActive()).isTrue();
        assertThat(amd.isActive()).isTrue();
    }

    /** KUT apic, "apic id alias": two processors of one id. */
    @Test
    void aSharedPhysicalIdInhibitsWhileItIsShared() {
        setId(rig.apics[1], 2);
        assertThat(intel.reasons()).containsExactlyInAnyOrder(PHYSICAL_ID_ALIASED, APIC_ID_MODIFIED);

        setId(rig.apics[2], 5);
        assertThat(intel.reasons()).containsExactly(APIC_ID_MODIFIED);

        ApicRig.disable(rig.apics[1]);
        ApicRig.disable(rig.apics[2]);
        assertThat(intel.isActive()).as("only hardware-enabled APICs count").isTrue();
    }

    /** Entering x2APIC mode gives the initial id back, whatever xAPIC mode wrote (SDM vol. 3A, 12.12.5.1). */
    @Test
    void x2apicModeEndsAModifiedId() {
        setId(rig.apics[1], 9);

        ApicRig.toX2apic(rig.apics[1]);

        assertThat(intel.isActive()).isTrue();
    }

    @Test
    void sharedLogicalIdsInhibitAvicOnly() {
        setLdr(rig.apics[0], 1);
        setLdr(rig.apics[1], 1);
        assertThat(amd.reasons()).containsExactly(LOGICAL_ID_ALIASED);
        assertThat(intel.isActive()).isTrue();

        setLdr(rig.apics[1], 2);

        assertThat(amd.isActive()).isTrue();
    }

    /** Ids above 255 cut to 8 bits collide, but are no modification (two fixes of KVM in 2022 and 2023). */
    @Test
    void aCutIdIsSharedButNotModified() {
        ApicRig wide = new ApicRig(0, 256);
        AddressApicvPolicy policy = new AddressApicvPolicy(wide.bus, intel);
        policy.addressesChanged();
        assertThat(intel.reasons()).containsExactly(PHYSICAL_ID_ALIASED);

        ApicRig.toX2apic(wide.apics[1]);
        policy.addressesChanged();

        assertThat(intel.isActive()).isTrue();
    }

    /** In KVM the mapping of the access page does not come back. */
    @Test
    void aMovedBaseInhibitsForGood() {
        LocalApic apic = rig.apics[0];
        apic.setApicBase(apic.apicBase() & 0xFFF | 0xFED4_0000L);
        intelPolicy.baseWritten(apic);
        assertThat(intel.reasons()).containsExactly(APIC_BASE_MODIFIED);

        apic.setApicBase(apic.apicBase() & 0xFFF | ApicBaseMsr.DEFAULT_BASE);
        intelPolicy.baseWritten(apic);

        assertThat(intel.reasons()).containsExactly(APIC_BASE_MODIFIED);
    }

    @Test
    void aMovedBaseOfADisabledApicDoesNotCount() {
        LocalApic apic = rig.apics[1];

        apic.setApicBase(0xFED4_0000L);
        intelPolicy.baseWritten(apic);

        assertThat(intel.isActive()).isTrue();
    }
}
