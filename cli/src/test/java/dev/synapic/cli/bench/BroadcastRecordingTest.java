// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.bench.BroadcastTimeline.Instant;
import dev.synapic.cli.bench.BroadcastTimeline.Kind;
import dev.synapic.cli.bench.BroadcastTimeline.Lane;
import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BroadcastRecordingTest {
    @ParameterizedTest
    @EnumSource(SendMode.class)
    void oneOperationIsCutOutOfFour(SendMode mode) {
        Cell cell = new Cell(ApicKind.X2APIC_CLUSTER, mode);
        BroadcastTimeline timeline = FakeBench.recording(cell).timeline(cell).orElseThrow();

        Lane sender = timeline.lanes().getFirst();
        assertThat(sender.outside()).hasSize((int) FakeBench.broadcastExits(cell));
        assertThat(sender.outside().getFirst().fromPs()).isEqualTo(timeline.startPs());
        for (Lane target : timeline.lanes().subList(1, timeline.lanes().size())) {
            assertThat(target.instants())
                    .extracting(Instant::kind)
                    .containsExactly(Kind.ACCEPTED, Kind.TAKEN, Kind.EOI);
            assertThat(target.instants()).allMatch(i -> i.ps() > timeline.startPs() && i.ps() <= timeline.endPs());
        }
        assertThat(timeline.endPs()).isLessThan(timeline.nextPs());
    }

    @Test
    void nothingRecordedIsNoTimeline() {
        Cell cell = new Cell(ApicKind.XAPIC, SendMode.VANILLA);
        assertThat(new BroadcastRecording(2).timeline(cell)).isEmpty();
    }
}
