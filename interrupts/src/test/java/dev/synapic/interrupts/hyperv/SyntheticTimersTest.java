// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_EOM;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SCONTROL;
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
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, "Synthetic Timers". */
class SyntheticTimersTest extends TimerRig {
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

    /** KVM's timer is stuck there until its CONFIG is written again; Xen's made the machine spin (831419f829). */
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
