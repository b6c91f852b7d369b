// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lines of the kernel as 6.1 and 6.12 print them. */
class LinuxIpiLogTest {
    private static final String ROW =
            "ipi_bench: row scenario=broadcast targets=79 operations=50 delivery_ns=0 total_ns=4171513 called=3950";

    private static final String PHYSICAL_61 = "synapic: [    0.03] Switched APIC routing to physical x2apic.\n";
    private static final String CLUSTER_612 = "synapic: [    0.03] APIC: Switched APIC routing to: cluster x2apic\n";
    private static final String PV = "synapic: [    0.03] kvm-guest: setup PV IPIs\n";
    private static final String OFF = "synapic: [    0.17] IPI shorthand broadcast: disabled\n";
    private static final String ON = "synapic: [    0.17] IPI shorthand broadcast: enabled\n";
    private static final String HV = "synapic: [    0.02] Hyper-V: Using IPI hypercalls\n";

    private static Cell cell(ApicKind apic, SendMode mode, boolean shorthand) {
        return new Cell(apic, mode, shorthand);
    }

    @Test
    void aRowHoldsWhatTheGuestMeasured() {
        assertThat(LinuxIpiLog.of(ROW + "\r\n").rows())
                .containsExactly(new LinuxIpiRow.Guest(LinuxScenario.BROADCAST, 79, 50, 0, 4171513, 3950));
    }

    @Test
    void bothProgramsSpeakTheSameWay() {
        String other = ROW.replace("ipi_bench", "membarrier");
        assertThat(LinuxIpiLog.of(other + "\n").rows())
                .isEqualTo(LinuxIpiLog.of(ROW + "\n").rows());
    }

    @Test
    void whatCouldNotBeIsKeptWithItsReason() {
        LinuxIpiLog log = LinuxIpiLog.of(
                "ipi_bench: skip scenario=normal reason=no other CPU\nmembarrier: fail reason=cannot start a thread\n");
        assertThat(log.skipped()).isEqualTo(Map.of(LinuxScenario.NORMAL, "no other CPU"));
        assertThat(log.failures()).containsExactly("cannot start a thread");
        assertThat(log.ended()).isFalse();
    }

    @Test
    void theEndIsSeen() {
        assertThat(LinuxIpiLog.of("ipi_bench: begin cpus=2 sender=0\nipi_bench: end\n")
                        .ended())
                .isTrue();
    }

    @Test
    void aLineThatIsCutOffIsNotRead() {
        assertThat(LinuxIpiLog.of("noise\n" + ROW.substring(0, 40)).rows()).isEmpty();
    }

    @Test
    void aRowThatLacksAFigureIsNotGuessed() {
        assertThatThrownBy(() -> LinuxIpiLog.of("ipi_bench: row scenario=normal targets=1\n"))
                .isInstanceOf(GuestFailure.class)
                .hasMessageContaining("no 'operations'");
        assertThatThrownBy(() -> LinuxIpiLog.of(ROW.replace("=50", "=5[ 0.1]0") + "\n"))
                .isInstanceOf(GuestFailure.class)
                .hasMessageContaining("'operations' is no number");
        assertThatThrownBy(() -> LinuxIpiLog.of("ipi_bench: row scenario=warp targets=1\n"))
                .isInstanceOf(GuestFailure.class)
                .hasMessageContaining("warp");
    }

    @Test
    void aKernelThatDidAsItShouldDoesNotDeviate() {
        assertThat(LinuxIpiLog.of(PHYSICAL_61 + OFF).deviation(cell(ApicKind.X2APIC_PHYS, SendMode.VANILLA, false)))
                .isEmpty();
        assertThat(LinuxIpiLog.of(CLUSTER_612 + PV + ON)
                        .deviation(cell(ApicKind.X2APIC_CLUSTER, SendMode.PV_IPI, true)))
                .isEmpty();
        assertThat(LinuxIpiLog.of(PHYSICAL_61 + HV + ON).deviation(cell(ApicKind.X2APIC_PHYS, SendMode.HV_IPI, false)))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "X2APIC_CLUSTER, VANILLA, false, the kernel did not choose cluster x2apic",
        "X2APIC_PHYS, PV_IPI, false, the kernel did not set up PV IPIs",
        "X2APIC_PHYS, HV_IPI, false, the kernel uses no IPI hypercalls",
        "X2APIC_PHYS, VANILLA, true, the shorthand is not on"
    })
    void whatIsMeasuredUnderAnotherNameIsFound(ApicKind apic, SendMode mode, boolean shorthand, String why) {
        assertThat(LinuxIpiLog.of(PHYSICAL_61 + OFF).deviation(cell(apic, mode, shorthand)))
                .hasValueSatisfying(reason -> assertThat(reason).startsWith(why));
    }

    @Test
    void pvIpisInAVanillaRunAreFound() {
        assertThat(LinuxIpiLog.of(PHYSICAL_61 + PV + OFF)
                        .deviation(cell(ApicKind.X2APIC_PHYS, SendMode.VANILLA, false)))
                .hasValue("the kernel set up PV IPIs");
    }
}
