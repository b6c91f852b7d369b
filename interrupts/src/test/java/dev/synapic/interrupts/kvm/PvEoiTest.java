// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LazyEoi;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.GeneralProtectionFault;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Linux, Documentation/virt/kvm/x86/msr.rst, MSR_KVM_EOI_EN. The rule of the bit itself is also pinned by VpAssistPageTest. */
class PvEoiTest {
    private static final int MSR = 0x4b564d04;
    private static final long WORD = 0x5004;
    private static final int VECTOR = 0x51;

    private final KvmRig rig = new KvmRig(1);
    private final KvmMsrs msrs = rig.msrs(0);
    private final LazyEoi lazyEoi = rig.lazyEois[0];
    private final LocalApic apic = rig.apics.apics[0];

    @AfterEach
    void close() {
        rig.close();
    }

    private boolean bit() {
        return (rig.memory.getInt(WORD) & 1) != 0;
    }

    /** "The guest must both read the least significant bit and clear it using a single CPU instruction". */
    private boolean guestEndsWithoutExit() {
        int old = rig.memory.getInt(WORD);
        rig.memory.putInt(WORD, old & ~1);
        return (old & 1) != 0;
    }

    @Test
    void aBitThatTheGuestClearsIsAnEoi() {
        msrs.write(MSR, WORD | 1);
        rig.inService(0, VECTOR);
        lazyEoi.offer();
        assertThat(bit()).as("1 means that the guest can skip the EOI").isTrue();

        assertThat(guestEndsWithoutExit()).isTrue();
        lazyEoi.collect();

        assertThat(apic.highestInService()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(rig.lazilyEnded).containsExactly(VECTOR);
    }

    /** "Always safe for the guest to ignore the optimization and perform the APIC EOI write anyway." */
    @Test
    void aBitThatTheGuestLeavesIsTakenBackAndTheEoiIsTheGuests() {
        msrs.write(MSR, WORD | 1);
        rig.inService(0, VECTOR);
        lazyEoi.offer();

        lazyEoi.collect();

        assertThat(bit()).isFalse();
        assertThat(apic.highestInService()).isEqualTo(VECTOR);
        assertThat(rig.lazilyEnded).isEmpty();
        assertThat(apic.eoi()).isEqualTo(VECTOR);
    }

    /** "Hypervisor is guaranteed to only modify this least significant bit." */
    @Test
    void otherBitsOfTheWordAreTheGuests() {
        rig.memory.putInt(WORD, 0xDEAD_BEEE);
        msrs.write(MSR, WORD | 1);
        rig.inService(0, VECTOR);
        lazyEoi.offer();
        assertThat(rig.memory.getInt(WORD)).isEqualTo(0xDEAD_BEEF);
        lazyEoi.collect();
        assertThat(rig.memory.getInt(WORD)).isEqualTo(0xDEAD_BEEE);
    }

    /** KVM, apic_sync_pv_eoi_to_guest: an interrupt that waits, and a vector that an I/O APIC handles, need their EOI. */
    @Test
    void nothingIsOfferedWhileAnotherWaitsOrSomebodyWaitsForTheEoi() {
        msrs.write(MSR, WORD | 1);
        rig.inService(0, VECTOR);
        rig.awaited.add(VECTOR);
        lazyEoi.offer();
        assertThat(bit()).as("awaited").isFalse();

        rig.awaited.clear();
        apic.arrive(ApicRequest.fixed(0x31));
        lazyEoi.offer();
        assertThat(bit()).as("another requested").isFalse();
    }

    @Test
    void aLevelTriggeredInterruptIsNotOffered() {
        msrs.write(MSR, WORD | 1);
        apic.arrive(ApicRequest.level(DeliveryMode.FIXED, VECTOR));
        apic.acknowledge(apic.pendingVector());
        lazyEoi.offer();
        assertThat(bit()).isFalse();
    }

    /** KVM, "Ignore pending PV EOI if the vCPU has since disabled PV EOIs": what the guest did before counts, the page no more. */
    @Test
    void disablingBetweenEntryAndExitTakesInWhatTheGuestDidBefore() {
        msrs.write(MSR, WORD | 1);
        rig.inService(0, VECTOR);
        lazyEoi.offer();
        msrs.write(MSR, 0);
        assertThat(apic.highestInService()).as("the guest had not ended it").isEqualTo(VECTOR);
        assertThat(bit()).isFalse();
        lazyEoi.collect();
        assertThat(apic.highestInService()).isEqualTo(VECTOR);
        lazyEoi.offer();
        assertThat(bit()).as("disabled").isFalse();
    }

    /** "Bit 1 is reserved and must be zero"; "4-byte aligned physical address of a 4 byte memory area which must be in guest RAM". */
    @ParameterizedTest
    @ValueSource(longs = {WORD | 2, WORD | 3, 1 << 20 | 1, (1 << 20) - 2 | 1, -3})
    void reservedBitsAndPlacesThatAreNoRamFault(long value) {
        msrs.write(MSR, WORD | 1);
        assertThatThrownBy(() -> msrs.write(MSR, value)).isSameAs(GeneralProtectionFault.generalProtection());
        assertThat(msrs.read(MSR)).isEqualTo(WORD | 1);
    }

    /** KVM, kvm_lapic_reset. */
    @Test
    void initTakesItAway() {
        msrs.write(MSR, WORD | 1);
        rig.inService(0, VECTOR);
        lazyEoi.offer();
        rig.processors[0].init();
        assertThat(msrs.read(MSR)).isZero();
        assertThat(bit()).isFalse();
    }

    // ---- beside another front end, as Hyper-V's VP assist page ------------------------------------------------------

    private static final long OTHER_WORD = 0x6000;

    /** KVM: "last enable wins". */
    @Test
    void theFrontEndThatWasEnabledLastIsInForce() {
        LazyEoi.Word other = lazyEoi.word();
        other.enable(OTHER_WORD);
        msrs.write(MSR, WORD | 1);
        rig.inService(0, VECTOR);
        lazyEoi.offer();
        assertThat(bit()).isTrue();
        assertThat(rig.memory.getInt(OTHER_WORD)).isZero();

        other.enable(OTHER_WORD);
        assertThat(bit()).as("taken back where it was offered").isFalse();
        lazyEoi.offer();
        assertThat(bit()).isFalse();
        assertThat(rig.memory.getInt(OTHER_WORD)).isEqualTo(1);
    }

    /** KVM forgets both when one is disabled; here the other one is in force again. */
    @Test
    void disablingOneLeavesTheOther() {
        LazyEoi.Word other = lazyEoi.word();
        other.enable(OTHER_WORD);
        msrs.write(MSR, WORD | 1);
        msrs.write(MSR, 0);
        rig.inService(0, VECTOR);
        lazyEoi.offer();
        assertThat(rig.memory.getInt(OTHER_WORD)).isEqualTo(1);

        msrs.write(MSR, 0);
        assertThat(other.offeredVector())
                .as("taken back by the collect, not lost")
                .isEqualTo(LocalApic.NO_VECTOR);
        assertThat(other.isInForce()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void stateTellsWhoIsInForce(boolean pvLast) {
        LazyEoi.Word other = lazyEoi.word();
        if (pvLast) {
            other.enable(OTHER_WORD);
            msrs.write(MSR, WORD | 1);
        } else {
            msrs.write(MSR, WORD | 1);
            other.enable(OTHER_WORD);
        }
        rig.inService(0, VECTOR);
        lazyEoi.offer();
        KvmProcessor.State saved = rig.processors[0].save();
        int otherVector = other.offeredVector();
        assertThat(saved.pvEoi()).isEqualTo(new PvEoi.State(1, WORD | 1, pvLast, pvLast ? VECTOR : -1));

        LazyEoi fresh = new LazyEoi(apic, rig.memory, vector -> false, vector -> {});
        LazyEoi.Word freshOther = fresh.word();
        KvmProcessor restored = new KvmProcessor(0, rig.clock, rig.memory, fresh);
        freshOther.restore(OTHER_WORD, otherVector);
        restored.restore(saved);

        assertThat(restored.save()).isEqualTo(saved);
        assertThat(freshOther.offeredVector()).isEqualTo(otherVector);
        rig.memory.putInt(pvLast ? WORD : OTHER_WORD, 0);
        fresh.collect();
        assertThat(apic.highestInService()).isEqualTo(LocalApic.NO_VECTOR);
    }
}
