// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import dev.synapic.machine.CpuFeature;
import dev.synapic.machine.MachineConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinuxIpiPlanTest {
    private static final Cell PHYSICAL = new Cell(ApicKind.X2APIC_PHYS, SendMode.VANILLA, false);
    private static final Cell CLUSTER = new Cell(ApicKind.X2APIC_CLUSTER, SendMode.PV_IPI, true);
    private static final Cell HYPERV = new Cell(ApicKind.X2APIC_PHYS, SendMode.HV_IPI, false);

    private static MachineConfig machine(Cell cell) {
        return FakeLinuxBench.plan(List.of(cell)).machine(cell);
    }

    @Test
    void everyChoiceIsAMachineButHyperVsOnlyOne() {
        List<Cell> cells = FakeLinuxBench.plan().cells();
        assertThat(cells).hasSize(2 * 2 * 2 + 1).doesNotHaveDuplicates();
        assertThat(cells.stream().filter(cell -> cell.mode() == SendMode.HV_IPI))
                .containsExactly(HYPERV);
    }

    /** Linux: cluster mode needs interrupt remapping in x2APIC mode, else a guest of KVM takes physical mode (arch/x86/kernel/apic/apic.c). */
    @Test
    void theRemappingUnitDecidesBetweenPhysicalAndClusterMode() {
        assertThat(machine(PHYSICAL).pc().iommu()).isNull();
        assertThat(machine(CLUSTER).pc().iommu()).isNotNull();
    }

    @Test
    void vanillaIsAGuestOfKvmThatIsNotOfferedPvIpis() {
        assertThat(machine(PHYSICAL).cpu().has(CpuFeature.KVM_PV_IPI)).isFalse();
        assertThat(machine(PHYSICAL).cpu().has(CpuFeature.KVMCLOCK)).isTrue();
        assertThat(machine(CLUSTER).cpu().has(CpuFeature.KVM_PV_IPI)).isTrue();
        assertThat(machine(HYPERV).cpu().has(CpuFeature.KVM_PV_IPI)).isFalse();
        assertThat(machine(HYPERV).cpu().has(CpuFeature.HV_IPI)).isTrue();
    }

    @Test
    void onlyWithoutTheShorthandTheKernelIsTold() {
        LinuxIpiPlan plan = FakeLinuxBench.plan();
        assertThat(plan.words(PHYSICAL)).contains("no_ipi_broadcast=1");
        assertThat(plan.words(CLUSTER)).isEmpty();
    }

    @Test
    void titlesNameTheShorthandWhereItMatters() {
        assertThat(PHYSICAL.title()).isEqualTo("x2apic physical mode, vanilla, shorthand off");
        assertThat(HYPERV.title()).isEqualTo("x2apic physical mode, hv-ipi");
    }
}
