// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.exits.ExitReason;
import java.util.HashMap;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The control image sends twice per operation and is otherwise the same source: what does not double was not measured. */
class IpiBenchTwiceTest {
    private static final int VCPUS = 20;

    @ParameterizedTest
    @CsvSource({
        "skylake-apicv, xapic, vanilla",
        "skylake-apicv, x2apic-phys, pv-ipi",
        "skylake-apicv, x2apic-cluster, hv-ipi",
        "skylake-no-apicv, xapic, vanilla",
        "avic, xapic, shorthand",
    })
    void twoSendsPerOperationDoubleEveryFigure(String profile, String apic, String mode) {
        MachineConfig config = IpiBench.machine(profile, VCPUS);
        String options = "apic=%s mode=%s iterations=10".formatted(apic, mode);
        IpiBench once = IpiBench.run("ipi-bench", config, options);
        IpiBench twice = IpiBench.run("ipi-bench-twice", config, options);

        assertThat(twice.rows()).hasSameSizeAs(once.rows()).hasSize(IpiBench.SCENARIOS.size());
        for (BenchRow row : once.rows()) {
            String scenario = row.scenario();
            assertThat(twice.row(scenario).operations()).isEqualTo(row.operations());
            assertThat(twice.row(scenario).sends()).as("sends of %s", row).isEqualTo(2 * row.sends());
            assertCountsDouble(once.counts(scenario), twice.counts(scenario));
            assertThat(twice.row(scenario).totalTicks())
                    .as("time of %s", row)
                    .isCloseTo(2 * row.totalTicks(), Percentage.withPercentage(scenario.equals("dry-run") ? 20 : 5));
        }
        assertThat(twice.row("normal").deliveryTicks())
                .isCloseTo(2 * once.row("normal").deliveryTicks(), Percentage.withPercentage(5));
    }

    private static void assertCountsDouble(ScenarioCounts once, ScenarioCounts twice) {
        assertThat(twice.sender()).isEqualTo(doubled(once.sender()));
        assertThat(twice.receivers()).isEqualTo(doubled(once.receivers()));
        assertThat(twice.accepted()).isEqualTo(2 * once.accepted());
        assertThat(twice.acknowledged()).isEqualTo(2 * once.acknowledged());
        assertThat(twice.eois()).isEqualTo(2 * once.eois());
    }

    private static Map<ExitReason, Long> doubled(Map<ExitReason, Long> counts) {
        Map<ExitReason, Long> twice = new HashMap<>(counts);
        twice.replaceAll((reason, count) -> 2 * count);
        return twice;
    }
}
