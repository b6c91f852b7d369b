// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.ApicTimerMode;
import dev.synapic.spec.x86.Lvt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The timer (SDM vol. 3A, 12.5.4). One tick is one nanosecond; divide configuration 0xB divides by 1. */
class ApicTimerTest {
    private static final int VECTOR = 0xEC;
    private static final int ONE_SHOT = VECTOR;
    private static final int PERIODIC = 1 << 17 | VECTOR;
    private static final int DEADLINE = 2 << 17 | VECTOR;

    private final ApicRig rig = ApicRig.xapic(1);
    private final LocalApic apic = rig.apics[0];

    private void start(int lvt, int count) {
        apic.writeRegister(ApicRegister.DIVIDE_CONFIGURATION, 0xB);
        apic.writeRegister(ApicRegister.LVT_TIMER, lvt);
        apic.writeRegister(ApicRegister.INITIAL_COUNT, count);
    }

    private int count() {
        return apic.readRegister(ApicRegister.CURRENT_COUNT);
    }

    /** Moves time and lets what is due happen, as a machine does. Returns whether the timer's vector came. */
    private boolean firesAt(long nanos) {
        rig.clock.nanos = nanos;
        if (apic.timerDeadlineNanos() <= nanos) {
            apic.expireTimer();
        }
        return !ApicRig.drain(apic).isEmpty();
    }

    // ---- one-shot ---------------------------------------------------------------------------------------------------

    @Test
    void aOneShotFiresOnceAtItsDeadline() {
        rig.clock.nanos = 500;
        start(ONE_SHOT, 1000);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(1500);
        assertThat(firesAt(1499)).isFalse();
        assertThat(firesAt(1500)).isTrue();
        assertThat(apic.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(firesAt(99_999)).isFalse();
    }

    @Test
    void theCountFallsFromTheInitialCountToZeroAndStays() {
        start(ONE_SHOT, 1000);
        assertThat(count()).isEqualTo(1000);
        rig.clock.nanos = 1;
        assertThat(count()).isEqualTo(999);
        rig.clock.nanos = 999;
        assertThat(count()).isEqualTo(1);
        rig.clock.nanos = 1000;
        assertThat(count()).isZero();
        apic.expireTimer();
        assertThat(count()).isZero();
        assertThat(apic.readRegister(ApicRegister.INITIAL_COUNT)).isEqualTo(1000);
    }

    @Test
    void aCountOfZeroStopsTheTimer() {
        start(ONE_SHOT, 1000);
        apic.writeRegister(ApicRegister.INITIAL_COUNT, 0);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(count()).isZero();
    }

    @Test
    void aNewCountRestartsTheTimer() {
        start(ONE_SHOT, 1000);
        rig.clock.nanos = 600;
        apic.writeRegister(ApicRegister.INITIAL_COUNT, 1000);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(1600);
    }

    @Test
    void theLargestCountIsUnsigned() {
        start(ONE_SHOT, -1);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(0xFFFF_FFFFL);
        assertThat(count()).isEqualTo(-1);
    }

    @Test
    void expiringTooEarlyDoesNothing() {
        start(ONE_SHOT, 1000);
        rig.clock.nanos = 999;
        apic.expireTimer();
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(1000);
    }

    // ---- divide configuration ---------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"0,2", "1,4", "2,8", "3,16", "8,32", "9,64", "10,128", "11,1"})
    void theDivideConfigurationDivides(int configuration, int divisor) {
        apic.writeRegister(ApicRegister.DIVIDE_CONFIGURATION, configuration);
        apic.writeRegister(ApicRegister.LVT_TIMER, ONE_SHOT);
        apic.writeRegister(ApicRegister.INITIAL_COUNT, 100);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(100L * divisor);
        rig.clock.nanos = 30L * divisor;
        assertThat(count()).isEqualTo(70);
    }

    @Test
    void anotherDivisorStretchesWhatIsLeft() {
        start(ONE_SHOT, 1000);
        rig.clock.nanos = 400;
        apic.writeRegister(ApicRegister.DIVIDE_CONFIGURATION, 0x1);
        assertThat(count()).isEqualTo(600);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(400 + 600 * 4);
        apic.writeRegister(ApicRegister.DIVIDE_CONFIGURATION, 0xB);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(1000);
    }

    @Test
    void theModelSaysHowLongATickIs() {
        ApicRig slow = new ApicRig(new ApicModel(true, true, false, 46, 5, ReservedBits.STRICT), 0);
        ApicRig.enable(slow.apics[0]);
        slow.apics[0].writeRegister(ApicRegister.DIVIDE_CONFIGURATION, 0x0);
        slow.apics[0].writeRegister(ApicRegister.LVT_TIMER, ONE_SHOT);
        slow.apics[0].writeRegister(ApicRegister.INITIAL_COUNT, 100);
        assertThat(slow.apics[0].timerDeadlineNanos()).isEqualTo(1000);
    }

    // ---- periodic ---------------------------------------------------------------------------------------------------

    @Test
    void aPeriodicTimerFiresEveryPeriodInPhase() {
        start(PERIODIC, 1000);
        assertThat(firesAt(1000)).isTrue();
        assertThat(apic.timerDeadlineNanos()).isEqualTo(2000);
        assertThat(firesAt(2300)).isTrue();
        assertThat(apic.timerDeadlineNanos()).isEqualTo(3000);
        assertThat(count()).isEqualTo(700);
    }

    // CVE-2025-71104: after a long freeze the next target is past now in one step.
    @Test
    void aBillionMissedPeriodsAreCaughtUpInOneStepWithOneInterrupt() {
        start(PERIODIC, 10);
        assertThat(firesAt(10_000_000_007L)).isTrue();
        assertThat(apic.timerDeadlineNanos()).isEqualTo(10_000_000_010L);
        assertThat(firesAt(10_000_000_007L)).isFalse();
    }

    @Test
    void thePeriodicCountReloadsEvenBeforeTheMachineNotices() {
        start(PERIODIC, 1000);
        rig.clock.nanos = 2250;
        assertThat(count()).isEqualTo(750);
        rig.clock.nanos = 3000;
        assertThat(count()).isEqualTo(1000);
    }

    // ---- masks ------------------------------------------------------------------------------------------------------

    // KVM: an expiry behind a mask is lost, not latched.
    @Test
    void anExpiryBehindAMaskIsLost() {
        start(Lvt.MASKED | ONE_SHOT, 1000);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        rig.clock.nanos = 1500;
        apic.writeRegister(ApicRegister.LVT_TIMER, ONE_SHOT);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(count()).isZero();
    }

    @Test
    void aMaskedPeriodicTimerKeepsItsPhase() {
        start(Lvt.MASKED | PERIODIC, 1000);
        rig.clock.nanos = 2500;
        apic.writeRegister(ApicRegister.LVT_TIMER, PERIODIC);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(3000);
    }

    @Test
    void whatIsDueBeforeAMaskIsStillDelivered() {
        start(ONE_SHOT, 1000);
        rig.clock.nanos = 1000;
        apic.writeRegister(ApicRegister.LVT_TIMER, Lvt.MASKED | ONE_SHOT);
        assertThat(apic.pendingVector()).isEqualTo(VECTOR);
    }

    @Test
    void whatIsDueBeforeASoftwareDisableIsStillDelivered() {
        start(ONE_SHOT, 1000);
        rig.clock.nanos = 1000;
        ApicRig.softwareDisable(apic);
        assertThat(apic.pendingVector()).isEqualTo(VECTOR);
    }

    // ---- changes of mode, as kvm-unit-tests apic.c, apic change mode ------------------------------------------------

    @Test
    void changingToPeriodicKeepsTheCountAndReloadsAtZero() {
        start(ONE_SHOT, 1000);
        rig.clock.nanos = 600;
        apic.writeRegister(ApicRegister.LVT_TIMER, PERIODIC);
        assertThat(count()).isEqualTo(400);
        assertThat(apic.readRegister(ApicRegister.INITIAL_COUNT)).isEqualTo(1000);
        assertThat(firesAt(1000)).isTrue();
        assertThat(apic.timerDeadlineNanos()).isEqualTo(2000);
    }

    @Test
    void changingToOneShotLetsTheCountRunOut() {
        start(PERIODIC, 1000);
        assertThat(firesAt(1000)).isTrue();
        rig.clock.nanos = 1600;
        apic.writeRegister(ApicRegister.LVT_TIMER, ONE_SHOT);
        assertThat(count()).isEqualTo(400);
        assertThat(firesAt(2000)).isTrue();
        assertThat(count()).isZero();
        assertThat(apic.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void anExpiredOneShotStaysAtZeroWhenMadePeriodic() {
        start(ONE_SHOT, 1000);
        assertThat(firesAt(1000)).isTrue();
        apic.writeRegister(ApicRegister.LVT_TIMER, PERIODIC);
        assertThat(count()).isZero();
        assertThat(apic.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void movingIntoDeadlineModeStopsTheCountAndOutOfItDisarms() {
        start(ONE_SHOT, 1000);
        apic.writeRegister(ApicRegister.LVT_TIMER, DEADLINE);
        assertThat(apic.readRegister(ApicRegister.INITIAL_COUNT)).isZero();
        assertThat(apic.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        apic.setTscDeadline(4000);
        apic.writeRegister(ApicRegister.LVT_TIMER, ONE_SHOT);
        assertThat(apic.tscDeadline()).isZero();
        assertThat(apic.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        apic.writeRegister(ApicRegister.LVT_TIMER, DEADLINE);
        assertThat(firesAt(5000)).isFalse();
    }

    @Test
    void theReservedModeStandsStill() {
        start(3 << 17 | VECTOR, 1000);
        assertThat(apic.timerMode()).isEqualTo(ApicTimerMode.RESERVED);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(firesAt(5000)).isFalse();
    }

    // ---- TSC deadline (SDM vol. 3A, 12.5.4.1); the TSC runs at 2 GHz ------------------------------------------------

    @Test
    void theDeadlineFiresWhenTheTscReachesItAndReadsZeroThen() {
        start(DEADLINE, 0);
        apic.setTscDeadline(4001);
        assertThat(apic.tscDeadline()).isEqualTo(4001);
        assertThat(apic.timerDeadlineNanos()).isEqualTo(2001);
        assertThat(firesAt(2000)).isFalse();
        assertThat(firesAt(2001)).isTrue();
        assertThat(apic.tscDeadline()).isZero();
        assertThat(apic.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aDeadlineInThePastFiresAtOnce() {
        rig.clock.nanos = 5000;
        start(DEADLINE, 0);
        apic.setTscDeadline(10_000);
        assertThat(apic.pendingVector()).isEqualTo(VECTOR);
        assertThat(apic.tscDeadline()).isZero();
    }

    @Test
    void zeroDisarms() {
        start(DEADLINE, 0);
        apic.setTscDeadline(4000);
        apic.setTscDeadline(0);
        assertThat(firesAt(9000)).isFalse();
    }

    @Test
    void theLargestDeadlineIsUnsigned() {
        start(DEADLINE, 0);
        apic.setTscDeadline(-1L);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(apic.tscDeadline()).isEqualTo(-1L);
    }

    @Test
    void deadlinesAreIgnoredOutsideTheirModeAndCountsInside() {
        start(ONE_SHOT, 0);
        apic.setTscDeadline(4000);
        assertThat(apic.tscDeadline()).isZero();
        start(DEADLINE, 1000);
        assertThat(apic.readRegister(ApicRegister.INITIAL_COUNT)).isZero();
        assertThat(count()).isZero();
        assertThat(apic.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    // A write of TSC or TSC_ADJUST moves the deadline in time, not in ticks.
    @Test
    void theDeadlineFollowsTheTscWhenTheGuestMovesIt() {
        start(DEADLINE, 0);
        apic.setTscDeadline(4000);
        rig.clock.tscOffset = 1000;
        assertThat(apic.timerDeadlineNanos()).isEqualTo(1500);
        rig.clock.tscOffset = -1000;
        assertThat(apic.timerDeadlineNanos()).isEqualTo(2500);
        assertThat(firesAt(2499)).isFalse();
        assertThat(firesAt(2500)).isTrue();
    }

    @Test
    void aDeadlineBehindAMaskIsLost() {
        start(Lvt.MASKED | DEADLINE, 0);
        apic.setTscDeadline(4000);
        rig.clock.nanos = 3000;
        assertThat(apic.tscDeadline()).isZero();
        apic.writeRegister(ApicRegister.LVT_TIMER, DEADLINE);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
    }

    @Test
    void initDisarmsTheDeadline() {
        start(DEADLINE, 0);
        apic.setTscDeadline(4000);
        apic.init();
        assertThat(apic.tscDeadline()).isZero();
        assertThat(firesAt(9000)).isFalse();
    }
}
