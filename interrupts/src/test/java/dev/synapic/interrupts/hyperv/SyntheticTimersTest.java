// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_EOM;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SCONTROL;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SIMP;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SINT0;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_STIMER0_CONFIG;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_STIMER0_COUNT;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_STIMER3_COUNT;
import static dev.synapic.spec.hyperv.HvStimerConfig.AUTO_ENABLE;
import static dev.synapic.spec.hyperv.HvStimerConfig.DIRECT;
import static dev.synapic.spec.hyperv.HvStimerConfig.ENABLED;
import static dev.synapic.spec.hyperv.HvStimerConfig.LAZY;
import static dev.synapic.spec.hyperv.HvStimerConfig.PERIODIC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.hyperv.HvSint;
import dev.synapic.spec.x86.GeneralProtectionFault;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, "Synthetic Timers". */
class SyntheticTimersTest {
    private static final int SINT = 2;
    private static final int VECTOR = 0x51;
    private static final int DIRECT_VECTOR = 0xF3;
    private static final long TO_SINT = (long) SINT << 16;
    private static final long TO_VECTOR = DIRECT | DIRECT_VECTOR << 4;
    private static final long SLOT = VirtualProcessors.SIMP_PAGE + SINT * 256;
    private static final long NEVER = Long.MAX_VALUE;
    private static final int SVR = 0xF0;

    private final RecordedSynIcEvents events = new RecordedSynIcEvents();
    private final VirtualProcessors vps = new VirtualProcessors(1, events);
    private final SynIc synIc = vps.synIc(0);
    private final ManualReferenceClock clock = new ManualReferenceClock();
    private final SyntheticTimers timers = new SyntheticTimers(synIc, clock);

    private void run() {
        vps.running(SynIc.Activation.SYNIC);
        synIc.write(HV_X64_MSR_SINT0 + SINT, VECTOR);
        clock.now = 1_000;
    }

    private static void generalProtection(ThrowingCallable access) {
        assertThatThrownBy(access).isSameAs(GeneralProtectionFault.generalProtection());
    }

    private void config(int timer, long value) {
        timers.write(HV_X64_MSR_STIMER0_CONFIG + 2 * timer, value);
    }

    private void count(int timer, long value) {
        timers.write(HV_X64_MSR_STIMER0_COUNT + 2 * timer, value);
    }

    private long config(int timer) {
        return timers.read(HV_X64_MSR_STIMER0_CONFIG + 2 * timer);
    }

    private boolean enabled(int timer) {
        return (config(timer) & ENABLED) != 0;
    }

    /** The owner's part: time goes on, and what is due by then happens at its deadline. */
    private void pass(long until) {
        while (timers.nextDeadlineNanos() <= until * 100) {
            clock.now = Math.max(clock.now, timers.nextDeadlineNanos() / 100);
            timers.expire();
        }
        clock.now = until;
    }

    /** The guest empties the slot; returns the message's timer, or -1 where there is none. */
    private int takeMessage() {
        int type = vps.memory.getInt(SLOT);
        if (type == HvMessage.TYPE_NONE) {
            return -1;
        }
        assertThat(type).isEqualTo(HvMessage.TYPE_TIMER_EXPIRED);
        assertThat(vps.memory.getByte(SLOT + 4)).isEqualTo((byte) 24);
        vps.memory.putInt(SLOT, HvMessage.TYPE_NONE);
        return vps.memory.getInt(SLOT + 16);
    }

    private long expirationTime() {
        return vps.memory.getLong(SLOT + 24);
    }

    private long deliveryTime() {
        return vps.memory.getLong(SLOT + 32);
    }

    private boolean pendingFlag() {
        return (vps.memory.getByte(SLOT + 5) & 1) != 0;
    }

    private int take() {
        return vps.take(0);
    }

    // ---- registers
    // ----------------------------------------------------------------------------------------------------------

    @Test
    void registersStartAtZero() {
        run();

        for (int msr = HV_X64_MSR_STIMER0_CONFIG; msr <= HV_X64_MSR_STIMER3_COUNT; msr++) {
            assertThat(timers.read(msr)).isZero();
        }
        assertThat(timers.nextDeadlineNanos()).isEqualTo(NEVER);
    }

    @Test
    void guestFindsNoTimersBeforeItsSynicIsActivated() {
        generalProtection(() -> timers.read(HV_X64_MSR_STIMER0_CONFIG));
        generalProtection(() -> timers.write(HV_X64_MSR_STIMER0_COUNT, 0));
    }

    @Test
    void otherNumbersAreNoTimers() {
        run();

        for (int msr : new int[] {HV_X64_MSR_STIMER0_CONFIG - 1, HV_X64_MSR_STIMER3_COUNT + 1, HV_X64_MSR_SINT0, -1}) {
            generalProtection(() -> timers.read(msr));
            generalProtection(() -> timers.write(msr, 0));
            assertThat(timers.hostWrite(msr, 0)).isFalse();
        }
    }

    @Test
    void reservedBitsAreKept() {
        run();
        long all = ~ENABLED & ~(0xFL << 16) | TO_SINT;

        config(1, all);
        count(2, 0x1234_5678_9ABC_DEF0L);

        assertThat(config(1)).isEqualTo(all);
        assertThat(timers.read(HV_X64_MSR_STIMER0_COUNT + 4)).isEqualTo(0x1234_5678_9ABC_DEF0L);
    }

    /** TLFS: "It is not permitted to set the SINTx field to zero for an enabled timer." */
    @Test
    void timerThatSendsMessagesCannotBeEnabledForSint0() {
        run();
        count(0, 5_000);

        config(0, ENABLED);
        assertThat(config(0)).isZero();
        config(0, ENABLED | TO_SINT);
        config(0, ENABLED | PERIODIC);
        assertThat(config(0)).as("also while it was enabled").isEqualTo(PERIODIC);
        config(0, AUTO_ENABLE);
        count(0, 6_000);
        assertThat(config(0)).as("nor by its count").isEqualTo(AUTO_ENABLE);

        assertThat(timers.nextDeadlineNanos()).isEqualTo(NEVER);
        config(0, ENABLED | TO_VECTOR);
        assertThat(enabled(0)).as("a vector needs no SINT").isTrue();
    }

    @Test
    void autoEnableEnablesWithTheCount() {
        run();
        config(0, AUTO_ENABLE | TO_SINT);
        assertThat(timers.nextDeadlineNanos()).isEqualTo(NEVER);

        count(0, 5_000);

        assertThat(enabled(0)).isTrue();
        assertThat(timers.nextDeadlineNanos()).isEqualTo(500_000);
    }

    @Test
    void countOfZeroDisablesWhateverAutoEnableSays() {
        run();
        config(0, AUTO_ENABLE | TO_SINT);
        count(0, 5_000);

        count(0, 0);

        assertThat(config(0)).isEqualTo(AUTO_ENABLE | TO_SINT);
        assertThat(timers.nextDeadlineNanos()).isEqualTo(NEVER);
    }

    /** XSA-504: no count may reach a division. */
    @ParameterizedTest
    @ValueSource(longs = {0, PERIODIC, AUTO_ENABLE, PERIODIC | AUTO_ENABLE, PERIODIC | LAZY})
    void timerWithoutCountIsEnabledAndStandsStill(long mode) {
        run();

        config(0, ENABLED | TO_SINT | mode);

        assertThat(enabled(0)).isTrue();
        assertThat(timers.nextDeadlineNanos()).isEqualTo(NEVER);
        timers.expire();
        assertThat(takeMessage()).isEqualTo(-1);
        count(0, 3_000);
        assertThat(timers.nextDeadlineNanos()).as("the count starts it").isPositive();
    }

    // ---- one-shot
    // -----------------------------------------------------------------------------------------------------------

    @Test
    void oneShotSendsItsMessageAtItsTime() {
        run();
        count(3, 5_000);
        config(3, ENABLED | TO_SINT);
        assertThat(timers.nextDeadlineNanos()).isEqualTo(500_000);

        clock.now = 5_002;
        clock.ahead = 7;
        timers.expire();

        assertThat(takeMessage()).isEqualTo(3);
        assertThat(expirationTime()).isEqualTo(5_000);
        assertThat(deliveryTime()).as("as the guest is shown the time").isEqualTo(5_009);
        assertThat(vps.memory.getLong(SLOT + 8)).as("no sender").isZero();
        assertThat(take()).isEqualTo(VECTOR);
    }

    @Test
    void oneShotIsDisabledOnceItsSignalIsDelivered() {
        run();
        count(0, 5_000);
        config(0, ENABLED | TO_SINT);

        pass(6_000);

        assertThat(config(0)).isEqualTo(TO_SINT);
        assertThat(timers.read(HV_X64_MSR_STIMER0_COUNT)).isEqualTo(5_000);
        assertThat(timers.nextDeadlineNanos()).isEqualTo(NEVER);
    }

    /** "A timer expiration signal will never be delivered before the expiration time." */
    @Test
    void nothingHappensBeforeTheTime() {
        run();
        count(0, 5_000);
        config(0, ENABLED | TO_SINT);
        clock.now = 4_999;

        timers.expire();

        assertThat(takeMessage()).isEqualTo(-1);
        assertThat(timers.nextDeadlineNanos()).isEqualTo(500_000);
    }

    @Test
    void oneShotInThePastExpiresAtOnce() {
        run();
        count(0, 999);
        config(0, ENABLED | TO_SINT);

        assertThat(takeMessage()).isZero();
        assertThat(enabled(0)).isFalse();
        config(0, ENABLED | TO_SINT);
        assertThat(takeMessage()).as("and again, for the same count").isZero();
    }

    @Test
    void rewritingARegisterTakesBackWhatWasPlanned() {
        run();
        config(0, AUTO_ENABLE | TO_SINT);
        count(0, 5_000);
        count(0, 9_000);
        pass(8_000);
        assertThat(takeMessage()).isEqualTo(-1);

        config(0, 0);
        pass(10_000);

        assertThat(takeMessage()).isEqualTo(-1);
    }

    // ---- periodic
    // -----------------------------------------------------------------------------------------------------------

    /** "The first period begins when the synthetic timer is enabled." */
    @Test
    void periodBeginsWhenTheTimerIsEnabled() {
        run();
        count(0, 300);
        clock.now = 1_100;
        config(0, ENABLED | PERIODIC | TO_SINT);

        for (int n = 1; n <= 5; n++) {
            pass(1_100 + n * 300);
            assertThat(takeMessage()).isZero();
            assertThat(expirationTime()).isEqualTo(1_100 + n * 300);
        }
        assertThat(enabled(0)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, LAZY})
    void missedPeriodsAreSkippedAndThePhaseIsKept(long lazy) {
        run();
        count(0, 300);
        config(0, ENABLED | PERIODIC | lazy | TO_SINT);

        clock.now = 1_000 + 7 * 300 + 120;
        timers.expire();

        assertThat(takeMessage()).isZero();
        assertThat(expirationTime()).as("of the first one").isEqualTo(1_300);
        assertThat(timers.nextDeadlineNanos()).isEqualTo((1_000 + 8 * 300) * 100);
    }

    /** CVE-2025-71104: an age of missed periods is one step, not as many. */
    @Test
    void anAgeOfMissedPeriodsIsOneStep() {
        run();
        count(0, 1);
        config(0, ENABLED | PERIODIC | TO_SINT);

        clock.now += 4_000_000_000_000L;
        timers.expire();

        assertThat(takeMessage()).isZero();
        assertThat(timers.nextDeadlineNanos()).isEqualTo((clock.now + 1) * 100);
    }

    /** CVE-2026-89927: the sum must not wrap to a time that is over. */
    @ParameterizedTest
    @ValueSource(longs = {-1, -2, Long.MIN_VALUE, Long.MAX_VALUE})
    void hugeCountIsNeverReached(long count) {
        run();
        count(0, count);
        config(0, ENABLED | TO_SINT);
        count(1, count);
        config(1, ENABLED | PERIODIC | TO_SINT);

        clock.now = Long.MAX_VALUE / 200;
        timers.expire();

        assertThat(takeMessage()).isEqualTo(-1);
        assertThat(timers.nextDeadlineNanos()).isEqualTo(NEVER);
        assertThat(enabled(0)).isTrue();
    }

    @Test
    void periodThatWouldWrapWhenItIsReloadedStaysAtTheEndOfTime() {
        run();
        clock.now = -600;
        count(0, 300);
        config(0, ENABLED | PERIODIC | TO_SINT);
        clock.now = -250;
        timers.expire();
        assertThat(takeMessage()).isZero();

        clock.now = -2;
        timers.expire();

        assertThat(takeMessage()).as("the end of time is not yet").isEqualTo(-1);
    }

    // ---- a slot that is taken
    // -----------------------------------------------------------------------------------------------

    private void occupySlot() {
        vps.memory.putInt(SLOT, HvMessage.TYPE_CHANNEL);
    }

    private void freeSlot() {
        vps.memory.putInt(SLOT, HvMessage.TYPE_NONE);
    }

    @Test
    void oneShotWaitsForItsSlotUntilEndOfMessage() {
        run();
        occupySlot();
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        pass(3_000);
        assertThat(pendingFlag()).isTrue();
        assertThat(enabled(0)).as("its signal is owed").isTrue();
        assertThat(take()).as("no interrupt").isEqualTo(-1);

        freeSlot();
        synIc.write(HV_X64_MSR_EOM, 0);

        assertThat(take()).isEqualTo(VECTOR);
        assertThat(takeMessage()).isZero();
        assertThat(expirationTime()).isEqualTo(2_000);
        assertThat(deliveryTime()).isEqualTo(3_000);
        assertThat(enabled(0)).isFalse();
    }

    @Test
    void endOfInterruptOfTheSintHandsTheSlotBackToo() {
        run();
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        count(1, 2_100);
        config(1, ENABLED | TO_SINT);
        pass(3_000);
        assertThat(take()).isEqualTo(VECTOR);
        assertThat(takeMessage()).isZero();

        vps.apic(0).eoi();

        assertThat(takeMessage()).isEqualTo(1);
        assertThat(take()).isEqualTo(VECTOR);
    }

    @Test
    void slotThatIsStillTakenKeepsTheTimerWaiting() {
        run();
        occupySlot();
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        pass(3_000);

        synIc.write(HV_X64_MSR_EOM, 0);
        synIc.write(HV_X64_MSR_EOM, 0);

        assertThat(enabled(0)).isTrue();
        freeSlot();
        synIc.write(HV_X64_MSR_EOM, 0);
        assertThat(takeMessage()).isZero();
        synIc.write(HV_X64_MSR_EOM, 0);
        assertThat(takeMessage()).as("once").isEqualTo(-1);
    }

    /** A timer has one message buffer: what expires meanwhile adds nothing. */
    @Test
    void periodicTimerOwesOneMessageHoweverOftenItExpires() {
        run();
        occupySlot();
        count(0, 300);
        config(0, ENABLED | PERIODIC | TO_SINT);
        pass(1_000 + 4 * 300 + 10);

        freeSlot();
        synIc.write(HV_X64_MSR_EOM, 0);

        assertThat(takeMessage()).isZero();
        assertThat(expirationTime()).as("the first that was not delivered").isEqualTo(1_300);
        synIc.write(HV_X64_MSR_EOM, 0);
        assertThat(takeMessage()).isEqualTo(-1);
        assertThat(timers.nextDeadlineNanos()).as("its phase is kept").isEqualTo((1_000 + 5 * 300) * 100);
        assertThat(enabled(0)).isTrue();
    }

    @Test
    void nextExpiryTriesAgainForAPeriodicTimer() {
        run();
        occupySlot();
        count(0, 300);
        config(0, ENABLED | PERIODIC | TO_SINT);
        pass(1_310);
        freeSlot();

        pass(1_610);

        assertThat(takeMessage()).isZero();
        assertThat(expirationTime()).isEqualTo(1_300);
    }

    @Test
    void rewritingARegisterForgetsTheMessageThatWaits() {
        run();
        occupySlot();
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        count(1, 2_500);
        config(1, ENABLED | TO_SINT);
        pass(3_000);

        count(0, 9_000);
        freeSlot();
        synIc.write(HV_X64_MSR_EOM, 0);

        assertThat(takeMessage()).as("the other one's turn").isEqualTo(1);
        synIc.write(HV_X64_MSR_EOM, 0);
        assertThat(takeMessage()).isEqualTo(-1);
    }

    @Test
    void timersOfOneSintTakeTurns() {
        run();
        for (int timer = 0; timer < 4; timer++) {
            count(timer, 2_000 + timer);
            config(timer, ENABLED | TO_SINT);
        }
        pass(3_000);

        for (int timer = 0; timer < 4; timer++) {
            assertThat(pendingFlag()).as("timer %d", timer).isEqualTo(timer < 3);
            assertThat(takeMessage()).isEqualTo(timer);
            synIc.write(HV_X64_MSR_EOM, 0);
        }
        assertThat(takeMessage()).isEqualTo(-1);
    }

    /** CVE-2025-58143: the page is taken away between expiry and delivery. */
    @Test
    void messageIsHeldWhileThePageIsDisabled() {
        run();
        synIc.write(HV_X64_MSR_SIMP, VirtualProcessors.SIMP_PAGE);
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        pass(3_000);
        synIc.write(HV_X64_MSR_EOM, 0);
        assertThat(takeMessage()).isEqualTo(-1);
        assertThat(enabled(0)).isTrue();

        synIc.write(HV_X64_MSR_SIMP, VirtualProcessors.SIMP_PAGE | 1);

        assertThat(takeMessage()).isZero();
        assertThat(take()).isEqualTo(VECTOR);
    }

    @Test
    void messageIsHeldWhileTheSynicIsDisabled() {
        run();
        synIc.write(HV_X64_MSR_SCONTROL, 0);
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        pass(3_000);
        assertThat(takeMessage()).isEqualTo(-1);

        synIc.write(HV_X64_MSR_SCONTROL, 1);

        assertThat(takeMessage()).isZero();
    }

    /** KVM writes the message and reports failure, so that it is written again: a duplicate. */
    @Test
    void messageToAMaskedSintStandsOnceAndItsInterruptIsLost() {
        run();
        synIc.write(HV_X64_MSR_SINT0 + SINT, HvSint.MASKED | VECTOR);
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        pass(3_000);

        assertThat(takeMessage()).isZero();
        assertThat(take()).isEqualTo(-1);
        assertThat(enabled(0)).isFalse();
        synIc.write(HV_X64_MSR_EOM, 0);
        assertThat(takeMessage()).isEqualTo(-1);
    }

    // ---- direct mode
    // --------------------------------------------------------------------------------------------------------

    @Test
    void directTimerRaisesItsVectorAndNothingElse() {
        run();
        synIc.write(HV_X64_MSR_SCONTROL, 0);
        count(0, 2_000);
        config(0, ENABLED | TO_VECTOR | TO_SINT);
        pass(3_000);

        assertThat(take()).isEqualTo(DIRECT_VECTOR);
        assertThat(take()).isEqualTo(-1);
        assertThat(takeMessage()).isEqualTo(-1);
        assertThat(enabled(0)).isFalse();
        assertThat(events.raises).isEmpty();
    }

    @Test
    void periodicDirectTimerRaisesItsVectorEachTime() {
        run();
        count(0, 300);
        config(0, ENABLED | PERIODIC | TO_VECTOR);

        for (int n = 1; n <= 3; n++) {
            pass(1_000 + n * 300);
            assertThat(take()).isEqualTo(DIRECT_VECTOR);
            vps.apic(0).eoi();
        }
    }

    /** KVM's timer is stuck there until its CONFIG is written again; Xen's made the machine spin. */
    @ParameterizedTest
    @ValueSource(longs = {0, PERIODIC})
    void directTimerWaitsForADisabledApicWithoutADeadline(long mode) {
        run();
        vps.apic(0).writeRegister(SVR, 0xFF);
        count(0, mode == 0 ? 2_000 : 1_000);
        config(0, ENABLED | mode | TO_VECTOR);
        pass(2_500);
        assertThat(timers.nextDeadlineNanos()).isEqualTo(mode == 0 ? NEVER : 300_000);
        assertThat(enabled(0)).isTrue();

        vps.apic(0).writeRegister(SVR, 0x1FF);
        assertThat(timers.nextDeadlineNanos()).as("now").isZero();
        timers.expire();

        assertThat(take()).isEqualTo(DIRECT_VECTOR);
        assertThat(enabled(0)).isEqualTo(mode != 0);
        assertThat(timers.nextDeadlineNanos()).isEqualTo(mode == 0 ? NEVER : 300_000);
    }

    @Test
    void illegalVectorIsRefusedByTheApicAndTheTimerIsDone() {
        run();
        count(0, 2_000);
        config(0, ENABLED | DIRECT | 0x0F << 4);
        pass(3_000);

        assertThat(take()).isEqualTo(-1);
        assertThat(enabled(0)).isFalse();
        assertThat(timers.nextDeadlineNanos()).isEqualTo(NEVER);
        vps.apic(0).writeRegister(0x280, 0);
        assertThat(vps.apic(0).errorStatus()).as("receive illegal vector").isEqualTo(0x40);
    }

    // ---- the host's side, state
    // ---------------------------------------------------------------------------------------------

    @Test
    void hostMayWriteZeroBeforeActivationAndNothingElse() {
        assertThat(timers.hostWrite(HV_X64_MSR_STIMER0_CONFIG, 0)).isTrue();
        assertThat(timers.hostWrite(HV_X64_MSR_STIMER0_COUNT, 5)).isFalse();
        assertThat(timers.hostRead(HV_X64_MSR_STIMER0_COUNT)).isZero();
    }

    /** KVM migrated a timer that the guest had stopped as a running one. */
    @Test
    void hostCountNeitherEnablesNorDisables() {
        run();

        assertThat(timers.hostWrite(HV_X64_MSR_STIMER0_CONFIG, AUTO_ENABLE | TO_SINT))
                .isTrue();
        assertThat(timers.hostWrite(HV_X64_MSR_STIMER0_COUNT, 5_000)).isTrue();
        assertThat(config(0)).isEqualTo(AUTO_ENABLE | TO_SINT);
        assertThat(timers.nextDeadlineNanos()).isEqualTo(NEVER);

        timers.hostWrite(HV_X64_MSR_STIMER0_CONFIG, ENABLED | TO_SINT);
        timers.hostWrite(HV_X64_MSR_STIMER0_COUNT, 0);
        assertThat(enabled(0)).isTrue();
        timers.hostWrite(HV_X64_MSR_STIMER0_COUNT, 6_000);
        assertThat(timers.nextDeadlineNanos()).isEqualTo(600_000);
        assertThat(timers.hostRead(HV_X64_MSR_STIMER0_COUNT)).isEqualTo(6_000);
    }

    /** A VMM that knows registers only loses no one-shot signal: the timer is enabled while its signal is owed. */
    @Test
    void oneShotWhoseSignalIsOwedComesAgainFromItsRegisters() {
        run();
        occupySlot();
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        pass(3_000);
        long config = timers.hostRead(HV_X64_MSR_STIMER0_CONFIG);
        timers.reset();
        freeSlot();

        timers.hostWrite(HV_X64_MSR_STIMER0_CONFIG, config);
        timers.hostWrite(HV_X64_MSR_STIMER0_COUNT, 2_000);

        assertThat(takeMessage()).isZero();
    }

    private VirtualProcessors restoredElsewhere(ManualReferenceClock otherClock, SyntheticTimers[] restored) {
        VirtualProcessors other = new VirtualProcessors(1, SynIcListener.NONE);
        byte[] page = new byte[4096];
        vps.memory.getBytes(VirtualProcessors.SIMP_PAGE, page, 0, page.length);
        other.memory.putBytes(VirtualProcessors.SIMP_PAGE, page);
        SyntheticTimers there = new SyntheticTimers(other.synIc(0), otherClock);
        otherClock.now = clock.now;
        other.synIc(0).restore(synIc.save());
        there.restore(timers.save());
        restored[0] = there;
        return other;
    }

    @Test
    void restoredTimersKeepTheirPhaseAndWhatTheyOwe() {
        run();
        occupySlot();
        count(0, 300);
        config(0, ENABLED | PERIODIC | TO_SINT);
        count(1, 9_000);
        config(1, ENABLED | TO_VECTOR);
        config(2, AUTO_ENABLE | TO_SINT);
        pass(1_400);
        SyntheticTimers[] restored = new SyntheticTimers[1];
        ManualReferenceClock otherClock = new ManualReferenceClock();
        VirtualProcessors other = restoredElsewhere(otherClock, restored);

        assertThat(restored[0].save()).isEqualTo(timers.save());
        assertThat(restored[0].nextDeadlineNanos()).isEqualTo(160_000);
        assertThat(restored[0].read(HV_X64_MSR_STIMER0_CONFIG + 4))
                .as("not enabled")
                .isEqualTo(AUTO_ENABLE | TO_SINT);
        other.memory.putInt(SLOT, HvMessage.TYPE_NONE);
        other.synIc(0).write(HV_X64_MSR_EOM, 0);
        assertThat(other.memory.getInt(SLOT)).isEqualTo(HvMessage.TYPE_TIMER_EXPIRED);
        assertThat(other.memory.getLong(SLOT + 24)).isEqualTo(1_300);
    }

    @Test
    void restoringDeliversNothingBeforeTheMachineRuns() {
        run();
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        clock.now = 2_500;
        SyntheticTimers[] restored = new SyntheticTimers[1];
        VirtualProcessors other = restoredElsewhere(new ManualReferenceClock(), restored);

        assertThat(other.memory.getInt(SLOT)).isZero();
        assertThat(restored[0].nextDeadlineNanos()).isEqualTo(200_000);
        restored[0].expire();
        assertThat(other.memory.getInt(SLOT)).isEqualTo(HvMessage.TYPE_TIMER_EXPIRED);
    }

    @Test
    void resetStopsAllTimers() {
        run();
        occupySlot();
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        count(1, 300);
        config(1, ENABLED | PERIODIC | TO_VECTOR);
        pass(2_000);

        timers.reset();

        assertThat(timers.nextDeadlineNanos()).isEqualTo(NEVER);
        assertThat(timers.save().timers()).containsOnly(new SyntheticTimersState.Timer(0, 0, false, 0, false, 0));
        freeSlot();
        synIc.write(HV_X64_MSR_EOM, 0);
        assertThat(takeMessage()).isEqualTo(-1);
    }

    @Test
    void stateOfAnotherVersionOrSizeIsRefused() {
        assertThatThrownBy(() -> new SyntheticTimersState(2, List.of())).hasMessageContaining("version 2");
        assertThatThrownBy(() -> new SyntheticTimersState(1, List.of())).hasMessageContaining("4 timers");
    }
}
