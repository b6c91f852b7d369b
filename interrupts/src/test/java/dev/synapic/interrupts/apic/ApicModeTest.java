// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.ApicTimerMode;
import dev.synapic.spec.x86.GeneralProtectionFault;
import dev.synapic.spec.x86.Lvt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Modes, ids and the state after power-on and INIT (SDM vol. 3A, 12.4 and 12.12). */
class ApicModeTest {
    private static final long BASE = ApicBaseMsr.DEFAULT_BASE;
    private static final long EN = ApicBaseMsr.ENABLE;
    private static final long EXTD = ApicBaseMsr.X2APIC_ENABLE;

    private final ApicRig rig = ApicRig.xapic(2);
    private final LocalApic apic = rig.apics[1];

    private void faults(long base) {
        assertThatExceptionOfType(GeneralProtectionFault.class).isThrownBy(() -> apic.setApicBase(base));
    }

    // SDM vol. 3A, 12.4.7.1.
    @Test
    void afterPowerOnEveryRegisterHasItsResetValue() {
        LocalApic fresh = new ApicRig(7).apics[0];
        assertThat(fresh.mode()).isEqualTo(ApicMode.XAPIC);
        assertThat(fresh.apicBase()).isEqualTo(0xFEE0_0900L);
        assertThat(fresh.readRegister(ApicRegister.ID)).isEqualTo(7 << 24);
        assertThat(fresh.readRegister(ApicRegister.VERSION)).isEqualTo(0x5_0014);
        assertThat(fresh.readRegister(ApicRegister.SPURIOUS_VECTOR)).isEqualTo(0xFF);
        assertThat(fresh.readRegister(ApicRegister.DESTINATION_FORMAT)).isEqualTo(-1);
        assertThat(fresh.readRegister(ApicRegister.LOGICAL_DESTINATION)).isZero();
        assertThat(fresh.readRegister(ApicRegister.TASK_PRIORITY)).isZero();
        for (int lvt = ApicRegister.LVT_TIMER; lvt <= ApicRegister.LVT_ERROR; lvt += 0x10) {
            assertThat(fresh.readRegister(lvt)).as(ApicRegister.name(lvt)).isEqualTo(Lvt.MASKED);
        }
        for (int word = ApicRegister.IN_SERVICE; word < ApicRegister.ERROR_STATUS; word += 0x10) {
            assertThat(fresh.readRegister(word)).as(ApicRegister.name(word)).isZero();
        }
        assertThat(fresh.readRegister(ApicRegister.ERROR_STATUS)).isZero();
        assertThat(fresh.icr()).isZero();
        assertThat(fresh.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(fresh.softwareEnabled()).isFalse();
    }

    @Test
    void onlyTheBootstrapProcessorHasTheBspBit() {
        assertThat(rig.apics[0].apicBase() & ApicBaseMsr.BOOTSTRAP).isNotZero();
        assertThat(apic.apicBase() & ApicBaseMsr.BOOTSTRAP).isZero();
    }

    // SDM vol. 3A, 12.12.5, figure 12-27.
    @Test
    void theLegalWayRoundIsXapicX2apicDisabledXapic() {
        apic.setApicBase(BASE | EN | EXTD);
        assertThat(apic.mode()).isEqualTo(ApicMode.X2APIC);
        apic.setApicBase(BASE);
        assertThat(apic.mode()).isEqualTo(ApicMode.DISABLED);
        apic.setApicBase(BASE | EN);
        assertThat(apic.mode()).isEqualTo(ApicMode.XAPIC);
        apic.setApicBase(BASE);
        assertThat(apic.mode()).isEqualTo(ApicMode.DISABLED);
    }

    @Test
    void x2apicDoesNotFallBackToXapic() {
        ApicRig.toX2apic(apic);
        faults(BASE | EN);
        assertThat(apic.mode()).isEqualTo(ApicMode.X2APIC);
    }

    @Test
    void aDisabledApicDoesNotJumpToX2apic() {
        ApicRig.disable(apic);
        faults(BASE | EN | EXTD);
    }

    @Test
    void extdWithoutEnableIsInvalidFromEveryMode() {
        faults(BASE | EXTD);
        ApicRig.toX2apic(apic);
        faults(BASE | EXTD);
        ApicRig.disable(apic);
        faults(BASE | EXTD);
    }

    // SDM vol. 3A, 12.4.4: bits 7:0, 9 and those from MAXPHYADDR on.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 9, 46, 47, 63})
    void reservedBitsOfTheBaseFault(int bit) {
        faults(BASE | EN | 1L << bit);
        assertThat(apic.apicBase()).isEqualTo(BASE | EN);
    }

    @Test
    void theBaseCanMoveAndTheBspBitCanChange() {
        apic.setApicBase(0xFED4_0000L | EN | ApicBaseMsr.BOOTSTRAP);
        assertThat(apic.apicBase()).isEqualTo(0xFED4_0900L);
        assertThat(apic.mode()).isEqualTo(ApicMode.XAPIC);
    }

    @Test
    void withoutX2apicTheExtdBitIsReserved() {
        ApicModel old = new ApicModel(false, true, false, 46, 1, ReservedBits.STRICT);
        LocalApic plain = new ApicRig(old, 0).apics[0];
        assertThatExceptionOfType(GeneralProtectionFault.class).isThrownBy(() -> plain.setApicBase(BASE | EN | EXTD));
    }

    // The page is there in xAPIC mode only.
    @Test
    void thePageReadsAllOnesAndLosesWritesOutsideXapicMode() {
        ApicRig.toX2apic(apic);
        apic.writeRegister(ApicRegister.TASK_PRIORITY, 0x50);
        assertThat(apic.readRegister(ApicRegister.VERSION)).isEqualTo(-1);
        assertThat(apic.taskPriority()).isZero();
        ApicRig.disable(apic);
        apic.writeRegister(ApicRegister.TASK_PRIORITY, 0x50);
        assertThat(apic.readRegister(ApicRegister.TASK_PRIORITY)).isEqualTo(-1);
        assertThat(apic.taskPriority()).isZero();
    }

    // SDM vol. 3A, 12.12.1.2.
    @Test
    void x2apicMsrsFaultOutsideX2apicMode() {
        assertThatExceptionOfType(GeneralProtectionFault.class).isThrownBy(() -> apic.readMsr(0x803));
        assertThatExceptionOfType(GeneralProtectionFault.class).isThrownBy(() -> apic.writeMsr(0x808, 0));
        ApicRig.disable(apic);
        assertThatExceptionOfType(GeneralProtectionFault.class).isThrownBy(() -> apic.readMsr(0x803));
    }

    // SDM vol. 3A, 12.4.6; software may change the id in xAPIC mode (as KVM, Xen, QEMU and Bochs let it).
    @Test
    void theXapicIdIsWritable() {
        apic.writeRegister(ApicRegister.ID, 0x42FF_FFFF);
        assertThat(apic.readRegister(ApicRegister.ID)).isEqualTo(0x4200_0000);
        assertThat(apic.apicId()).isEqualTo(0x42);
        assertThat(apic.x2ApicId()).isEqualTo(1);
    }

    @Test
    void theX2apicIdIsTheInitialOneWhateverXapicModeWrote() {
        apic.writeRegister(ApicRegister.ID, 0x42 << 24);
        ApicRig.toX2apic(apic);
        assertThat(apic.readMsr(0x802)).isEqualTo(1);
        assertThat(apic.apicId()).isEqualTo(1);
        assertThatExceptionOfType(GeneralProtectionFault.class).isThrownBy(() -> apic.writeMsr(0x802, 1));
    }

    @Test
    void enablingADisabledApicGivesItsInitialIdBack() {
        apic.writeRegister(ApicRegister.ID, 0x42 << 24);
        ApicRig.disable(apic);
        ApicRig.reenable(apic);
        assertThat(apic.apicId()).isEqualTo(1);
    }

    @Test
    void anIdAbove255KeepsItsLowByteInXapicMode() {
        LocalApic high = new ApicRig(0x1234).apics[0];
        assertThat(high.readRegister(ApicRegister.ID)).isEqualTo(0x34 << 24);
        ApicRig.toX2apic(high);
        assertThat(high.readMsr(0x802)).isEqualTo(0x1234);
    }

    // Xen 90309854fd: the LDR derives from the APIC id, not from the processor's number (SDM vol. 3A, 12.12.10.2).
    @Test
    void theX2apicLdrDerivesFromTheApicIdOfASparseMachine() {
        ApicRig sparse = new ApicRig(0x0, 0x25, 0x1_2345);
        for (LocalApic each : sparse.apics) {
            ApicRig.toX2apic(each);
        }
        assertThat(sparse.apics[0].readMsr(0x80D)).isEqualTo(0x0000_0001L);
        assertThat(sparse.apics[1].readMsr(0x80D)).isEqualTo(0x0002_0020L);
        assertThat(sparse.apics[2].readMsr(0x80D)).isEqualTo(0x1234_0020L);
    }

    @Test
    void enteringX2apicKeepsEverythingButIdAndLogicalDestination() {
        apic.writeRegister(ApicRegister.TASK_PRIORITY, 0x23);
        apic.writeRegister(ApicRegister.LVT_LINT1, 0x400);
        apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, 0x0400_0000);
        apic.arrive(ApicRequest.fixed(0x31));
        ApicRig.toX2apic(apic);
        assertThat(apic.readMsr(0x808)).isEqualTo(0x23);
        assertThat(apic.readMsr(0x836)).isEqualTo(0x400);
        assertThat(apic.readMsr(0x80F)).isEqualTo(0x1FF);
        assertThat(apic.readMsr(0x80D)).isEqualTo(2);
        assertThat(apic.irr().contains(0x31)).isTrue();
    }

    // SDM vol. 3A, 12.4.3: "prior initialization to the APIC may be lost"; KVM keeps it.
    @Test
    void aDisabledApicForgetsEverythingButTaskPriority() {
        apic.writeRegister(ApicRegister.LVT_TIMER, 0x40 | 1 << 17);
        apic.writeRegister(ApicRegister.INITIAL_COUNT, 1000);
        apic.setTaskPriority(0x20);
        apic.arrive(ApicRequest.fixed(0x91));
        ApicRig.disable(apic);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        ApicRig.reenable(apic);
        assertThat(apic.softwareEnabled()).isFalse();
        assertThat(apic.lvt(ApicRegister.LVT_TIMER)).isEqualTo(Lvt.MASKED);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(apic.irr().isEmpty()).isTrue();
        assertThat(apic.taskPriority()).isEqualTo(0x20);
    }

    // kvm-unit-tests apic.c, apic_disable: CR8 works while the APIC is off.
    @Test
    void taskPriorityWorksInADisabledApic() {
        ApicRig.disable(apic);
        apic.setTaskPriority(0xF0);
        assertThat(apic.taskPriority()).isEqualTo(0xF0);
        assertThat(apic.processorPriority()).isEqualTo(0xF0);
    }

    @Test
    void aVectorUnderWayToAnApicThatIsDisabledMeanwhileIsLost() {
        ApicRig.disable(apic);
        apic.arrive(ApicRequest.fixed(0x91));
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        apic.arrive(ApicRequest.fixed(0x92));
        ApicRig.reenable(apic);
        assertThat(apic.irr().isEmpty()).isTrue();
    }

    // SDM vol. 3A, 12.4.7.3: ids and base stay, the rest is as after power-on.
    @Test
    void initKeepsBaseAndIdAndResetsTheRest() {
        apic.writeRegister(ApicRegister.ID, 0x42 << 24);
        apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, 0x0400_0000);
        apic.writeRegister(ApicRegister.DESTINATION_FORMAT, 0);
        apic.writeRegister(ApicRegister.LVT_TIMER, 2 << 17 | 0x40);
        apic.setTaskPriority(0x30);
        apic.arrive(ApicRequest.fixed(0x91));
        apic.init();
        assertThat(apic.apicId()).isEqualTo(0x42);
        assertThat(apic.logicalDestination()).isZero();
        assertThat(apic.destinationFormat()).isEqualTo(-1);
        assertThat(apic.lvt(ApicRegister.LVT_TIMER)).isEqualTo(Lvt.MASKED);
        assertThat(apic.timerMode()).isEqualTo(ApicTimerMode.ONE_SHOT);
        assertThat(apic.taskPriority()).isZero();
        assertThat(apic.irr().isEmpty()).isTrue();
        assertThat(apic.spuriousVectorRegister()).isEqualTo(0xFF);
        assertThat(apic.softwareEnabled()).isFalse();
    }

    // ACRN #4267: INIT must not leave x2APIC mode (SDM vol. 3A, 12.12.5.1).
    @Test
    void initStaysInX2apicModeWithItsLogicalId() {
        ApicRig.toX2apic(apic);
        apic.init();
        assertThat(apic.mode()).isEqualTo(ApicMode.X2APIC);
        assertThat(apic.readMsr(0x80D)).isEqualTo(2);
    }

    @Test
    void resetReturnsToXapicModeWithTheInitialId() {
        apic.writeRegister(ApicRegister.ID, 0x42 << 24);
        ApicRig.toX2apic(apic);
        apic.reset();
        assertThat(apic.mode()).isEqualTo(ApicMode.XAPIC);
        assertThat(apic.apicId()).isEqualTo(1);
        assertThat(apic.apicBase()).isEqualTo(0xFEE0_0800L);
    }

    @Test
    void twoProcessorsCannotHaveOneInitialId() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ApicRig(3, 3))
                .withMessageContaining("APIC id 3 is taken");
    }

    @Test
    void anIdBeyondTheLogicalOnesIsAConfigurationError() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ApicRig(0x10_0000));
        assertThatIllegalArgumentException().isThrownBy(() -> new ApicRig(-1));
    }

    @Test
    void aModelNamesWhatIsWrongWithIt() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ApicModel(true, true, false, 64, 1, ReservedBits.STRICT))
                .withMessageContaining("physicalAddressBits is 64");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ApicModel(true, true, false, 46, 0, ReservedBits.STRICT))
                .withMessageContaining("nanosPerTick is 0");
    }
}
