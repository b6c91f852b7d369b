// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SCONTROL;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SIEFP;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SIMP;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SINT0;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.hyperv.HvSint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Producers within the fabric. TLFS, "SynIC Messages", "SynIC Event Flags". */
class SynIcProducersTest {
    private static final int SINT2 = HV_X64_MSR_SINT0 + 2;
    private static final int VECTOR = 0x51;

    private final RecordedSynIcEvents events = new RecordedSynIcEvents();
    private final VirtualProcessors vps = new VirtualProcessors(2, events);
    private final SynIc synIc = vps.synIc(0);
    private final LocalApic apic = vps.apic(0);

    private void run() {
        vps.running(SynIc.Activation.SYNIC2);
        events.pages.clear();
    }

    /** TLFS, "SynIC Messages": if the SINT is masked the interrupt is lost; the message was delivered. */
    @Test
    void messageToAMaskedSintIsWrittenAndItsInterruptIsLost() {
        run();

        assertThat(synIc.postMessage(2, new SynIcMessage(1, 0, new byte[0]))).isEqualTo(MessageSlot.Post.POSTED);
        synIc.write(SINT2, VECTOR);

        assertThat(apic.pendingVector()).isEqualTo(-1);
        assertThat(events.produced).containsExactly("message 2 POSTED");
    }

    /** O 6babb9c57: SCONTROL and SIMP were not looked at before the message was written. */
    @ParameterizedTest
    @CsvSource({"0, 0", "0, 1", "1, 0"})
    void nothingIsWrittenWhereSynicOrPagesAreDisabled(long scontrol, long enabled) {
        run();
        synIc.write(SINT2, VECTOR);
        synIc.write(HV_X64_MSR_SCONTROL, scontrol);
        synIc.write(HV_X64_MSR_SIMP, VirtualProcessors.SIMP_PAGE | enabled);
        synIc.write(HV_X64_MSR_SIEFP, VirtualProcessors.SIEFP_PAGE | enabled);

        assertThat(synIc.postMessage(2, new SynIcMessage(1, 0, new byte[4]))).isEqualTo(MessageSlot.Post.DISABLED);
        assertThat(synIc.signalEvent(2, 0)).isEqualTo(EventFlags.Signal.DISABLED);
        assertThat(vps.memory.getInt(VirtualProcessors.SIMP_PAGE + 2 * 256)).isZero();
        assertThat(vps.memory.getInt(VirtualProcessors.SIEFP_PAGE + 2 * 256)).isZero();
        assertThat(apic.pendingVector()).isEqualTo(-1);
    }

    /** TLFS, polling: flags are set as messages are written, and nothing is raised. */
    @Test
    void flagOfAPolledSintIsFoundByLooking() {
        run();
        synIc.write(SINT2, HvSint.POLLING | VECTOR);

        assertThat(synIc.signalEvent(2, 5)).isEqualTo(EventFlags.Signal.NEWLY_SET);
        assertThat(vps.memory.getInt(VirtualProcessors.SIEFP_PAGE + 2 * 256)).isEqualTo(1 << 5);
        assertThat(apic.pendingVector()).isEqualTo(-1);
    }

    /** TLFS, SINTx: bits 63:19 are RsvdP. There is no paravisor to proxy for; K and X store them too. */
    @ParameterizedTest
    @ValueSource(longs = {HvSint.PROXY, HvSint.AS_INTERCEPT})
    void proxyAndInterceptBitsAreStoredAndChangeNothing(long bit) {
        run();
        synIc.write(SINT2, bit | VECTOR);

        assertThat(synIc.read(SINT2)).isEqualTo(bit | VECTOR);
        assertThat(synIc.raise(2)).isEqualTo(1);
        assertThat(apic.pendingVector()).isEqualTo(VECTOR);
    }

    @Test
    void eventRaisesOnlyWhenItsFlagWasClear() {
        run();
        synIc.write(SINT2, VECTOR);

        assertThat(synIc.signalEvent(2, 100)).isEqualTo(EventFlags.Signal.NEWLY_SET);
        assertThat(vps.take(0)).isEqualTo(VECTOR);
        apic.eoi();
        assertThat(synIc.signalEvent(2, 100)).isEqualTo(EventFlags.Signal.ALREADY_SET);

        assertThat(vps.take(0)).isEqualTo(-1);
    }

    /** Dropped, not half-done: with the flag set but no interrupt, every later signal would be old news. */
    @Test
    void eventToAMaskedSintIsDroppedAndNewsAfterUnmasking() {
        run();

        assertThat(synIc.signalEvent(2, 5)).isEqualTo(EventFlags.Signal.MASKED);
        synIc.write(SINT2, VECTOR);
        assertThat(synIc.signalEvent(2, 5)).isEqualTo(EventFlags.Signal.NEWLY_SET);

        assertThat(apic.pendingVector()).isEqualTo(VECTOR);
    }
}
