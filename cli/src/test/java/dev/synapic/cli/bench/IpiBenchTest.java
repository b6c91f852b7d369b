// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.synapic.cli.guests.GuestImage;
import dev.synapic.cli.terminal.Interruption;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.machine.exits.HardwareProfiles;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Real machines, few operations. */
class IpiBenchTest {
    private static IpiBenchPlan plan(String guest, int vcpus, SendMode mode, HardwareProfile profile) {
        return new IpiBenchPlan(
                vcpus,
                10,
                List.of(ApicKind.X2APIC_PHYS),
                List.of(mode),
                List.of(Scenario.NORMAL, Scenario.BROADCAST),
                GuestImage.packed(guest),
                profile,
                0);
    }

    private static IpiBenchResult run(IpiBenchPlan plan) {
        return new IpiBench(plan, new Interruption(), BenchProgress.NONE).run();
    }

    private static HardwareProfile skylake() {
        return HardwareProfiles.load().get("skylake-apicv");
    }

    @Test
    void aGuestThatSendsTwicePerOperationDoublesEveryFigure() {
        IpiBenchResult once = run(plan("ipi-bench", 8, SendMode.VANILLA, skylake()));
        IpiBenchResult twice = run(plan("ipi-bench-twice", 8, SendMode.VANILLA, skylake()));
        for (int i = 0; i < once.rows().size(); i++) {
            IpiBenchRow one = once.rows().get(i);
            IpiBenchRow two = twice.rows().get(i);
            assertThat(two.senderExitsPerOperation()).isEqualTo(2 * one.senderExitsPerOperation());
            assertThat(two.acceptedPerOperation()).isEqualTo(2 * one.acceptedPerOperation());
            assertThat(two.exactExits()).isEqualTo(2 * one.exactExits());
            assertThat(two.modelledNsPerOperation()).isCloseTo(2 * one.modelledNsPerOperation(), withinPercentage(1.0));
        }
    }

    @Test
    void halvingTheLookaheadChangesNoTimeByMoreThanOnePercent() {
        IpiBenchResult whole = run(plan("ipi-bench", 8, SendMode.PV_IPI, skylake()));
        IpiBenchResult half = run(plan(
                "ipi-bench",
                8,
                SendMode.PV_IPI,
                skylake().withLookaheadPs(skylake().lookaheadPs() / 2)));
        for (int i = 0; i < whole.rows().size(); i++) {
            assertThat(half.rows().get(i).modelledNsPerOperation())
                    .isCloseTo(whole.rows().get(i).modelledNsPerOperation(), withinPercentage(1.0));
        }
    }

    @Test
    void aHypercallCoversAHundredAndTwentyEightIds() {
        assertThat(pvCallsPerBroadcast(129)).isEqualTo(1);
        assertThat(pvCallsPerBroadcast(130)).isEqualTo(2);
    }

    private static double pvCallsPerBroadcast(int vcpus) {
        return run(plan("ipi-bench", vcpus, SendMode.PV_IPI, skylake()))
                .row(ApicKind.X2APIC_PHYS, SendMode.PV_IPI, Scenario.BROADCAST)
                .orElseThrow()
                .senderExitsPerOperation();
    }

    @Test
    void deliveryIsNeverNegative() {
        assertThat(run(plan("ipi-bench", 4, SendMode.VANILLA, skylake())).rows())
                .allMatch(row -> row.deliveryNsPerOperation() >= 0);
    }

    @Test
    void aGuestThatGetsStuckIsSaidToBe() {
        IpiBenchPlan plan = plan("lost-ipi-halt", 4, SendMode.VANILLA, skylake());
        assertThatThrownBy(() -> run(plan)).isInstanceOfSatisfying(GuestFailure.class, failure -> {
            assertThat(failure.stuck()).isTrue();
            assertThat(failure).hasMessageContaining("deadlock");
            assertThat(failure.detail()).contains("blocked by");
        });
    }

    @Test
    void theThirdOfFourBroadcastsIsDrawn() {
        IpiBenchPlan plan = plan("ipi-bench", 4, SendMode.VANILLA, skylake());
        BroadcastTimeline timeline =
                BroadcastRecording.of(plan, plan.cells().getFirst()).orElseThrow();
        assertThat(timeline.lanes().getFirst().outside()).hasSize(3);
        assertThat(timeline.lanes()).hasSize(4);
    }
}
