// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.GeneralProtectionFault;
import dev.synapic.spec.x86.Svr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** SDM vol. 3A, 12.8.5. What an I/O APIC does with it: its own tests. */
class DirectedEoiTest {
    private static final int SUPPRESS = 0x1FF | Svr.SUPPRESS_EOI_BROADCAST;

    private static LocalApic apic(DirectedEoi policy) {
        return new ApicRig(ApicModel.DEFAULT.with(policy), 0).apics[0];
    }

    @ParameterizedTest
    @EnumSource(DirectedEoi.class)
    void versionAnnouncesItUnlessItIsDisabled(DirectedEoi policy) {
        int version = apic(policy).readRegister(ApicRegister.VERSION);

        assertThat(version).isEqualTo(policy == DirectedEoi.DISABLED ? 0x0005_0014 : 0x0105_0014);
    }

    @Test
    void bitThatIsNotAnnouncedIsNotKept() {
        LocalApic apic = apic(DirectedEoi.DISABLED);
        apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, SUPPRESS);

        assertThat(apic.spuriousVectorRegister()).isEqualTo(0x1FF);
        assertThat(apic.suppressesEoiBroadcast()).isFalse();
    }

    @Test
    void announcedBitIsKeptAndObeyed() {
        LocalApic apic = apic(DirectedEoi.ENABLED);
        apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, SUPPRESS);

        assertThat(apic.spuriousVectorRegister()).isEqualTo(SUPPRESS);
        assertThat(apic.suppressesEoiBroadcast()).isTrue();
        apic.reset();
        assertThat(apic.suppressesEoiBroadcast()).isFalse();
    }

    @Test
    void quirkKeepsTheBitWithoutObeyingIt() {
        LocalApic apic = apic(DirectedEoi.QUIRKED);
        apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, SUPPRESS);

        assertThat(apic.spuriousVectorRegister()).isEqualTo(SUPPRESS);
        assertThat(apic.suppressesEoiBroadcast()).isFalse();
    }

    @Test
    void strictX2apicFaultsOnTheBitWhereItIsNotAnnounced() {
        LocalApic without = apic(DirectedEoi.DISABLED);
        LocalApic with = apic(DirectedEoi.ENABLED);
        ApicRig.toX2apic(without);
        ApicRig.toX2apic(with);
        int svr = ApicRegister.msr(ApicRegister.SPURIOUS_VECTOR);

        with.writeMsr(svr, SUPPRESS);

        assertThat(with.suppressesEoiBroadcast()).isTrue();
        assertThatExceptionOfType(GeneralProtectionFault.class).isThrownBy(() -> without.writeMsr(svr, SUPPRESS));
    }
}
