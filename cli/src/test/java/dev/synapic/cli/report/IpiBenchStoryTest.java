// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.bench.FakeBench;
import dev.synapic.cli.bench.IpiBenchResult;
import dev.synapic.cli.bench.Scenario;
import dev.synapic.cli.bench.SendMode;
import java.util.List;
import org.junit.jupiter.api.Test;

class IpiBenchStoryTest {
    @Test
    void threeParagraphsFromTheFigures() {
        List<String> paragraphs = new IpiBenchStory(FakeBench.result()).paragraphs();
        assertThat(paragraphs).hasSize(3);
        assertThat(paragraphs.get(0))
                .startsWith("To reach 79 other CPUs the sender leaves the guest 79 times with xapic vanilla and"
                        + " x2apic-phys vanilla; 5 times with x2apic-cluster vanilla; once with shorthand, pv-ipi"
                        + " and hv-ipi.")
                .contains("saves 78 exits", "1.54 us for each: 2.55 times as fast", "the same single exit");
        assertThat(paragraphs.get(1)).contains("one exit in every mode, 2.52 us");
        assertThat(paragraphs.get(2))
                .contains(
                        "normal (x2apic-phys vanilla), broadcast (x2apic-phys vanilla), broadcast (x2apic-phys pv-ipi)")
                .contains("Cluster vanilla is off by 10 %", "comes out as 7 %");
    }

    @Test
    void whatWasNotMeasuredIsNotTold() {
        IpiBenchResult all = FakeBench.result();
        IpiBenchResult some = new IpiBenchResult(
                all.plan(),
                all.rows().stream()
                        .filter(row -> row.scenario() == Scenario.DRY_RUN
                                || row.scenario() == Scenario.BROADCAST
                                        && row.cell().mode() == SendMode.HV_IPI)
                        .toList(),
                List.of(),
                0,
                true);
        assertThat(new IpiBenchStory(some).paragraphs())
                .containsExactly("To reach 79 other CPUs the sender leaves the guest once with hv-ipi.");
    }
}
