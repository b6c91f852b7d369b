// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.hyperv.EventFlags;
import dev.synapic.interrupts.hyperv.MessageSlot;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcMessage;
import dev.synapic.interrupts.hyperv.SyntheticTimers;
import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvSint;
import dev.synapic.spec.hyperv.HvStimerConfig;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What SynICs lost, repeated, or fell over. */
class SynIcScenariosTest {
    private static final int SINT = 2;
    private static final int VECTOR = 0x51;
    private static final long SEED = Long.getLong("synapic.seed", 17);

    private final Board board = new Board(0);
    private final SynIc synIc = board.startSynIc();
    private final SyntheticTimers timers = board.timers.getFirst();

    @AfterEach
    void close() {
        board.close();
    }

    private void endOfMessage() {
        synIc.write(HvMsr.HV_X64_MSR_EOM, 0);
    }

    private void timer(int timer, long count, long config) {
        timers.write(HvMsr.HV_X64_MSR_STIMER0_COUNT + 2 * timer, count);
        timers.write(HvMsr.HV_X64_MSR_STIMER0_CONFIG + 2 * timer, config | (long) SINT << HvStimerConfig.SINT_SHIFT);
    }

    private boolean enabled(int timer) {
        return (timers.read(HvMsr.HV_X64_MSR_STIMER0_CONFIG + 2 * timer) & HvStimerConfig.ENABLED) != 0;
    }

    /**
     * VirtualBox #855: auto-EOI was kept in a second bitmap beside the requests, so that the target consumed a vector with the
     * flag of another moment, and a stale bit hit the next interrupt. Here the flag is read when the vector is taken.
     */
    @Test
    void autoEoiTwoBitmaps() {
        synIc.write(Board.sintMsr(SINT), HvSint.AUTO_EOI | VECTOR);
        synIc.raise(SINT);
        synIc.write(Board.sintMsr(SINT), VECTOR);

        assertThat(board.take(0)).isEqualTo(VECTOR);
        assertThat(synIc.apic().isr().contains(VECTOR))
                .as("taken after the flag was gone")
                .isTrue();
        board.eoi(0);
        synIc.raise(SINT);
        synIc.write(Board.sintMsr(SINT), HvSint.AUTO_EOI | VECTOR);
        assertThat(board.take(0)).isEqualTo(VECTOR);
        assertThat(synIc.apic().isr().isEmpty())
                .as("taken after the flag was set")
                .isTrue();

        synIc.write(Board.sintMsr(SINT), HvSint.AUTO_EOI | 0x60);
        board.bus.sendMsi(0xFEE0_0000L, VECTOR);
        assertThat(board.take(0)).isEqualTo(VECTOR);
        assertThat(synIc.apic().isr().contains(VECTOR))
                .as("nothing of it stays on the old vector")
                .isTrue();
    }

    /**
     * The heart of KVM's SynIC patch: a message that finds its slot taken waits, says so in the slot, and is delivered when the
     * guest hands the slot back by EOM or by the APIC's EOI, once. OpenVMM #4029 asked whether a timer's is ever retried.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void slotBusyEomRetry(boolean byEoi) {
        synIc.write(Board.sintMsr(SINT), VECTOR);
        assertThat(synIc.postMessage(SINT, new SynIcMessage(HvMessage.TYPE_CHANNEL, 1, new byte[8])))
                .isEqualTo(MessageSlot.Post.POSTED);
        assertThat(board.take(0)).isEqualTo(VECTOR);
        timer(0, 2_000, HvStimerConfig.ENABLED);
        board.pass(3_000);
        assertThat(board.messagePending(SINT))
                .as("the slot says that somebody waits")
                .isTrue();
        assertThat(enabled(0)).as("the one-shot's message is owed").isTrue();
        endOfMessage();
        assertThat(enabled(0)).as("the slot was not empty").isTrue();

        assertThat(board.takeMessage(SINT)).isEqualTo(HvMessage.TYPE_CHANNEL);
        if (byEoi) {
            board.eoi(0);
        } else {
            endOfMessage();
            board.eoi(0);
        }

        assertThat(board.take(0)).isEqualTo(VECTOR);
        assertThat(board.takeMessage(SINT)).isEqualTo(HvMessage.TYPE_TIMER_EXPIRED);
        assertThat(enabled(0)).isFalse();
        endOfMessage();
        assertThat(board.takeMessage(SINT)).as("once").isEqualTo(HvMessage.TYPE_NONE);
    }

    /** The same for a periodic timer, lazy or not: one message however many periods the slot was taken, and the phase is kept. */
    @ParameterizedTest
    @ValueSource(longs = {0, HvStimerConfig.LAZY})
    void slotBusyEomRetryOfAPeriodicTimer(long lazy) {
        synIc.write(Board.sintMsr(SINT), VECTOR);
        synIc.postMessage(SINT, new SynIcMessage(HvMessage.TYPE_CHANNEL, 1, new byte[8]));
        board.take(0);
        timer(0, 300, HvStimerConfig.ENABLED | HvStimerConfig.PERIODIC | lazy);
        board.pass(1_000);
        assertThat(board.takeMessage(SINT)).isEqualTo(HvMessage.TYPE_CHANNEL);

        endOfMessage();
        board.eoi(0);

        assertThat(board.takeMessage(SINT)).isEqualTo(HvMessage.TYPE_TIMER_EXPIRED);
        endOfMessage();
        assertThat(board.takeMessage(SINT)).as("three periods, one message").isEqualTo(HvMessage.TYPE_NONE);
        assertThat(timers.nextDeadlineNanos()).as("1200 in units of 100 ns").isEqualTo(120_000);
    }

    /** A timer in direct mode needs no slot: it fires while the slot is taken. */
    @Test
    void slotBusyDoesNotConcernADirectTimer() {
        synIc.write(Board.sintMsr(SINT), VECTOR);
        synIc.postMessage(SINT, new SynIcMessage(HvMessage.TYPE_CHANNEL, 1, new byte[8]));
        board.take(0);
        timers.write(HvMsr.HV_X64_MSR_STIMER0_COUNT, 2_000);
        long direct = HvStimerConfig.DIRECT | 0xF3L << HvStimerConfig.VECTOR_SHIFT;
        timers.write(HvMsr.HV_X64_MSR_STIMER0_CONFIG, HvStimerConfig.ENABLED | direct);

        board.pass(3_000);

        assertThat(board.take(0)).isEqualTo(0xF3);
        assertThat(board.messagePending(SINT)).isFalse();
    }

    /**
     * OpenVMM #3686 (d2914b12e): a flag index of 2048 or a SINT out of range, chosen by the guest, stopped the hypervisor. Here
     * every number is answered, and what is out of range changes no bit of the page.
     */
    @Test
    void flagIndexFuzz() {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            synIc.write(Board.sintMsr(sint), VECTOR);
        }
        Random random = new Random(SEED);
        int[] corners = {Integer.MIN_VALUE, -2048, -1, 0, 15, 16, 2047, 2048, 32767, 65536, Integer.MAX_VALUE};
        int expected = 0;
        for (int i = 0; i < 20_000; i++) {
            int sint = corner(random, corners, HvSint.COUNT);
            int flag = corner(random, corners, 2048);
            boolean inRange = sint >= 0 && sint < HvSint.COUNT && flag >= 0 && flag < 2048;

            EventFlags.Signal answer = synIc.signalEvent(sint, flag);

            expected += answer == EventFlags.Signal.NEWLY_SET ? 1 : 0;
            assertThat(answer == EventFlags.Signal.OUT_OF_RANGE)
                    .as("sint %d, flag %d, seed %d, step %d", sint, flag, SEED, i)
                    .isEqualTo(!inRange);
        }
        assertThat(board.flagsSet()).as("seed %d", SEED).isEqualTo(expected).isPositive();
        assertThat(board.memory.getLong(Board.siefp() - 8)).isZero();
        assertThat(board.memory.getLong(Board.siefp() + 4096)).isZero();
    }

    private static int corner(Random random, int[] corners, int limit) {
        return switch (random.nextInt(4)) {
            case 0 -> corners[random.nextInt(corners.length)];
            case 1 -> random.nextInt();
            default -> random.nextInt(limit);
        };
    }

    /**
     * CVE-2025-58142, Xen XSA-472: a timer's message for a page that the guest has switched off, or that is no RAM, went through
     * a null pointer. The message is held, nothing is written, and it comes once the page is there.
     */
    @ParameterizedTest
    @ValueSource(longs = {0, 0x10_0001, 0xFFFF_F001L})
    void simUnmappedTimer(long simp) {
        board.close();
        try (Board unmapped = new Board(0)) {
            SynIc unpaged = unmapped.synIcs.getFirst();
            unpaged.activate(SynIc.Activation.SYNIC2);
            unpaged.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
            unpaged.write(Board.sintMsr(SINT), VECTOR);
            unpaged.write(HvMsr.HV_X64_MSR_SIMP, simp);
            SyntheticTimers own = unmapped.timers.getFirst();
            own.write(HvMsr.HV_X64_MSR_STIMER0_COUNT, 2_000);
            own.write(
                    HvMsr.HV_X64_MSR_STIMER0_CONFIG, HvStimerConfig.ENABLED | (long) SINT << HvStimerConfig.SINT_SHIFT);

            unmapped.pass(3_000);
            assertThat(unmapped.take(0)).isEqualTo(Board.NONE);
            unpaged.write(HvMsr.HV_X64_MSR_SIMP, Board.simp() | 1);

            assertThat(unmapped.takeMessage(SINT)).isEqualTo(HvMessage.TYPE_TIMER_EXPIRED);
            assertThat(unmapped.take(0)).isEqualTo(VECTOR);
        }
    }
}
