// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.LocalApic;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Interrupt bugs that others have paid for, each as the story of its guest. */
class InterruptScenariosTest {
    private static final int PIN = 10;
    private static final int OTHER = 11;
    private static final int VECTOR = 0x3A;

    private final PcRig pc = new PcRig(2, IrqChipListener.NONE);

    /**
     * resampler-on-edge (CVE-2020-27152): a resampling irqfd on an edge pin, whose device asserts again within the
     * notification. KVM guessed the EOI of an edge when the next one came, and so went round without end.
     */
    @Test
    void resamplerOnEdgeTerminates() {
        pc.entry(PIN, VECTOR);
        EventFd trigger = new EventFd();
        EventFd resample = new EventFd();
        pc.chip.irqfdAssign(trigger, PIN, resample);
        resample.listen(() -> {
            resample.read();
            trigger.signal();
        });

        trigger.signal();
        for (int i = 0; i < 100; i++) {
            assertThat(pc.take(0)).as("one interrupt per EOI").isEqualTo(VECTOR);
            assertThat(pc.rig.apics[0].irr().contains(VECTOR)).isFalse();
            pc.eoi(0);
        }

        assertThat(pc.chip.hasDeferredAcks()).isFalse();
    }

    /** The same where the route acknowledges at once: cut off, reported, and not lost. */
    @Test
    void resamplerOnALineThatAcknowledgesAtOnceIsCutOff() {
        List<Integer> storms = new ArrayList<>();
        PcRig watched = new PcRig(1, new IrqChipListener() {
            @Override
            public void ackStorm(int gsi) {
                storms.add(gsi);
            }
        });
        watched.entry(PIN, VECTOR);
        int[] raised = new int[1];
        InterruptLine line = watched.chip.line(PIN);
        line.listen(() -> {
            raised[0]++;
            line.pulse();
            // A chip that takes the edge's end for granted.
            watched.chip.acknowledge(PIN);
        });

        watched.chip.acknowledge(PIN);

        assertThat(raised[0]).isBetween(2, 200);
        assertThat(storms).containsExactly(PIN);
        assertThat(watched.chip.hasDeferredAcks()).isTrue();
    }

    /**
     * eoi-window-level (cloud-hypervisor 5260): the line rises between the guest's EOI and the moment in which the chip has
     * cleared remote-IRR. Whoever looks at the line first and clears afterwards loses the interrupt.
     */
    @Test
    void eoiWindowLevelIsInjectedAgain() {
        pc.entry(PIN, VECTOR | PcRig.LEVEL);
        InterruptLine line = pc.chip.line(PIN);
        line.raise();
        pc.take(0);
        line.lower();
        line.listen(line::raise);

        pc.eoi(0);

        assertThat(pc.take(0)).isEqualTo(VECTOR);
        assertThat(pc.remoteIrr(PIN)).isTrue();
    }

    /** The same through a resampling irqfd, whose line falls before the device is asked. */
    @Test
    void eoiWindowLevelIsInjectedAgainThroughAResampler() {
        pc.entry(PIN, VECTOR | PcRig.LEVEL);
        EventFd trigger = new EventFd();
        EventFd resample = new EventFd();
        pc.chip.irqfdAssign(trigger, PIN, resample);
        boolean[] busy = {true};
        resample.listen(() -> {
            resample.read();
            if (busy[0]) {
                trigger.signal();
            }
        });
        trigger.signal();
        for (int i = 0; i < 5; i++) {
            assertThat(pc.take(0)).isEqualTo(VECTOR);
            pc.eoi(0);
        }
        pc.take(0);
        busy[0] = false;

        pc.eoi(0);

        assertThat(pc.take(0)).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(pc.chips.ioApic().asserted(PIN)).isFalse();
    }

    /**
     * shared-vector remote-IRR (libkrun 692): two level pins on one vector. All remote-IRRs are cleared before any pin is
     * sent again; cleared one by one, the second would end what the first has just sent.
     */
    @Test
    void sharedVectorClearsAllRemoteIrrsBeforeItSendsAgain() {
        pc.entry(PIN, VECTOR | PcRig.LEVEL);
        pc.entry(OTHER, VECTOR | PcRig.LEVEL);
        InterruptLine first = pc.chip.line(PIN);
        InterruptLine second = pc.chip.line(OTHER);
        first.raise();
        second.raise();
        pc.take(0);

        pc.eoi(0);
        assertThat(pc.remoteIrr(PIN)).isTrue();
        assertThat(pc.remoteIrr(OTHER)).isTrue();
        assertThat(pc.take(0)).isEqualTo(VECTOR);
        first.lower();
        pc.eoi(0);
        assertThat(pc.remoteIrr(PIN)).isFalse();
        assertThat(pc.take(0)).as("the second still asks").isEqualTo(VECTOR);
        second.lower();
        pc.eoi(0);

        assertThat(pc.remoteIrr(OTHER)).isFalse();
        assertThat(pc.take(0)).isEqualTo(LocalApic.NO_VECTOR);
    }

    /**
     * ACRN 1269: the same vector on two processors. The broadcast names the vector only, so one processor's EOI clears the
     * other pin as well, as on hardware; what must not happen is that its interrupt is lost.
     */
    @Test
    void sharedVectorOnTwoProcessorsLosesNothing() {
        pc.entry(PIN, VECTOR | PcRig.LEVEL, 0);
        pc.entry(OTHER, VECTOR | PcRig.LEVEL, 1);
        InterruptLine first = pc.chip.line(PIN);
        InterruptLine second = pc.chip.line(OTHER);
        first.raise();
        second.raise();
        pc.take(0);
        pc.take(1);
        first.lower();

        pc.eoi(0);
        assertThat(pc.remoteIrr(OTHER)).as("sent again at once").isTrue();
        second.lower();
        pc.eoi(1);

        assertThat(pc.take(1)).as("the price: one too many").isEqualTo(VECTOR);
        pc.eoi(1);
        assertThat(pc.remoteIrr(PIN)).isFalse();
        assertThat(pc.remoteIrr(OTHER)).isFalse();
        assertThat(pc.take(1)).isEqualTo(LocalApic.NO_VECTOR);
    }

    /** Linux IRQF_ONESHOT with a resampler: unmasking asks the device and injects nothing that is over. */
    @Test
    void staleLevelIsNotInjectedAtUnmaskingIfAResamplerCanAsk() {
        pc.entry(PIN, VECTOR | PcRig.LEVEL | PcRig.MASKED);
        EventFd trigger = new EventFd();
        EventFd resample = new EventFd();
        pc.chip.irqfdAssign(trigger, PIN, resample);
        trigger.signal();

        pc.entry(PIN, VECTOR | PcRig.LEVEL);

        assertThat(resample.peek()).isEqualTo(1);
        assertThat(pc.take(0)).isEqualTo(LocalApic.NO_VECTOR);
        trigger.signal();
        assertThat(pc.take(0)).isEqualTo(VECTOR);
    }

    @Test
    void latchedLevelIsInjectedAtUnmaskingWhereNobodyCanAsk() {
        pc.entry(PIN, VECTOR | PcRig.LEVEL | PcRig.MASKED);
        pc.chip.irqLine(PIN, true, 0);

        pc.entry(PIN, VECTOR | PcRig.LEVEL);

        assertThat(pc.take(0)).isEqualTo(VECTOR);
    }
}
