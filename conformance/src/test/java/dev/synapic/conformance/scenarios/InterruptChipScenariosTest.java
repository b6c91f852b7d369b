// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.InterruptLine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What I/O APICs and their resamplers lost or repeated for ever. */
class InterruptChipScenariosTest {
    private static final int PIN = 10;
    private static final int OTHER = 11;
    private static final int VECTOR = 0x3A;

    private final Board board = new Board(0, 1);

    @AfterEach
    void close() {
        board.close();
    }

    /**
     * CVE-2020-27152: KVM on an edge-triggered pin with a resampling irqfd, whose device asks again from within the
     * notification, went round without end in the kernel. Here each EOI makes one interrupt and comes back.
     */
    @Test
    void resamplerOnEdgeTerminates() {
        board.redirect(PIN, VECTOR, 0);
        EventFd trigger = new EventFd();
        EventFd resample = new EventFd();
        board.chip.irqfdAssign(trigger, PIN, resample);
        resample.listen(() -> {
            resample.read();
            trigger.signal();
        });

        trigger.signal();
        for (int i = 0; i < 1_000; i++) {
            assertThat(board.take(0)).as("one interrupt").isEqualTo(VECTOR);
            assertThat(board.take(0)).as("and no more before its EOI").isEqualTo(Board.NONE);
            board.eoi(0);
        }
        assertThat(board.chip.hasDeferredAcks()).isFalse();
    }

    /**
     * cloud-hypervisor #5260 ("no reproduce available, found from code review"): a level that rises between the guest's EOI and
     * the moment in which the chip is done with it. Who looks at the line first and clears remote-IRR afterwards loses it.
     */
    @Test
    void eoiWindowLevel() {
        board.redirect(PIN, VECTOR | Board.LEVEL, 0);
        InterruptLine line = board.chip.line(PIN);
        line.raise();
        assertThat(board.take(0)).isEqualTo(VECTOR);
        line.lower();
        // The device is notified within the window and raises its line there.
        line.listen(line::raise);

        board.eoi(0);

        assertThat(board.take(0)).isEqualTo(VECTOR);
        assertThat(board.remoteIrr(PIN)).isTrue();
    }

    /**
     * libkrun #692: two level pins share a vector. All remote-IRRs of the vector are cleared before any pin is served again;
     * cleared one by one, the second would end what the first has just sent, and its pin would be stuck.
     */
    @Test
    void eoiWindowLevelWithASharedVector() {
        board.redirect(PIN, VECTOR | Board.LEVEL, 0);
        board.redirect(OTHER, VECTOR | Board.LEVEL, 0);
        InterruptLine first = board.chip.line(PIN);
        InterruptLine second = board.chip.line(OTHER);
        first.raise();
        second.raise();
        assertThat(board.take(0)).isEqualTo(VECTOR);

        board.eoi(0);
        assertThat(board.remoteIrr(PIN)).as("both ask again").isTrue();
        assertThat(board.remoteIrr(OTHER)).isTrue();
        assertThat(board.take(0)).isEqualTo(VECTOR);
        first.lower();
        board.eoi(0);
        assertThat(board.remoteIrr(PIN)).isFalse();
        assertThat(board.take(0)).as("the second still asks").isEqualTo(VECTOR);
        second.lower();
        board.eoi(0);
        assertThat(board.take(0)).isEqualTo(Board.NONE);
        first.raise();
        assertThat(board.take(0)).as("no pin is stuck").isEqualTo(VECTOR);
    }

    /**
     * ACRN #1269: the same vector on two processors for two pins. The EOI broadcast names a vector only, so one processor's EOI
     * ends the other's pin too, as on hardware; its interrupt must come again and not be lost.
     */
    @Test
    void eoiWindowLevelWithASharedVectorOnTwoProcessors() {
        board.redirect(PIN, VECTOR | Board.LEVEL, 0);
        board.redirect(OTHER, VECTOR | Board.LEVEL, 1);
        InterruptLine first = board.chip.line(PIN);
        InterruptLine second = board.chip.line(OTHER);
        first.raise();
        second.raise();
        assertThat(board.take(0)).isEqualTo(VECTOR);
        assertThat(board.take(1)).isEqualTo(VECTOR);
        first.lower();

        board.eoi(0);

        assertThat(board.remoteIrr(PIN)).isFalse();
        assertThat(board.remoteIrr(OTHER)).as("its line is high: sent again").isTrue();
        board.eoi(1);
        assertThat(board.take(1)).isEqualTo(VECTOR);
    }
}
