// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.StateFields;
import dev.synapic.interrupts.apicv.ApicvListener;
import dev.synapic.interrupts.apicv.ApicvState;
import dev.synapic.interrupts.apicv.InhibitReason;
import dev.synapic.interrupts.routing.InterruptLine;
import dev.synapic.spec.x86.Pit;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Interrupts of channel 0. */
class PitInterruptTest {
    private static final int COUNT = 11_932;

    private final PitRig rig = new PitRig();
    private final Pit8254 pit = rig.pit;

    // ---- when

    /** 11932 is Linux' count for 100 Hz: 10.00015 ms. */
    @Test
    void rateGeneratorTicksWithItsPeriod() {
        rig.program(0, 2, COUNT);

        assertThat(pit.nextDeadlineNanos()).isEqualTo(PitTicks.nanos(COUNT + 1)).isEqualTo(10_000_989);
        rig.nanos = 10_000_988;
        pit.expire();
        assertThat(rig.pulses).isZero();
        rig.nanos++;
        pit.expire();
        assertThat(rig.pulses).isEqualTo(1);

        assertThat(pit.nextDeadlineNanos()).isEqualTo(PitTicks.nanos(2 * COUNT + 1));
        assertThat(rig.up).as("a pulse").isFalse();
    }

    @Test
    void ticksDoNotDrift() {
        pit.setReinjection(false);
        rig.program(0, 2, COUNT);

        rig.run(1 + 1000L * COUNT);

        assertThat(rig.pulses).isEqualTo(1000);
    }

    @Test
    void squareWaveTicksOncePerPeriod() {
        pit.setReinjection(false);
        rig.program(0, 3, 1001);

        rig.run(1 + 10 * 1001);

        assertThat(rig.pulses).isEqualTo(10);
    }

    @Test
    void oneShotsTickOnce() {
        pit.setReinjection(false);
        rig.program(0, 0, 100);
        rig.run(101);
        assertThat(rig.pulses).isEqualTo(1);
        assertThat(pit.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        rig.program(0, 4, 100);

        rig.run(101 + 102);
        assertThat(rig.pulses).as("the strobe ends one tick after the count").isEqualTo(2);
        rig.run(1_000_000);

        assertThat(rig.pulses).isEqualTo(2);
    }

    @Test
    void triggeredModesNeverTickSinceTheirGateStaysOpen() {
        rig.program(0, 1, 100);
        assertThat(pit.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        rig.program(0, 5, 100);

        assertThat(pit.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void newCountOfARunningGeneratorChangesTheNextCycle() {
        pit.setReinjection(false);
        rig.program(0, 2, 1000);
        rig.run(501);
        rig.count(0, 100);

        assertThat(pit.nextDeadlineNanos()).isEqualTo(PitTicks.nanos(1001));
        rig.run(1001);

        assertThat(pit.nextDeadlineNanos()).isEqualTo(PitTicks.nanos(1101));
    }

    @Test
    void otherChannelsDoNotInterrupt() {
        rig.gate2(true);
        rig.program(1, 2, 18);
        rig.program(2, 3, 100);

        assertThat(pit.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        rig.at(1_000_000);
        pit.expire();

        assertThat(rig.pulses).isZero();
    }

    @Test
    void accessLetsWhatIsDueHappenFirst() {
        rig.program(0, 2, COUNT);
        rig.at(COUNT + 1);

        rig.program(0, 2, 100);

        assertThat(rig.pulses).isEqualTo(1);
    }

    // ---- re-injection

    @Test
    void tickWaitsForTheAcknowledgementOfTheOneBefore() {
        rig.program(0, 2, 100);
        rig.run(301);
        assertThat(rig.pulses).isEqualTo(1);
        assertThat(pit.pendingTicks()).isEqualTo(3);

        pit.acknowledged();
        assertThat(rig.pulses).isEqualTo(2);
        pit.acknowledged();
        pit.acknowledged();
        assertThat(rig.pulses).isEqualTo(3);

        assertThat(pit.pendingTicks()).isZero();
        pit.acknowledged();
        assertThat(rig.pulses).as("nothing waits").isEqualTo(3);
        rig.run(401);
        assertThat(rig.pulses).isEqualTo(4);
    }

    @Test
    void withoutReinjectionTicksMergeAsEdgesDo() {
        pit.setReinjection(false);
        rig.program(0, 2, 100);

        rig.run(301);

        assertThat(rig.pulses).isEqualTo(3);
        assertThat(pit.pendingTicks()).isZero();
    }

    /** CVE-2025-71104's class: a guest that slept for ages must not cost a step per period. */
    @Test
    void longSleepIsMadeUpForInOneStep() {
        rig.program(0, 2, 2);
        rig.nanos = 10L * 365 * 86_400 * 1_000_000_000;

        pit.expire();

        assertThat(rig.pulses).isEqualTo(1);
        assertThat(pit.pendingTicks()).isEqualTo(Integer.MAX_VALUE);
        assertThat(pit.nextDeadlineNanos()).isGreaterThan(rig.nanos).isLessThan(rig.nanos + 2_000);
        pit.setReinjection(false);
        rig.nanos += 1_000_000_000;
        pit.expire();
        assertThat(rig.pulses).as("one for them all").isEqualTo(2);
    }

    @Test
    void ticksBehindAMaskDoNotGather() {
        rig.result = -1;
        rig.program(0, 2, 100);
        rig.run(1001);
        assertThat(pit.pendingTicks()).isZero();
        rig.result = 1;
        int before = rig.pulses;

        rig.run(1101);

        assertThat(rig.pulses).isEqualTo(before + 1);
        assertThat(pit.pendingTicks()).isEqualTo(1);
    }

    /** KVM: an unmasked line starts without debts, or the tick whose acknowledgement was lost would block it for ever. */
    @Test
    void unmaskingForgetsTicksAndWaits() {
        rig.program(0, 2, 100);
        rig.run(301);

        pit.unmasked();
        assertThat(pit.pendingTicks()).isZero();
        rig.run(401);

        assertThat(rig.pulses).isEqualTo(2);
    }

    @Test
    void lineIsListenedToOnlyWhileTicksAreReinjected() {
        assertThat(rig.heard).isSameAs(pit);
        pit.setReinjection(false);
        pit.setReinjection(false);
        assertThat(rig.heard).isNull();
        pit.setReinjection(true);

        assertThat(rig.heard).isSameAs(pit);
        assertThat(rig.reinjection).containsExactly(true, false, true);
    }

    @Test
    void reinjectionInhibitsAvicAndNotApicv() {
        for (ApicvState.Vendor vendor : ApicvState.Vendor.values()) {
            ApicvState apicv = new ApicvState(vendor, ApicvListener.NONE);
            Pit8254 wired = new Pit8254(() -> 0, InterruptLine.UNCONNECTED, new PitListener() {
                @Override
                public void reinjectionChanged(boolean on) {
                    apicv.inhibit(InhibitReason.PIT_REINJ, on);
                }
            });

            assertThat(apicv.isInhibitedBy(InhibitReason.PIT_REINJ)).isEqualTo(vendor == ApicvState.Vendor.AMD_AVIC);
            wired.setReinjection(false);
            assertThat(apicv.isActive()).isTrue();
        }
    }

    @Test
    void hpetThatTakesTheLineOverSilencesTheTicks() {
        rig.program(0, 2, 100);
        pit.suppressTicks(true);
        assertThat(pit.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        rig.at(1001);
        assertThat(rig.read(0)).as("counts on").isEqualTo(100);

        pit.suppressTicks(false);

        assertThat(rig.pulses).isZero();
        assertThat(pit.nextDeadlineNanos()).isEqualTo(PitTicks.nanos(1101));
    }

    // ---- state

    @Test
    void everyFieldIsSavedOrIsNoState() {
        StateFields.areSaved(Pit8254.class, PitState.class, "nanos", "line", "listener", "lock");
        StateFields.areSaved(PitChannel.class, PitState.Channel.class);
    }

    @Test
    void restoredTimerGoesOnAsTheSavedOneAfterAnyUse() {
        long seed = Long.getLong("synapic.seed", 1L);
        Random random = new Random(seed);
        int[] ports = {0x40, 0x41, 0x42, 0x43, 0x43, 0x61};
        PitRig twin = new PitRig();
        for (int step = 0; step < 5_000; step++) {
            twin.pit.restore(pit.save());
            assertThat(twin.pit.save()).as("seed %d", seed).isEqualTo(pit.save());
            rig.nanos += random.nextLong(1L << random.nextInt(28));
            twin.nanos = rig.nanos;
            int port = ports[random.nextInt(ports.length)];
            int value = random.nextInt(256);
            int read = ports[random.nextInt(ports.length)];
            pit.out(port, value);
            twin.pit.out(port, value);
            assertThat(twin.pit.in(read)).as("seed %d, step %d", seed, step).isEqualTo(pit.in(read));
            assertThat(twin.pit.nextDeadlineNanos())
                    .as("seed %d, step %d", seed, step)
                    .isEqualTo(pit.nextDeadlineNanos())
                    .isGreaterThan(rig.nanos);
            if (random.nextInt(4) == 0) {
                pit.acknowledged();
                twin.pit.acknowledged();
            }
        }
    }

    /** However time is cut into steps, the same edges come at the same ticks. */
    @Test
    void stepsOfTimeMakeNoDifference() {
        long seed = Long.getLong("synapic.seed", 1L);
        Random random = new Random(seed);
        PitRig fine = new PitRig();
        pit.setReinjection(false);
        fine.pit.setReinjection(false);
        for (int step = 0; step < 300; step++) {
            int mode = random.nextInt(6);
            int count = 2 + random.nextInt(40);
            boolean whole = random.nextBoolean();
            for (PitRig one : new PitRig[] {rig, fine}) {
                if (whole) {
                    one.program(0, mode, count);
                } else {
                    one.count(0, count);
                }
            }
            long until = rig.tick() + random.nextInt(200);
            rig.run(until);
            for (long tick = fine.tick(); tick <= until; tick++) {
                fine.at(tick);
                fine.pit.expire();
            }
            fine.at(until);
            assertThat(fine.pulses).as("seed %d, step %d", seed, step).isEqualTo(rig.pulses);
            assertThat(fine.read(0)).as("seed %d, step %d", seed, step).isEqualTo(rig.read(0));
            assertThat(fine.pit.output(0)).as("seed %d, step %d", seed, step).isEqualTo(pit.output(0));
        }
    }

    @Test
    void resetStopsTheCountersAndKeepsTheChoiceOfReinjection() {
        pit.setReinjection(false);
        rig.program(0, 2, 100);
        rig.gate2(true);
        rig.at(50);

        pit.reset();

        assertThat(pit.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(pit.in(Pit.SYSTEM_CONTROL) & 0xF).isZero();
        assertThat(pit.reinjects()).isFalse();
    }

    @Test
    void stateThatNoTimerCanHaveIsRefused() {
        PitState good = pit.save();

        assertThatThrownBy(() -> new PitState(2, good.channels(), 0, true, false, 0, false))
                .hasMessageContaining("version 2");
        assertThatThrownBy(() -> new PitState(1, List.of(), 0, true, false, 0, false))
                .hasMessageContaining("3 channels");
        assertThatThrownBy(() ->
                        new PitState.Channel(3, 2, false, true, 0, false, 0, 0, -1, 0, 0, false, 0, false, -1, -1))
                .hasMessageContaining("65536");
    }

    /** QEMU's kvm-pit.lost_tick_policy=discard from the start: AVIC is never inhibited, not even for a moment. */
    @Test
    void aTimerThatDiscardsLostTicksListensToNothing() {
        ApicvState avic = new ApicvState(ApicvState.Vendor.AMD_AVIC, (reason, set, active) -> {
            throw new AssertionError(reason);
        });
        Pit8254 discards = new Pit8254(
                () -> 0,
                InterruptLine.UNCONNECTED,
                new PitListener() {
                    @Override
                    public void reinjectionChanged(boolean on) {
                        avic.inhibit(InhibitReason.PIT_REINJ, on);
                    }
                },
                false);

        assertThat(discards.reinjects()).isFalse();
        assertThat(avic.isActive()).isTrue();
    }
}
