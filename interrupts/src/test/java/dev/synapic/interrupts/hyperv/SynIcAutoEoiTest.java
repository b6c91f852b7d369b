// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_EOM;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SINT0;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.hyperv.HvSint;
import org.junit.jupiter.api.Test;

/** Interrupts that end themselves when they are taken (TLFS, "SINTx Registers": AutoEOI). */
class SynIcAutoEoiTest {
    private static final int SINT2 = HV_X64_MSR_SINT0 + 2;
    private static final int SINT3 = HV_X64_MSR_SINT0 + 3;
    private static final int VECTOR = 0x51;

    private final RecordedSynIcEvents events = new RecordedSynIcEvents();
    private final VirtualProcessors vps = new VirtualProcessors(2, events);
    private final SynIc synIc = vps.synIc(0);
    private final LocalApic apic = vps.apic(0);

    private void run() {
        vps.running(SynIc.Activation.SYNIC2);
        events.pages.clear();
    }

    @Test
    void autoEoiInterruptEndsWhenItIsTaken() {
        run();
        synIc.write(SINT2, HvSint.AUTO_EOI | VECTOR);
        synIc.raise(2);

        assertThat(vps.take(0)).isEqualTo(VECTOR);

        assertThat(apic.isr().isEmpty()).isTrue();
        assertThat(apic.processorPriority()).isZero();
        assertThat(events.acks).as("no EOI, no acknowledgement").isEmpty();
    }

    @Test
    void lowerVectorIsDeliverableRightAfterAnAutoEoiOne() {
        run();
        synIc.write(SINT2, HvSint.AUTO_EOI | VECTOR);
        vps.bus.sendMsi(0xFEE0_0000L, 0x33);
        synIc.raise(2);

        assertThat(vps.take(0)).isEqualTo(VECTOR);
        assertThat(vps.take(0)).isEqualTo(0x33);
    }

    @Test
    void onlyEndOfMessageAcknowledgesAnAutoEoiSint() {
        run();
        synIc.write(SINT2, HvSint.AUTO_EOI | VECTOR);
        synIc.raise(2);
        vps.take(0);
        apic.eoi();

        assertThat(events.acks).isEmpty();
        synIc.write(HV_X64_MSR_EOM, 0);
        assertThat(events.acks).contains("0:2 EOM");
    }

    /** Xen keeps one SINT per vector: re-programming one of two loses the other's auto-EOI. */
    @Test
    void vectorStaysAutoEoiWhileOneOfItsSintsIs() {
        run();
        synIc.write(SINT2, HvSint.AUTO_EOI | VECTOR);
        synIc.write(SINT3, VECTOR);
        assertThat(apic.autoEoiVectors().contains(VECTOR)).isTrue();

        synIc.write(SINT3, HvSint.MASKED);
        assertThat(apic.autoEoiVectors().contains(VECTOR)).isTrue();
        synIc.write(SINT2, VECTOR);

        assertThat(apic.autoEoiVectors().isEmpty()).isTrue();
        assertThat(synIc.isAutoEoi(VECTOR)).isFalse();
    }

    /** VirtualBox #855: a bit that stays in a second copy hits the next interrupt on the vector. */
    @Test
    void movedSintLeavesNoAutoEoiBehind() {
        run();
        synIc.write(SINT2, HvSint.AUTO_EOI | VECTOR);

        synIc.write(SINT2, HvSint.AUTO_EOI | 0x60);

        assertThat(apic.autoEoiVectors().contains(VECTOR)).isFalse();
        assertThat(apic.autoEoiVectors().contains(0x60)).isTrue();
    }

    @Test
    void maskedSintIsNoAutoEoiSource() {
        run();

        synIc.write(SINT2, HvSint.MASKED | HvSint.AUTO_EOI | VECTOR);

        assertThat(apic.autoEoiVectors().isEmpty()).isTrue();
        assertThat(synIc.hasLiveAutoEoi()).isFalse();
    }

    @Test
    void vectorInServiceFromBeforeAutoEoiStillTakesItsEoi() {
        run();
        synIc.write(SINT2, VECTOR);
        synIc.raise(2);
        vps.take(0);

        synIc.write(SINT2, HvSint.AUTO_EOI | VECTOR);

        assertThat(apic.eoi()).isEqualTo(VECTOR);
        assertThat(events.acks).containsExactly("0:2 EOI");
    }
}
