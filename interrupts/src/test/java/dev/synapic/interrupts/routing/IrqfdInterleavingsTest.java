// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

/**
 * What another thread may do just before a resampled line changes, done there by the same thread. Found by the jcstress
 * tests IrqChipStress.DeassignAgainstSignal, HangUpAgainstSignal and DeassignAgainstNeighbour.
 */
class IrqfdInterleavingsTest {
    private static final int GSI = 5;

    /** Happen one by one, each before the next change of the line. */
    private final Queue<Runnable> meanwhile = new ArrayDeque<>();

    private boolean level;
    private final IrqChip chip =
            new IrqChip(IrqChip.Mode.FULL, (address, data) -> 0, SintPort.ABSENT, new OnePin(), IrqChipListener.NONE);
    private final EventFd trigger = new EventFd();
    private final EventFd resample = new EventFd();
    private final EventFd neighbour = new EventFd();
    private final EventFd neighbourResample = new EventFd();

    private final class OnePin implements PinPort {
        @Override
        public boolean hasPin(int pinChip, int pin) {
            return true;
        }

        @Override
        public int setPin(int pinChip, int pin, boolean asserted, int sourceId) {
            Runnable act = meanwhile.poll();
            if (act != null) {
                act.run();
            }
            level = asserted;
            return 1;
        }
    }

    IrqfdInterleavingsTest() {
        chip.setGsiRouting(List.of(new GsiRoute.IrqChipPin(GSI, 2, GSI)));
        chip.irqfdAssign(trigger, GSI, resample);
    }

    private void neighbourComesAndAsserts() {
        chip.irqfdAssign(neighbour, GSI, neighbourResample);
        neighbour.signal();
    }

    // KVM API, KVM_IRQFD_FLAG_DEASSIGN; Linux, irqfd_resampler_shutdown: the line is low when the last resampler is
    // gone.
    @Test
    void lineOfAnIrqfdThatIsDetachedWhileItIsSignalledEndsLow() {
        meanwhile.add(() -> chip.irqfdDeassign(trigger, GSI));

        trigger.signal();

        assertThat(level).isFalse();
    }

    @Test
    void lineOfAnEventfdThatIsClosedWhileItIsSignalledEndsLow() {
        meanwhile.add(trigger::close);

        trigger.signal();

        assertThat(level).isFalse();
    }

    /** The line is shared: who asserts it while the last one's assertion is taken back must hear that it fell. */
    @Test
    void neighbourThatComesWhileTheLastOneLeavesIsNotForgotten() {
        trigger.signal();
        meanwhile.add(this::neighbourComesAndAsserts);

        chip.irqfdDeassign(trigger, GSI);

        assertThat(level || neighbourResample.peek() != 0).isTrue();
    }

    @Test
    void neighbourThatTakesOverDuringAnAcknowledgementIsNotForgotten() {
        trigger.signal();
        meanwhile.add(() -> {
            chip.irqfdDeassign(trigger, GSI);
            neighbourComesAndAsserts();
        });

        chip.acknowledge(GSI);

        assertThat(level || neighbourResample.peek() != 0).isTrue();
    }

    @Test
    void nobodyIsToldOfALineThatNobodyHolds() {
        trigger.signal();

        chip.irqfdDeassign(trigger, GSI);

        assertThat(level).isFalse();
        assertThat(resample.peek()).isZero();
        assertThat(chip.hasAckNotifier(GSI)).isFalse();
    }
}
