// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvSint;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.GeneralProtectionFault;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, "EOI Assist". */
class VpAssistPageTest {
    private static final long PAGE = 0x6000;
    private static final int VECTOR = 0x51;
    private static final int SINT_VECTOR = 0x61;

    private final RecordedSynIcEvents events = new RecordedSynIcEvents();
    private final VirtualProcessors vps = new VirtualProcessors(1, events);
    private final SynIc synIc = vps.synIc(0);
    private final LocalApic apic = vps.apic(0);
    private final VpAssistPage assist = new VpAssistPage(apic, vps.memory, synIc::hasVector);
    private final List<Integer> ended = new ArrayList<>();

    @BeforeEach
    void start() {
        apic.onEoi((ending, vector, levelTriggered) -> ended.add(vector));
        vps.running(SynIc.Activation.SYNIC);
        assist.write(PAGE | 1);
    }

    private boolean bit() {
        return (vps.memory.getInt(PAGE) & 1) != 0;
    }

    private void inService(int vector) {
        apic.arrive(ApicRequest.fixed(vector));
        assertThat(vps.take(0)).isEqualTo(vector);
    }

    /** The guest's half, as the manual recommends it: test and clear; only where the bit was clear, the register. */
    private boolean guestEndsWithoutExit() {
        int old = vps.memory.getInt(PAGE);
        vps.memory.putInt(PAGE, old & ~1);
        return (old & 1) != 0;
    }

    @Test
    void clearedBitIsAnEoi() {
        inService(VECTOR);
        assist.offer();
        assertThat(bit()).isTrue();

        assertThat(guestEndsWithoutExit()).isTrue();
        assertThat(ended).as("not before somebody looks").isEmpty();
        assist.collect();

        assertThat(ended).containsExactly(VECTOR);
        assertThat(apic.highestInService()).isEqualTo(LocalApic.NO_VECTOR);
    }

    @Test
    void bitThatTheGuestLeftIsTakenBack() {
        inService(VECTOR);
        assist.offer();

        assist.collect();

        assertThat(bit()).isFalse();
        assertThat(ended).isEmpty();
        assertThat(apic.highestInService()).isEqualTo(VECTOR);
        assist.collect();
        assertThat(ended).as("once is enough").isEmpty();
    }

    /** "Conventional EOIs can still be performed irrespective of the bit": one of them, not two. */
    @Test
    void conventionalEoiEndsTheInterruptOnce() {
        inService(0x41);
        inService(VECTOR);
        assist.offer();

        assist.collect();
        apic.eoi();

        assertThat(ended).containsExactly(VECTOR);
        assertThat(apic.highestInService()).isEqualTo(0x41);
    }

    @Test
    void onlyTheHighestOfNestedInterruptsIsEndedByTheBit() {
        inService(0x41);
        inService(VECTOR);
        assist.offer();

        assertThat(guestEndsWithoutExit()).isTrue();
        assertThat(guestEndsWithoutExit()).as("the second must exit").isFalse();
        assist.collect();

        assertThat(ended).containsExactly(VECTOR);
        assist.offer();
        assertThat(bit()).as("now for the other one").isTrue();
    }

    @Test
    void nothingIsOfferedWithoutAnInterruptInService() {
        assist.offer();

        assertThat(bit()).isFalse();
        assertThat(guestEndsWithoutExit()).isFalse();
        assist.collect();
        assertThat(ended).isEmpty();
    }

    /** "There are no lower priority interrupts pending." */
    @ParameterizedTest
    @ValueSource(ints = {0x31, 0x5F, 0xE1})
    void nothingIsOfferedWhileAnotherInterruptIsRequested(int other) {
        inService(VECTOR);
        apic.arrive(ApicRequest.fixed(other));

        assist.offer();

        assertThat(bit()).isFalse();
    }

    @Test
    void levelTriggeredInterruptIsNotOffered() {
        apic.arrive(ApicRequest.level(DeliveryMode.FIXED, VECTOR));
        vps.take(0);

        assist.offer();

        assertThat(bit()).isFalse();
    }

    /** KVM lets the EOI of a SINT come late; who waits for a free slot would wait with it. */
    @Test
    void vectorWhoseEoiSomebodyWaitsForIsNotOffered() {
        synIc.write(HvMsr.HV_X64_MSR_SINT0 + 2, SINT_VECTOR);
        inService(SINT_VECTOR);

        assist.offer();
        assertThat(bit()).isFalse();
        apic.eoi();

        assertThat(events.acks).containsExactly("0:2 EOI");
    }

    @Test
    void autoEoiVectorIsNeverInServiceAndSoNotOffered() {
        synIc.write(HvMsr.HV_X64_MSR_SINT0 + 2, HvSint.AUTO_EOI | SINT_VECTOR);
        apic.arrive(ApicRequest.fixed(SINT_VECTOR));
        vps.take(0);

        assist.offer();

        assertThat(bit()).isFalse();
    }

    @Test
    void disabledPageIsNotTouched() {
        assist.write(PAGE);
        vps.memory.putInt(PAGE, 0xAA);
        inService(VECTOR);

        assist.offer();
        assist.collect();

        assertThat(vps.memory.getInt(PAGE)).isEqualTo(0xAA);
        assertThat(ended).isEmpty();
    }

    /** KVM once took an EOI from a page that the guest had already disabled. */
    @Test
    void disablingThePageTakesInWhatTheGuestDidBefore() {
        inService(VECTOR);
        assist.offer();
        guestEndsWithoutExit();

        assist.write(0);

        assertThat(ended).containsExactly(VECTOR);
        vps.memory.putInt(PAGE, 0);
        assist.collect();
        assertThat(ended).hasSize(1);
    }

    @Test
    void enablingClearsTheFieldAndNothingElse() {
        vps.memory.putLong(0x7000, -1);

        assist.write(0x7FFF);

        assertThat(assist.register()).as("reserved bits are kept").isEqualTo(0x7FFF);
        assertThat(vps.memory.getLong(0x7000)).isEqualTo(0xFFFF_FFFF_0000_0000L);
    }

    @ParameterizedTest
    @ValueSource(longs = {1 << 20 | 1, -1, Long.MIN_VALUE | 1})
    void pageThatIsNoRamFaultsAndChangesNothing(long value) {
        assertThatThrownBy(() -> assist.write(value)).isSameAs(GeneralProtectionFault.generalProtection());

        assertThat(assist.register()).isEqualTo(PAGE | 1);
        assist.write(value & ~1);
        assertThat(assist.register()).as("disabled it may be anywhere").isEqualTo(value & ~1);
    }

    @Test
    void apicThatWasChangedBehindTheGuestsBackIsABrokenInvariant() {
        inService(VECTOR);
        assist.offer();
        apic.eoi();

        assertThatThrownBy(assist::collect)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("collect");
    }

    @Test
    void offerTravelsWithTheState() {
        inService(VECTOR);
        assist.offer();
        VpAssistPage.State saved = assist.save();
        guestEndsWithoutExit();
        VpAssistPage other = new VpAssistPage(apic, vps.memory, vector -> false);

        other.restore(saved);
        assertThat(other.save()).isEqualTo(saved);
        other.collect();

        assertThat(ended).containsExactly(VECTOR);
        assertThatThrownBy(() -> new VpAssistPage.State(7, 0, -1)).hasMessageContaining("version 7");
    }

    @Test
    void resetTakesThePageAway() {
        inService(VECTOR);
        assist.offer();

        assist.reset();

        assertThat(assist.register()).isZero();
        assertThat(bit()).isFalse();
        assertThat(assist.save().offeredVector()).isEqualTo(LocalApic.NO_VECTOR);
    }
}
