// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import org.junit.jupiter.api.Test;

class PublishedTest {
    private static final Cell PHYSICAL_PV = new Cell(ApicKind.X2APIC_PHYS, SendMode.PV_IPI);
    private static final Cell CLUSTER_PV = new Cell(ApicKind.X2APIC_CLUSTER, SendMode.PV_IPI);

    @Test
    void broadcastsCompareOnlyWithTheSameNumberOfTargets() {
        assertThat(Published.of(PHYSICAL_PV, Scenario.BROADCAST, 80)).isEqualTo(new Published.Time(0, 7806540019L));
        assertThat(Published.of(PHYSICAL_PV, Scenario.BROADCAST, 79)).isNull();
        assertThat(Published.of(PHYSICAL_PV, Scenario.NORMAL, 2)).isEqualTo(new Published.Time(219454441, 249583458));
    }

    @Test
    void whatWasNotPublishedIsNotInvented() {
        assertThat(Published.of(PHYSICAL_PV, Scenario.SELF_IPI, 80)).isNull();
        assertThat(Published.of(new Cell(ApicKind.XAPIC, SendMode.VANILLA), Scenario.BROADCAST, 80))
                .isNull();
        assertThat(Published.of(new Cell(ApicKind.X2APIC_PHYS, SendMode.HV_IPI), Scenario.BROADCAST, 80))
                .isNull();
    }

    @Test
    void threeRowsFixedConstantsOfOneProfile() {
        long calibrated = FakeBench.result().rows().stream()
                .filter(IpiBenchRow::calibrated)
                .count();
        assertThat(calibrated).isEqualTo(3);
        assertThat(Published.calibrates(PHYSICAL_PV, Scenario.BROADCAST, 80, "skylake-apicv"))
                .isTrue();
        assertThat(Published.calibrates(PHYSICAL_PV, Scenario.BROADCAST, 80, "skylake-no-apicv"))
                .isFalse();
        assertThat(Published.calibrates(PHYSICAL_PV, Scenario.BROADCAST, 81, "skylake-apicv"))
                .isFalse();
        assertThat(Published.calibrates(CLUSTER_PV, Scenario.BROADCAST, 80, "skylake-apicv"))
                .isFalse();
    }

    @Test
    void boostsAreRoundedDownAsThePublishedOnesAre() {
        assertThat(Published.boostPercent(9282161150.0 / 7572293590.0)).isEqualTo(22);
        assertThat(Published.boostPercent(19845070887.0 / 7806540019.0)).isEqualTo(154);
    }
}
