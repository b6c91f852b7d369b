// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_EOM;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SCONTROL;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SIEFP;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SIMP;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SINT0;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SIRBP;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SVERSION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.routing.Errno;
import dev.synapic.spec.hyperv.HvSint;
import dev.synapic.spec.x86.GeneralProtectionFault;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, "Virtual Interrupt Controller". */
class SynIcTest {
    private static final int SINT2 = HV_X64_MSR_SINT0 + 2;
    private static final int SINT3 = HV_X64_MSR_SINT0 + 3;
    private static final int VECTOR = 0x51;

    private final RecordedSynIcEvents events = new RecordedSynIcEvents();
    private final VirtualProcessors vps = new VirtualProcessors(2, events);
    private final SynIc synIc = vps.synIc(0);
    private final LocalApic apic = vps.apic(0);

    private static void generalProtection(ThrowingCallable access) {
        assertThatThrownBy(access).isSameAs(GeneralProtectionFault.generalProtection());
    }

    private void run() {
        vps.running(SynIc.Activation.SYNIC2);
        events.pages.clear();
    }

    // ---- activation

    @ParameterizedTest
    @ValueSource(
            ints = {
                HV_X64_MSR_SCONTROL,
                HV_X64_MSR_SVERSION,
                HV_X64_MSR_SIEFP,
                HV_X64_MSR_SIMP,
                HV_X64_MSR_EOM,
                HV_X64_MSR_SINT0,
                HV_X64_MSR_SINT0 + 15
            })
    void guestFindsNoRegisterBeforeActivation(int msr) {
        generalProtection(() -> synIc.read(msr));
        generalProtection(() -> synIc.write(msr, 0));
    }

    /** A VMM restores the same list of MSRs into every guest. */
    @Test
    void hostMayWriteZeroBeforeActivationAndNothingElse() {
        assertThat(synIc.hostWrite(SINT2, 0)).isTrue();
        assertThat(synIc.hostWrite(HV_X64_MSR_SIMP, 0)).isTrue();
        assertThat(synIc.hostWrite(SINT2, HvSint.MASKED)).isFalse();
        assertThat(synIc.hostWrite(HV_X64_MSR_SCONTROL, 1)).isFalse();

        assertThat(synIc.hostRead(SINT2)).as("the zero was not stored").isEqualTo(HvSint.RESET);
    }

    @Test
    void hostReadsRegistersBeforeActivation() {
        assertThat(synIc.hostRead(HV_X64_MSR_SVERSION)).isEqualTo(1);
        assertThat(synIc.hostRead(HV_X64_MSR_SCONTROL)).isZero();
    }

    @Test
    void activationConcernsOneProcessorOnly() {
        synIc.activate(SynIc.Activation.SYNIC);

        assertThat(synIc.isActive()).isTrue();
        assertThat(vps.synIc(1).isActive()).isFalse();
        generalProtection(() -> vps.synIc(1).read(HV_X64_MSR_SCONTROL));
    }

    @Test
    void firstFlavourZeroesAPageWhenTheGuestEnablesIt() {
        synIc.activate(SynIc.Activation.SYNIC);
        vps.memory.putLong(0x8000, -1);
        vps.memory.putLong(0x8FF8, -1);
        vps.memory.putLong(0x9000, -1);

        synIc.write(HV_X64_MSR_SIMP, 0x8000);
        assertThat(vps.memory.getLong(0x8000)).as("not enabled, not touched").isEqualTo(-1);
        synIc.write(HV_X64_MSR_SIMP, 0x8000 | 1);

        assertThat(vps.memory.getLong(0x8000)).isZero();
        assertThat(vps.memory.getLong(0x8FF8)).isZero();
        assertThat(vps.memory.getLong(0x9000)).as("the page behind").isEqualTo(-1);
    }

    @Test
    void secondFlavourLeavesThePageToTheGuest() {
        synIc.activate(SynIc.Activation.SYNIC2);
        vps.memory.putLong(0x8000, -1);

        synIc.write(HV_X64_MSR_SIMP, 0x8000 | 1);

        assertThat(vps.memory.getLong(0x8000)).isEqualTo(-1);
    }

    @Test
    void hostWritesNeitherZeroNorTellTheVmm() {
        synIc.activate(SynIc.Activation.SYNIC);
        vps.memory.putLong(0x8000, -1);

        synIc.hostWrite(HV_X64_MSR_SIMP, 0x8000 | 1);
        synIc.hostWrite(HV_X64_MSR_SCONTROL, 1);

        assertThat(vps.memory.getLong(0x8000)).isEqualTo(-1);
        assertThat(events.pages).isEmpty();
        assertThat(synIc.read(HV_X64_MSR_SIMP)).isEqualTo(0x8001);
    }

    /** XSA-472: a page that is not RAM must not be a null pointer later. */
    @Test
    void pageOutsideRamFaultsWhereItWouldBeZeroedAndIsInertOtherwise() {
        long beyond = vps.memory.size() | 1;
        synIc.activate(SynIc.Activation.SYNIC);
        generalProtection(() -> synIc.write(HV_X64_MSR_SIMP, beyond));
        assertThat(synIc.read(HV_X64_MSR_SIMP)).isZero();

        run();
        synIc.write(HV_X64_MSR_SIMP, beyond);
        synIc.write(HV_X64_MSR_SIEFP, -1L);

        assertThat(synIc.postMessage(2, new SynIcMessage(1, 0, new byte[1]))).isEqualTo(MessageSlot.Post.DISABLED);
        assertThat(synIc.signalEvent(3, 0)).isEqualTo(EventFlags.Signal.MASKED);
        synIc.write(SINT3, VECTOR);
        assertThat(synIc.signalEvent(3, 0)).isEqualTo(EventFlags.Signal.DISABLED);
    }

    // ---- registers

    @Test
    void registersStartAtTheirResetValues() {
        synIc.activate(SynIc.Activation.SYNIC);

        assertThat(synIc.read(HV_X64_MSR_SCONTROL)).isZero();
        assertThat(synIc.read(HV_X64_MSR_SVERSION)).isEqualTo(1);
        assertThat(synIc.read(HV_X64_MSR_SIEFP)).isZero();
        assertThat(synIc.read(HV_X64_MSR_SIMP)).isZero();
        for (int sint = 0; sint < 16; sint++) {
            assertThat(synIc.read(HV_X64_MSR_SINT0 + sint)).isEqualTo(0x10000);
        }
    }

    @Test
    void versionIsReadOnlyForTheGuest() {
        synIc.activate(SynIc.Activation.SYNIC);

        generalProtection(() -> synIc.write(HV_X64_MSR_SVERSION, 1));
        assertThat(synIc.hostWrite(HV_X64_MSR_SVERSION, 1)).isTrue();
    }

    @Test
    void endOfMessageReadsZeroWhateverWasWritten() {
        run();
        synIc.write(HV_X64_MSR_EOM, 0xDEAD);

        assertThat(synIc.read(HV_X64_MSR_EOM)).isZero();
    }

    @Test
    void otherNumbersAreNoSynicRegisters() {
        run();

        for (int msr : new int[] {HV_X64_MSR_SIRBP, 0x4000_008F, 0x4000_00A0, 0x4000_007F, 0x4000_1080}) {
            generalProtection(() -> synIc.read(msr));
            generalProtection(() -> synIc.write(msr, 0));
            assertThat(synIc.hostWrite(msr, 0)).isFalse();
        }
    }

    @Test
    void reservedBitsOfSintAndScontrolArePreserved() {
        run();
        long reserved = 0xFFFF_FFFF_FFE0_FF00L;

        synIc.write(SINT2, reserved | VECTOR);
        synIc.write(HV_X64_MSR_SCONTROL, -1);

        assertThat(synIc.read(SINT2)).isEqualTo(reserved | VECTOR);
        assertThat(synIc.read(HV_X64_MSR_SCONTROL)).isEqualTo(-1);
    }

    /** Nested Hyper-V writes 0x10000 to all SINTs while it starts; Xen refuses even that. */
    @Test
    void maskedSintMayHoldAnyVectorAndUnmaskedOneNeedsALegalVector() {
        run();

        synIc.write(SINT2, HvSint.MASKED);
        synIc.write(SINT2, HvSint.MASKED | 15);
        generalProtection(() -> synIc.write(SINT2, 15));
        generalProtection(() -> synIc.write(SINT2, HvSint.AUTO_EOI));
        assertThat(synIc.read(SINT2)).as("a refused write changes nothing").isEqualTo(HvSint.MASKED | 15);
        synIc.write(SINT2, 16);
        synIc.write(SINT2, 255);
    }

    @Test
    void pageAndControlWritesTellTheVmmAllThreeRegisters() {
        synIc.activate(SynIc.Activation.SYNIC2);

        synIc.write(HV_X64_MSR_SIMP, 0x8001);
        synIc.write(HV_X64_MSR_SIEFP, 0x9001);
        synIc.write(HV_X64_MSR_SCONTROL, 1);
        synIc.write(SINT2, VECTOR);
        synIc.write(HV_X64_MSR_EOM, 0);

        assertThat(events.pages)
                .containsExactly("40000083: 0 0 8001", "40000082: 0 9001 8001", "40000080: 1 9001 8001");
    }

    // ---- raising

    @Test
    void unmaskedSintRaisesItsVectorAsAFixedEdge() {
        run();
        synIc.write(SINT2, VECTOR);

        assertThat(synIc.raise(2)).isEqualTo(1);

        assertThat(apic.pendingVector()).isEqualTo(VECTOR);
        assertThat(vps.apic(1).pendingVector()).isEqualTo(-1);
        assertThat(events.raises).containsExactly("0:2 51 1");
    }

    @Test
    void secondRaiseMergesAndCountsAsAccepted() {
        run();
        synIc.write(SINT2, VECTOR);
        synIc.raise(2);

        assertThat(synIc.raise(2)).isEqualTo(1);
        assertThat(vps.take(0)).isEqualTo(VECTOR);
        assertThat(vps.take(0)).isEqualTo(-1);
    }

    /** CVE-2022-2153, CVE-2021-30178: nobody may reach a SynIC that was not activated. */
    @Test
    void raisingAnInactiveSynicIsInvalid() {
        assertThat(synIc.raise(2)).isEqualTo(-Errno.EINVAL);
        assertThat(vps.set.raise(1, 0)).isEqualTo(-Errno.EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 16, 17, 255, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void raisingASintThatDoesNotExistIsInvalid(int sint) {
        run();

        assertThat(synIc.raise(sint)).isEqualTo(-Errno.EINVAL);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 2, 3, 64, 4096, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void raisingAProcessorThatDoesNotExistIsInvalid(int vpIndex) {
        run();

        assertThat(vps.set.raise(vpIndex, 2)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void maskedSintRefusesWithoutTouchingTheApic() {
        run();
        synIc.write(SINT2, HvSint.MASKED | VECTOR);

        assertThat(synIc.raise(2)).isEqualTo(-Errno.ENOENT);
        assertThat(apic.pendingVector()).isEqualTo(-1);
    }

    /** KVM stores the bit and ignores it; the TLFS wants the guest to poll. */
    @Test
    void polledSintTakesMessagesButRaisesNothing() {
        run();
        synIc.write(SINT2, HvSint.POLLING | VECTOR);

        assertThat(synIc.postMessage(2, new SynIcMessage(1, 7, new byte[] {9}))).isEqualTo(MessageSlot.Post.POSTED);

        assertThat(synIc.raise(2)).isZero();
        assertThat(apic.pendingVector()).isEqualTo(-1);
        assertThat(vps.memory.getInt(VirtualProcessors.SIMP_PAGE + 2 * 256)).isEqualTo(1);
    }

    @Test
    void softwareDisabledApicAcceptsNothing() {
        run();
        synIc.write(SINT2, VECTOR);
        apic.writeRegister(0xF0, 0xFF);

        assertThat(synIc.raise(2)).isZero();
    }

    /** KVM leaves SCONTROL to the VMM: an irqfd raises the SINT whatever SCONTROL says. */
    @Test
    void disabledScontrolDoesNotStopARaiseButStopsProducersOfTheFabric() {
        run();
        synIc.write(SINT2, VECTOR);
        synIc.write(HV_X64_MSR_SCONTROL, 0);

        assertThat(synIc.postMessage(2, new SynIcMessage(1, 0, new byte[0]))).isEqualTo(MessageSlot.Post.DISABLED);
        assertThat(synIc.signalEvent(2, 0)).isEqualTo(EventFlags.Signal.DISABLED);
        assertThat(synIc.raise(2)).isEqualTo(1);
    }

    @Test
    void hostMadeVectorBelow16IsNeverRaised() {
        run();
        synIc.hostWrite(SINT2, 0);

        assertThat(synIc.raise(2)).isEqualTo(-Errno.EINVAL);
        assertThat(synIc.hasVector(0)).isFalse();
    }

    // ---- the ends of an interrupt

    @Test
    void eoiOfASintVectorAcknowledgesThatSintAlone() {
        run();
        synIc.write(SINT2, VECTOR);
        synIc.write(SINT3, VECTOR + 1);
        synIc.raise(2);
        vps.take(0);

        apic.eoi();

        assertThat(events.acks).containsExactly("0:2 EOI");
    }

    @Test
    void eoiOfAnyOtherVectorAcknowledgesNothing() {
        run();
        synIc.write(SINT2, VECTOR);
        vps.bus.sendMsi(0xFEE0_0000L, 0x33);
        vps.take(0);

        apic.eoi();

        assertThat(events.acks).isEmpty();
    }

    @Test
    void eoiAcknowledgesEverySintThatSharesTheVectorAndIsNotMasked() {
        run();
        synIc.write(SINT2, VECTOR);
        synIc.write(SINT3, VECTOR);
        synIc.write(HV_X64_MSR_SINT0 + 4, HvSint.MASKED | VECTOR);
        synIc.raise(3);
        vps.take(0);

        apic.eoi();

        assertThat(events.acks).containsExactly("0:2 EOI", "0:3 EOI");
    }

    @Test
    void endOfMessageAcknowledgesAllSixteenMaskedOrNot() {
        run();

        synIc.write(HV_X64_MSR_EOM, 0);

        assertThat(events.acks).hasSize(16).allMatch(ack -> ack.endsWith(" EOM"));
    }

    @Test
    void eoiAndEndOfMessageAreTwoNotifications() {
        run();
        synIc.write(SINT2, VECTOR);
        synIc.raise(2);
        vps.take(0);

        synIc.write(HV_X64_MSR_EOM, 0);
        apic.eoi();

        assertThat(events.acks).hasSize(17).contains("0:2 EOM").endsWith("0:2 EOI");
    }

    /** The notification runs after the ISR bit is clear, so that the listener may raise again and be heard. */
    @Test
    void listenerMayRaiseTheSintWithinItsAcknowledgement() {
        SynIcListener again = new SynIcListener() {
            @Override
            public void sintAcknowledged(SynIc acked, int sint, Cause cause) {
                acked.raise(sint);
            }
        };
        VirtualProcessors eager = new VirtualProcessors(1, again).running(SynIc.Activation.SYNIC);
        eager.synIc(0).write(SINT2, VECTOR);
        eager.synIc(0).raise(2);
        eager.take(0);

        eager.apic(0).eoi();

        assertThat(eager.apic(0).pendingVector()).isEqualTo(VECTOR);
    }

    // ---- reset, save, restore

    @Test
    void resetMasksAllAndKeepsActivation() {
        run();
        synIc.write(SINT2, HvSint.AUTO_EOI | VECTOR);

        synIc.reset();

        assertThat(synIc.isActive()).isTrue();
        assertThat(synIc.read(SINT2)).isEqualTo(HvSint.RESET);
        assertThat(synIc.read(HV_X64_MSR_SCONTROL)).isZero();
        assertThat(synIc.read(HV_X64_MSR_SIMP)).isZero();
        assertThat(synIc.read(HV_X64_MSR_SIEFP)).isZero();
        assertThat(apic.autoEoiVectors().isEmpty()).isTrue();
        assertThat(events.pages).containsExactly("0: 0 0 0");
    }

    /** OpenVMM ba796ca08: with SYNIC2 a message from before the reset blocked the slot of the next kernel. */
    @ParameterizedTest
    @EnumSource
    void staleMessageDoesNotSurviveAResetAndReEnable(SynIc.Activation flavour) {
        vps.running(flavour);
        synIc.postMessage(2, new SynIcMessage(1, 0, new byte[4]));
        synIc.write(SINT3, VECTOR);
        synIc.signalEvent(3, 7);

        synIc.reset();
        vps.running(flavour);
        synIc.write(SINT3, VECTOR);

        assertThat(synIc.postMessage(2, new SynIcMessage(1, 0, new byte[4]))).isEqualTo(MessageSlot.Post.POSTED);
        assertThat(synIc.signalEvent(3, 7)).isEqualTo(EventFlags.Signal.NEWLY_SET);
    }

    /** cloud-hypervisor 7491: a restore left the SynIC switched off; 3223: SINT14 was not saved. */
    @Test
    void restoredStateBehavesAsTheSavedOne() {
        run();
        synIc.write(SINT2, HvSint.AUTO_EOI | VECTOR);
        synIc.write(HV_X64_MSR_SINT0 + 14, 0x99);
        SynIcState saved = synIc.save();
        VirtualProcessors other = new VirtualProcessors(1, events);
        events.pages.clear();

        other.synIc(0).restore(saved);

        assertThat(other.synIc(0).save()).isEqualTo(saved);
        assertThat(other.synIc(0).isActive()).as("activation travels").isTrue();
        assertThat(other.apic(0).autoEoiVectors().contains(VECTOR)).isTrue();
        assertThat(other.synIc(0).raise(14)).isEqualTo(1);
        assertThat(events.pages).isEmpty();
    }

    @Test
    void stateOfAnotherVersionOrSizeIsRefused() {
        assertThatThrownBy(() -> new SynIcState(1, true, false, 0, 1, 0, 0, List.of(), List.of()))
                .hasMessageContaining("version 2");
        assertThatThrownBy(() -> new SynIcState(2, true, false, 0, 1, 0, 0, List.of(1L), List.of()))
                .hasMessageContaining("16 SINTs");
    }

    @Test
    void indicesAreUniqueAndBounded() {
        assertThatThrownBy(() -> vps.set.add(vps.synIc(0))).hasMessageContaining("taken");
        assertThatThrownBy(() -> new SynIcSet(1).add(vps.synIc(1))).hasMessageContaining("not below 1");
    }
}
