// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.Lvt;
import org.junit.jupiter.api.Test;

/** SDM vol. 3A, 12.5.1. */
class LintPinsTest {
    private static final int VECTOR = 0x41;

    private final ApicRig rig = ApicRig.xapic(1);
    private final LocalApic apic = rig.apics[0];

    private void lint0(int entry) {
        apic.writeRegister(ApicRegister.LVT_LINT0, entry);
    }

    private boolean remoteIrr() {
        return (apic.readRegister(ApicRegister.LVT_LINT0) & Lvt.REMOTE_IRR) != 0;
    }

    @Test
    void risingEdgeOfAFixedPinRequestsItsVectorOnce() {
        lint0(VECTOR);

        apic.lint(0, true);
        apic.lint(0, true);
        assertThat(ApicRig.drain(apic)).containsExactly(VECTOR);
        apic.lint(0, false);
        apic.lint(0, true);

        assertThat(ApicRig.drain(apic)).containsExactly(VECTOR);
        assertThat(apic.tmr().contains(VECTOR)).isFalse();
    }

    @Test
    void maskedEdgeIsLost() {
        lint0(VECTOR | Lvt.MASKED);
        apic.lint(0, true);

        lint0(VECTOR);

        assertThat(apic.irr().contains(VECTOR)).isFalse();
    }

    @Test
    void levelIsRequestedOnceUntilItsEoiAndAgainWhileItIsUp() {
        lint0(VECTOR | Lvt.LEVEL_TRIGGERED);
        apic.lint(0, true);
        assertThat(remoteIrr()).isTrue();
        assertThat(apic.tmr().contains(VECTOR)).isTrue();
        apic.acknowledge(apic.pendingVector());
        apic.eoi();
        assertThat(apic.irr().contains(VECTOR)).as("still up").isTrue();

        apic.acknowledge(apic.pendingVector());
        apic.lint(0, false);
        apic.eoi();

        assertThat(apic.irr().contains(VECTOR)).isFalse();
        assertThat(remoteIrr()).isFalse();
    }

    @Test
    void levelBehindAMaskIsRequestedAtUnmasking() {
        lint0(VECTOR | Lvt.LEVEL_TRIGGERED | Lvt.MASKED);
        apic.lint(0, true);
        assertThat(apic.irr().contains(VECTOR)).isFalse();

        lint0(VECTOR | Lvt.LEVEL_TRIGGERED);

        assertThat(apic.irr().contains(VECTOR)).isTrue();
    }

    @Test
    void remoteIrrIsNotForTheGuestToWriteAndGoesWhenThePinBecomesAnEdge() {
        lint0(VECTOR | Lvt.LEVEL_TRIGGERED | Lvt.REMOTE_IRR);
        assertThat(remoteIrr()).isFalse();
        apic.lint(0, true);
        lint0(VECTOR | Lvt.LEVEL_TRIGGERED | Lvt.MASKED);
        assertThat(remoteIrr()).isTrue();

        lint0(VECTOR | Lvt.MASKED);

        assertThat(remoteIrr()).isFalse();
    }

    /** SDM vol. 3A, 12.5.1: "Level-sensitive interrupts are not supported for LINT1." */
    @Test
    void lint1IsAnEdgeWhateverItsEntrySays() {
        apic.writeRegister(ApicRegister.LVT_LINT1, VECTOR | Lvt.LEVEL_TRIGGERED);
        apic.lint(1, true);

        assertThat(ApicRig.drain(apic)).containsExactly(VECTOR);
        assertThat(apic.tmr().contains(VECTOR)).isFalse();
    }

    @Test
    void nmiPinIsAnEdgeEvenWithLevelTriggering() {
        apic.writeRegister(ApicRegister.LVT_LINT1, DeliveryMode.NMI.bits() | Lvt.LEVEL_TRIGGERED);
        apic.lint(1, true);
        apic.lint(1, true);

        assertThat(apic.pendingNmis()).isEqualTo(1);
    }

    @Test
    void smiAndInitPinsDoWhatTheirModesSay() {
        lint0(DeliveryMode.SMI.bits());
        apic.lint(0, true);
        assertThat(apic.smiCount()).isEqualTo(1);
        apic.lint(0, false);
        lint0(DeliveryMode.INIT.bits());

        apic.lint(0, true);

        assertThat(apic.takeInit()).isTrue();
    }

    @Test
    void illegalVectorIsAnErrorAndNoRequest() {
        lint0(0x0F);
        apic.lint(0, true);
        apic.lint(0, false);
        lint0(0x0F | Lvt.LEVEL_TRIGGERED);
        apic.lint(0, true);

        apic.writeRegister(ApicRegister.ERROR_STATUS, 0);
        assertThat(apic.readRegister(ApicRegister.ERROR_STATUS)).isEqualTo(ApicError.RECEIVE_ILLEGAL_VECTOR);
        assertThat(remoteIrr()).isFalse();
    }

    @Test
    void extIntPinRequestsNothingItselfAndLetsTheProcessorAskThe8259() {
        lint0(DeliveryMode.EXTINT.bits());
        apic.lint(0, true);

        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(apic.acceptsExtInt()).isTrue();
        lint0(DeliveryMode.EXTINT.bits() | Lvt.MASKED);
        assertThat(apic.acceptsExtInt()).isFalse();
    }

    /** SDM vol. 3A, 12.4.3: without APIC the pins are INTR and NMI. */
    @Test
    void disabledApicHandsThePinsToTheProcessor() {
        ApicRig.disable(apic);

        apic.lint(1, true);

        assertThat(apic.takeNmi()).isTrue();
        assertThat(apic.acceptsExtInt()).isTrue();
    }

    @Test
    void softwareDisabledApicTakesNoLevel() {
        lint0(VECTOR | Lvt.LEVEL_TRIGGERED);
        ApicRig.softwareDisable(apic);

        apic.lint(0, true);
        assertThat(remoteIrr()).isFalse();
        ApicRig.enable(apic);
        assertThat(apic.irr().contains(VECTOR)).as("masked by the disabling").isFalse();
        lint0(VECTOR | Lvt.LEVEL_TRIGGERED);

        assertThat(apic.irr().contains(VECTOR)).isTrue();
    }

    /** A pin's wire takes its time as the bus does: an edge must not overtake a message that was sent before. */
    @Test
    void aPinsRequestTravelsAsAMessageDoes() {
        lint0(VECTOR);

        apic.lint(0, true);

        assertThat(rig.carried).containsExactly("0<-41");
    }

    /** Linux' nmi_watchdog=1 (arch/x86 before 2.6.38): LINT0 of all processors as NMI; the timer's interrupt polls the 8259A. */
    @Test
    void lint0AsNmiIsAnNmiAtEachRise() {
        lint0(DeliveryMode.NMI.bits());

        apic.lint(0, true);
        apic.lint(0, true);
        assertThat(apic.takeNmi()).isTrue();
        assertThat(apic.takeNmi()).isFalse();
        apic.unblockNmi();
        apic.lint(0, false);
        apic.lint(0, true);

        assertThat(apic.takeNmi()).isTrue();
    }

    /** SDM vol. 3A, 12.5.1: CMCI, thermal monitor and performance counters deliver as their entries say. */
    @Test
    void thermalAndPerformanceEntriesDeliverNmiAndSmi() {
        apic.writeRegister(ApicRegister.LVT_THERMAL, DeliveryMode.SMI.bits());
        apic.writeRegister(ApicRegister.LVT_PERFORMANCE, DeliveryMode.NMI.bits());

        apic.signal(ApicRegister.LVT_THERMAL);
        apic.signal(ApicRegister.LVT_PERFORMANCE);

        assertThat(apic.smiCount()).isEqualTo(1);
        assertThat(apic.takeNmi()).isTrue();
    }
}
