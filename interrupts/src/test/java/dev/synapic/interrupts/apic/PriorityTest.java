// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** IRR, ISR, TMR, TPR, PPR, EOI and auto-EOI (SDM vol. 3A, 12.8). */
class PriorityTest {
    private final ApicRig rig = ApicRig.xapic(1);
    private final LocalApic apic = rig.apics[0];

    private void request(int... vectors) {
        for (int vector : vectors) {
            assertThat(rig.bus.deliver(apic, ApicRequest.fixed(vector))).isEqualTo(1);
        }
    }

    private void take(int vector) {
        assertThat(apic.pendingVector()).isEqualTo(vector);
        apic.acknowledge(vector);
    }

    @Test
    void nothingIsPendingInAQuietApic() {
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(apic.highestRequested()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(apic.highestInService()).isEqualTo(LocalApic.NO_VECTOR);
    }

    @Test
    void theHighestVectorGoesFirst() {
        request(0x31, 0xEF, 0x80, 0x7F, 0x10, 0xFF, 0x40, 0x3F);
        assertThat(ApicRig.drain(apic)).containsExactly(0xFF, 0xEF, 0x80, 0x7F, 0x40, 0x3F, 0x31, 0x10);
    }

    // SDM vol. 3A, 12.8.3.1: deliver only if the class is above that of PPR.
    @Test
    void aVectorOfTheClassInServiceWaits() {
        request(0x41);
        take(0x41);
        request(0x4F);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        request(0x50);
        assertThat(apic.pendingVector()).isEqualTo(0x50);
    }

    @Test
    void taskPriorityHoldsItsOwnClassBack() {
        request(0x4F);
        apic.setTaskPriority(0x40);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        apic.setTaskPriority(0x3F);
        assertThat(apic.pendingVector()).isEqualTo(0x4F);
    }

    @Test
    void taskPriority15HoldsEveryVectorBack() {
        request(0xFF);
        apic.setTaskPriority(0xF0);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(apic.highestRequested()).isEqualTo(0xFF);
    }

    // SDM vol. 3A, 12.8.3.1: PPR is TPR if its class is not below that of ISRV, else the class of ISRV.
    @Test
    void processorPriorityIsTheGreaterOfTaskAndService() {
        apic.setTaskPriority(0x35);
        assertThat(apic.processorPriority()).isEqualTo(0x35);
        request(0x4A);
        take(0x4A);
        assertThat(apic.processorPriority()).isEqualTo(0x40);
        apic.setTaskPriority(0x47);
        assertThat(apic.processorPriority()).isEqualTo(0x47);
        apic.setTaskPriority(0);
        apic.eoi();
        assertThat(apic.processorPriority()).isZero();
    }

    // The anchors disagree: OpenVMM loses TPR's low nibble.
    @Test
    void taskPriorityKeepsItsLowNibble() {
        apic.writeRegister(ApicRegister.TASK_PRIORITY, 0xFFFF_FF2D);
        assertThat(apic.readRegister(ApicRegister.TASK_PRIORITY)).isEqualTo(0x2D);
        assertThat(apic.readRegister(ApicRegister.PROCESSOR_PRIORITY)).isEqualTo(0x2D);
    }

    // SDM vol. 3A, 12.8.4: one request waits while another of the same vector is served.
    @Test
    void aVectorInServiceCanBeRequestedOnceMore() {
        request(0x41);
        take(0x41);
        request(0x41, 0x41);
        assertThat(apic.irr().contains(0x41)).isTrue();
        assertThat(apic.isr().contains(0x41)).isTrue();
        apic.eoi();
        take(0x41);
        apic.eoi();
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
    }

    // A merged request counts as accepted, and the listener hears that it was merged.
    @Test
    void aRequestForARequestedVectorMerges() {
        request(0x41, 0x41);
        apic.pendingVector();
        request(0x41);
        assertThat(rig.arrived).containsExactly("0<-41", "0<-41 coalesced", "0<-41 coalesced");
        assertThat(ApicRig.drain(apic)).containsExactly(0x41);
    }

    @Test
    void nestedInterruptsEndFromTheTop() {
        request(0x31);
        take(0x31);
        request(0x51);
        take(0x51);
        request(0x91);
        take(0x91);
        assertThat(apic.highestInService()).isEqualTo(0x91);
        assertThat(apic.eoi()).isEqualTo(0x91);
        assertThat(apic.eoi()).isEqualTo(0x51);
        assertThat(apic.eoi()).isEqualTo(0x31);
        assertThat(apic.eoi()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(rig.ended).containsExactly("0:145", "0:81", "0:49", "0:-1");
    }

    // SDM vol. 3A, 12.8.5: the value does not matter in xAPIC mode.
    @Test
    void anyWriteOfEoiEndsTheInterrupt() {
        request(0x31);
        take(0x31);
        apic.writeRegister(ApicRegister.EOI, 0xDEAD);
        assertThat(apic.isr().isEmpty()).isTrue();
    }

    // KVM's order, that a listener may raise the same line again: ISR is clear before listeners run.
    @Test
    void eoiListenersRunAfterTheIsrBitIsClear() {
        List<String> heard = new ArrayList<>();
        apic.onEoi((a, vector, level) -> {
            heard.add("first " + vector + " " + a.isr().contains(vector));
            rig.bus.deliver(a, ApicRequest.fixed(vector));
        });
        apic.onEoi((a, vector, level) -> heard.add("second " + vector));
        request(0x31);
        take(0x31);
        apic.eoi();
        assertThat(heard).containsExactly("first 49 false", "second 49");
        take(0x31);
    }

    @Test
    void anEoiWithNothingInServiceReachesNoListener() {
        List<Integer> heard = new ArrayList<>();
        apic.onEoi((a, vector, level) -> heard.add(vector));
        apic.eoi();
        assertThat(heard).isEmpty();
    }

    // SDM vol. 3A, 12.8.4: TMR is written upon acceptance into IRR.
    @Test
    void triggerModeIsThatOfTheLastAcceptedRequest() {
        List<Boolean> levels = new ArrayList<>();
        apic.onEoi((a, vector, level) -> levels.add(level));
        rig.bus.deliver(apic, ApicRequest.level(DeliveryMode.FIXED, 0x61));
        assertThat(apic.tmr().contains(0x61)).isTrue();
        take(0x61);
        assertThat(apic.tmr().contains(0x61)).isTrue();
        apic.eoi();
        assertThat(apic.tmr().contains(0x61)).isTrue();
        rig.bus.deliver(apic, ApicRequest.fixed(0x61));
        assertThat(apic.tmr().contains(0x61)).isFalse();
        take(0x61);
        apic.eoi();
        assertThat(levels).containsExactly(true, false);
    }

    // KVM: a level-triggered fixed request that withdraws is dropped, not accepted.
    @Test
    void aLevelTriggeredRequestThatWithdrawsIsRefused() {
        int withdrawal = ApicRequest.level(DeliveryMode.FIXED, 0x61) & ~(1 << 14);
        assertThat(rig.bus.deliver(apic, withdrawal)).isZero();
        assertThat(apic.irr().isEmpty()).isTrue();
        // An edge has no level.
        assertThat(rig.bus.deliver(apic, 0x61)).isEqualTo(1);
    }

    @Test
    void anAutoEoiVectorNeverEntersIsr() {
        apic.autoEoiVectors().add(0x51);
        request(0x51, 0x52);
        take(0x52);
        apic.eoi();
        take(0x51);
        assertThat(apic.isr().isEmpty()).isTrue();
        assertThat(apic.processorPriority()).isZero();
        request(0x50);
        take(0x50);
    }

    // VirtualBox #855: whether a vector ends itself is decided when it is taken, from one place.
    @Test
    void autoEoiIsDecidedWhenTheVectorIsTaken() {
        request(0x51);
        apic.autoEoiVectors().add(0x51);
        apic.autoEoiVectors().remove(0x51);
        take(0x51);
        assertThat(apic.isr().contains(0x51)).isTrue();
    }

    @Test
    void acknowledgingWhatIsNotRequestedIsABug() {
        assertThatIllegalStateException().isThrownBy(() -> apic.acknowledge(0x51));
        assertThatIllegalStateException().isThrownBy(() -> apic.acknowledge(LocalApic.NO_VECTOR));
    }

    // OpenVMM f32f5a767 and #3839, against Xen 831419f829: two hypervisors fixed opposite halves (SDM vol. 3A,
    // 12.4.7.2).
    @Test
    void aSoftwareDisabledApicKeepsWhatItAcceptedAndRefusesNewVectors() {
        request(0x51);
        request(0x91);
        take(0x91);
        ApicRig.softwareDisable(apic);
        assertThat(rig.bus.deliver(apic, ApicRequest.fixed(0x61))).isZero();
        assertThat(rig.refused).containsExactly("0<-61");
        assertThat(apic.irr().contains(0x51)).isTrue();
        assertThat(apic.isr().contains(0x91)).isTrue();
        apic.eoi();
        take(0x51);
        ApicRig.enable(apic);
        assertThat(apic.isr().contains(0x51)).isTrue();
        request(0x61);
        assertThat(apic.pendingVector()).isEqualTo(0x61);
    }

    @Test
    void aRequestInTheMailboxSurvivesATransientDisable() {
        request(0x51);
        ApicRig.softwareDisable(apic);
        ApicRig.enable(apic);
        assertThat(apic.pendingVector()).isEqualTo(0x51);
    }

    @Test
    void aVectorAcceptedBeforeTheDisableArrivesAfterIt() {
        List<Runnable> wire = new ArrayList<>();
        ApicBus bus = new ApicBus((target, request) -> wire.add(() -> target.arrive(request)), ApicListener.NONE);
        LocalApic slow = new LocalApic(0, true, bus, new ManualClock(), ApicListener.NONE);
        ApicRig.enable(slow);
        assertThat(bus.deliver(slow, ApicRequest.fixed(0x51))).isEqualTo(1);
        ApicRig.softwareDisable(slow);
        assertThat(slow.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        wire.getFirst().run();
        assertThat(slow.pendingVector()).isEqualTo(0x51);
    }

    @Test
    void irrIsrAndTmrReadAsEightWords() {
        rig.bus.deliver(apic, ApicRequest.level(DeliveryMode.FIXED, 0xFF));
        request(0x20, 0x3F, 0x40);
        assertThat(apic.readRegister(ApicRegister.INTERRUPT_REQUEST + 0x10)).isEqualTo(0x8000_0001);
        assertThat(apic.readRegister(ApicRegister.INTERRUPT_REQUEST + 0x20)).isEqualTo(1);
        assertThat(apic.readRegister(ApicRegister.INTERRUPT_REQUEST + 0x70)).isEqualTo(0x8000_0000);
        assertThat(apic.readRegister(ApicRegister.TRIGGER_MODE + 0x70)).isEqualTo(0x8000_0000);
        take(0xFF);
        assertThat(apic.readRegister(ApicRegister.IN_SERVICE + 0x70)).isEqualTo(0x8000_0000);
    }

    @Test
    void aBitmapKnowsItsVectorsAndPrintsThem() {
        VectorBitmap set = new VectorBitmap();
        assertThat(set.highest()).isEqualTo(-1);
        for (int vector = 0; vector < 256; vector++) {
            set.add(vector);
            assertThat(set.highest()).isEqualTo(vector);
        }
        assertThat(set.size()).isEqualTo(256);
        set.clear();
        set.add(48);
        set.add(236);
        assertThat(set).hasToString("{48, 236}");
    }

    /**
     * SDM vol. 3A, 12.9: TPR rises between INTR and its acknowledgement; the spurious vector comes, with no bit in ISR. QEMU and Bochs
     * have it, KVM cannot get there.
     */
    @Test
    void anAnswerThatComesTooLateGetsTheSpuriousVector() {
        LocalApic apic = ApicRig.xapic(1).apics[0];
        apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1EF);
        apic.arrive(ApicRequest.fixed(0x41));
        assertThat(apic.pendingVector()).isEqualTo(0x41);
        apic.setTaskPriority(0x40);

        assertThat(apic.acknowledgeOrSpurious()).isEqualTo(0xEF);
        assertThat(apic.isr().isEmpty()).isTrue();
        assertThat(apic.irr().contains(0x41)).as("it waits on").isTrue();
        assertThat(apic.eoi()).as("needs no EOI").isEqualTo(LocalApic.NO_VECTOR);

        apic.setTaskPriority(0);
        assertThat(apic.acknowledgeOrSpurious()).isEqualTo(0x41);
        assertThat(apic.highestInService()).isEqualTo(0x41);
    }
}
