// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.bench.ApicKind;
import dev.synapic.cli.bench.LinuxIpiBench;
import dev.synapic.cli.bench.LinuxIpiGuest;
import dev.synapic.cli.bench.LinuxIpiPlan;
import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import dev.synapic.cli.bench.LinuxIpiResult;
import dev.synapic.cli.bench.LinuxIpiRow;
import dev.synapic.cli.bench.LinuxScenario;
import dev.synapic.cli.bench.LinuxVariant;
import dev.synapic.cli.bench.SendMode;
import dev.synapic.cli.debian.DebianGuests;
import dev.synapic.cli.debian.LinuxGuest;
import dev.synapic.cli.debian.ModuleBuild;
import dev.synapic.cli.guests.LinuxPrograms;
import dev.synapic.cli.terminal.Interruption;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.exits.HardwareProfiles;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Debian's Linux on 18 CPUs, two clusters: what a broadcast costs its sender. Expected exits from the text that came with KVM's "send IPI"
 * hypercall: one for each target in physical mode, one for each cluster, one by hypercall; and from Linux's native_send_call_func_ipi(), which
 * takes the shorthand where all others are targets. Skipped where the kernel's packages cannot be had.
 */
@Execution(ExecutionMode.CONCURRENT)
class LinuxIpiTest {
    private static final int VCPUS = 18;
    private static final int ITERATIONS = 20;
    private static final Cell PHYSICAL = new Cell(ApicKind.X2APIC_PHYS, SendMode.VANILLA, false);
    private static final Cell CLUSTER = new Cell(ApicKind.X2APIC_CLUSTER, SendMode.VANILLA, false);
    private static final Cell PV = new Cell(ApicKind.X2APIC_CLUSTER, SendMode.PV_IPI, false);
    private static final Cell PV_SHORTHAND = new Cell(ApicKind.X2APIC_PHYS, SendMode.PV_IPI, true);
    private static final Cell HYPERV = new Cell(ApicKind.X2APIC_PHYS, SendMode.HV_IPI, false);

    private final LinuxGuest guest = DebianGuest.named("debian").linux();

    /** A module that does not compile is a failure; headers or tools that are not there are none. */
    private byte[] module() {
        HostTool.assumeInstalled("make");
        try {
            return new ModuleBuild(DebianGuests.userCache())
                    .module("ipi_bench", LinuxPrograms.ipiBenchSources(), guest.release(), false, what -> {});
        } catch (ConfigurationException e) {
            assertThat(e).message().doesNotContain("error:");
            return Assumptions.abort(e.getMessage());
        }
    }

    private LinuxIpiResult run(LinuxVariant variant, byte[] program, Cell... cells) {
        LinuxIpiPlan plan = new LinuxIpiPlan(
                VCPUS,
                ITERATIONS,
                List.of(cells),
                LinuxIpiGuest.of(guest, variant, program, ITERATIONS),
                HardwareProfiles.load().get(MachineConfig.DEFAULT_PROFILE),
                0);
        LinuxIpiResult result = new LinuxIpiBench(plan, new Interruption(), (cell, what) -> {}).run();
        assertThat(result.skipped()).isEmpty();
        return result;
    }

    /** Sender's exits and IPIs by Linux's own count; other calls of the kernel may fall into a row's time. */
    private static void assertBroadcast(LinuxIpiResult result, Cell cell, LinuxScenario scenario, int exits) {
        LinuxIpiRow row = result.row(cell, scenario).orElseThrow();
        assertThat(row.senderExitsPerOperation())
                .as("%s, %s: sender's exits", cell.title(), scenario.option())
                .isEqualTo(exits);
        assertThat(row.calledPerOperation())
                .as("%s, %s: IPIs taken, by Linux", cell.title(), scenario.option())
                .isBetween((double) row.targets(), row.targets() + 0.5);
    }

    @Test
    void theModulesBroadcastIsOneExitForEachTargetOrClusterOrOne() {
        LinuxIpiResult result = run(LinuxVariant.MODULE, module(), PHYSICAL, CLUSTER, PV, HYPERV);
        for (LinuxScenario scenario : List.of(LinuxScenario.BROADCAST, LinuxScenario.BROADCAST_LOCK)) {
            assertBroadcast(result, PHYSICAL, scenario, 17);
            assertBroadcast(result, CLUSTER, scenario, 2);
            assertBroadcast(result, PV, scenario, 1);
            assertBroadcast(result, HYPERV, scenario, 1);
        }
        for (Cell cell : List.of(PHYSICAL, CLUSTER, PV)) {
            assertThat(result.row(cell, LinuxScenario.SELF).orElseThrow().senderExitsPerOperation())
                    .as("a call to itself is no IPI")
                    .isZero();
            assertThat(result.row(cell, LinuxScenario.NORMAL).orElseThrow().hypercallsPerOperation())
                    .as("one target never takes the hypercall (kvm_setup_pv_ipi)")
                    .isZero();
        }
    }

    @Test
    void membarrierTakesTheShorthandUnlessACpuIsLeftOut() {
        LinuxIpiResult result = run(LinuxVariant.MEMBARRIER, LinuxPrograms.membarrier(), PHYSICAL, PV_SHORTHAND);
        assertBroadcast(result, PHYSICAL, LinuxScenario.BROADCAST, 17);
        assertBroadcast(result, PHYSICAL, LinuxScenario.SUBSET, 16);
        assertBroadcast(result, PV_SHORTHAND, LinuxScenario.BROADCAST, 1);
        assertThat(result.row(PV_SHORTHAND, LinuxScenario.BROADCAST)
                        .orElseThrow()
                        .hypercallsPerOperation())
                .as("by the ICR, although PV IPIs are set up")
                .isZero();
        assertBroadcast(result, PV_SHORTHAND, LinuxScenario.SUBSET, 1);
        assertThat(result.row(PV_SHORTHAND, LinuxScenario.SUBSET).orElseThrow().hypercallsPerOperation())
                .isEqualTo(1);
    }
}
