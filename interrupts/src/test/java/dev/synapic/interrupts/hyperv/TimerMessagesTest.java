// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_EOM;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SCONTROL;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SIMP;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SINT0;
import static dev.synapic.spec.hyperv.HvStimerConfig.ENABLED;
import static dev.synapic.spec.hyperv.HvStimerConfig.PERIODIC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.hyperv.HvSint;
import org.junit.jupiter.api.Test;

/** TLFS, "SynIC Messages": what timers send while their slot is taken, disabled or masked. */
class TimerMessagesTest extends TimerRig {
    // ---- a slot that is taken
    // -----------------------------------------------------------------------------------------------

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

    /** XSA-472, CVE-2025-58142, CVE-2025-58143: the page is taken away between expiry and delivery. */
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

    /** The page of the moment of delivery counts, not that of the expiry. */
    @Test
    void messageThatWaitsFollowsThePage() {
        long elsewhere = 0x3_0000;
        run();
        occupySlot();
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        pass(3_000);

        synIc.write(HV_X64_MSR_SIMP, elsewhere | 1);

        assertThat(vps.memory.getInt(elsewhere + SINT * 256)).isEqualTo(0x8000_0010);
        assertThat(vps.memory.getInt(SLOT)).as("the old page is left alone").isEqualTo(1);
        assertThat(take()).isEqualTo(VECTOR);
    }

    /** TLFS, "SINTx Registers", polling: the message is written and no interrupt raised. K ignores the bit. */
    @Test
    void messageToAPolledSintIsFoundByLooking() {
        run();
        synIc.write(HV_X64_MSR_SINT0 + SINT, HvSint.POLLING | VECTOR);
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        pass(3_000);

        assertThat(takeMessage()).isZero();
        assertThat(take()).isEqualTo(-1);
        assertThat(enabled(0)).as("it was delivered").isFalse();
    }

    /** The interrupt is lost with a disabled APIC, the message stands, and nothing is tried again and again. */
    @Test
    void messageToADisabledApicStandsAndLeavesNoDeadline() {
        run();
        vps.apic(0).writeRegister(SVR, 0xFF);
        count(0, 2_000);
        config(0, ENABLED | TO_SINT);
        pass(3_000);

        assertThat(timers.nextDeadlineNanos()).isEqualTo(NEVER);
        assertThat(takeMessage()).isZero();
        assertThat(enabled(0)).isFalse();
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
}
