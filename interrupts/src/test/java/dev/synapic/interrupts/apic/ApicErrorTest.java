// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.DestinationMode;
import org.junit.jupiter.api.Test;

/** The error status register and the error interrupt (SDM vol. 3A, 12.5.3). */
class ApicErrorTest {
    private final ApicRig rig = ApicRig.xapic(2);
    private final LocalApic apic = rig.apics[0];
    private final LocalApic other = rig.apics[1];

    private static int esr(LocalApic apic) {
        apic.writeRegister(ApicRegister.ERROR_STATUS, 0);
        return apic.readRegister(ApicRegister.ERROR_STATUS);
    }

    // Xen b28b590d4a: ESR is write, then read.
    @Test
    void errorsShowOnlyAfterAWrite() {
        apic.readRegister(0x400);
        assertThat(apic.readRegister(ApicRegister.ERROR_STATUS)).isZero();
        apic.writeRegister(ApicRegister.ERROR_STATUS, -1);
        assertThat(apic.readRegister(ApicRegister.ERROR_STATUS)).isEqualTo(ApicError.ILLEGAL_REGISTER);
    }

    @Test
    void theNextWriteClearsWhatWasShown() {
        apic.readRegister(0x400);
        esr(apic);
        assertThat(apic.readRegister(ApicRegister.ERROR_STATUS)).isEqualTo(ApicError.ILLEGAL_REGISTER);
        assertThat(esr(apic)).isZero();
    }

    @Test
    void errorsOfSeveralKindsGather() {
        apic.readRegister(0x400);
        apic.writeRegister(ApicRegister.ICR_HIGH, 1 << 24);
        apic.writeRegister(ApicRegister.ICR_LOW, 0x4005);
        assertThat(esr(apic)).isEqualTo(ApicError.ILLEGAL_REGISTER | ApicError.SEND_ILLEGAL_VECTOR);
    }

    @Test
    void anIllegalVectorMarksSenderAndReceiverAndIsNotDelivered() {
        apic.writeRegister(ApicRegister.ICR_HIGH, 1 << 24);
        apic.writeRegister(ApicRegister.ICR_LOW, 0x400F);
        assertThat(other.irr().isEmpty()).isTrue();
        assertThat(esr(apic)).isEqualTo(ApicError.SEND_ILLEGAL_VECTOR);
        assertThat(esr(other)).isEqualTo(ApicError.RECEIVE_ILLEGAL_VECTOR);
        assertThat(rig.sent).containsExactly("0:10000000000400f:0");
        assertThat(rig.refused).containsExactly("1<-f");
    }

    // The manual names the self IPI for both bits.
    @Test
    void anIllegalSelfIpiSetsBothBits() {
        LocalApic x2 = ApicRig.x2apic(1).apics[0];
        x2.writeMsr(0x83F, 3);
        x2.writeMsr(0x828, 0);
        assertThat(x2.readMsr(0x828)).isEqualTo(ApicError.SEND_ILLEGAL_VECTOR | ApicError.RECEIVE_ILLEGAL_VECTOR);
    }

    @Test
    void anIllegalVectorOfADeviceMarksTheReceiver() {
        assertThat(rig.bus.send(1, DestinationMode.PHYSICAL, ApicRequest.fixed(0)))
                .isZero();
        assertThat(esr(other)).isEqualTo(ApicError.RECEIVE_ILLEGAL_VECTOR);
        assertThat(esr(apic)).isZero();
    }

    @Test
    void vector16IsTheFirstLegalOne() {
        assertThat(rig.bus.deliver(apic, ApicRequest.fixed(16))).isEqualTo(1);
        assertThat(esr(apic)).isZero();
        assertThat(apic.pendingVector()).isEqualTo(16);
    }

    @Test
    void otherModesIgnoreTheVector() {
        assertThat(rig.bus.deliver(apic, ApicRequest.edge(DeliveryMode.NMI, 0))).isEqualTo(1);
        assertThat(esr(apic)).isZero();
    }

    @Test
    void aSoftwareDisabledApicDoesNotNoteVectorsItIgnores() {
        ApicRig.softwareDisable(other);
        rig.bus.deliver(other, ApicRequest.fixed(3));
        assertThat(esr(other)).isZero();
    }

    @Test
    void anErrorRaisesTheErrorInterrupt() {
        apic.writeRegister(ApicRegister.LVT_ERROR, 0xFE);
        apic.readRegister(0x400);
        assertThat(ApicRig.drain(apic)).containsExactly(0xFE);
    }

    @Test
    void aReceivedIllegalVectorRaisesTheErrorInterruptAtOnce() {
        other.writeRegister(ApicRegister.LVT_ERROR, 0xFE);
        rig.bus.deliver(other, ApicRequest.fixed(3));
        assertThat(other.pendingVector()).isEqualTo(0xFE);
    }

    // The manual leaves "per bit or first error" open; as Xen, once per kind until ESR is written.
    @Test
    void theErrorInterruptComesOncePerKindUntilEsrIsWritten() {
        apic.writeRegister(ApicRegister.LVT_ERROR, 0xFE);
        apic.readRegister(0x400);
        ApicRig.drain(apic);
        apic.readRegister(0x400);
        assertThat(ApicRig.drain(apic)).isEmpty();
        apic.writeRegister(ApicRegister.ICR_LOW, 0x4_4003);
        assertThat(ApicRig.drain(apic)).containsExactly(0xFE);
        apic.writeRegister(ApicRegister.ERROR_STATUS, 0);
        apic.readRegister(0x400);
        assertThat(ApicRig.drain(apic)).containsExactly(0xFE);
    }

    // XSA-462 / CVE-2024-45817: the error interrupt itself has an illegal vector.
    @Test
    void anErrorEntryWithAnIllegalVectorDoesNotRecurse() {
        apic.writeRegister(ApicRegister.LVT_ERROR, 0x05);
        apic.readRegister(0x400);
        apic.writeRegister(ApicRegister.ICR_LOW, 0x4_4003);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(esr(apic))
                .isEqualTo(
                        ApicError.ILLEGAL_REGISTER | ApicError.SEND_ILLEGAL_VECTOR | ApicError.RECEIVE_ILLEGAL_VECTOR);
    }

    @Test
    void aTimerWithAnIllegalVectorNotesAReceiveError() {
        apic.writeRegister(ApicRegister.LVT_ERROR, 0xFE);
        apic.writeRegister(ApicRegister.LVT_TIMER, 0x02);
        apic.writeRegister(ApicRegister.INITIAL_COUNT, 10);
        rig.clock.nanos = 20;
        apic.expireTimer();
        assertThat(ApicRig.drain(apic)).containsExactly(0xFE);
        assertThat(esr(apic)).isEqualTo(ApicError.RECEIVE_ILLEGAL_VECTOR);
    }
}
