// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.vmbus.VmbusChannel;
import dev.synapic.vmbus.integration.Shutdown;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** VMBus in a machine; what a guest makes of it is LinuxVmbusTest's to judge. */
class VmbusBoardTest {
    private static final MachineConfig HYPERV = MachineConfig.standard()
            .withCpu(CpuModel.max("hyperv"))
            .withPc(PcConfig.standard().with(PcDevice.VMBUS));
    private static final byte[] HALT = TinyGuest.of("f4 ; hlt");

    private static Machine halted(MachineConfig config) {
        Machine machine = new Machine(config);
        machine.loadMultiboot("halt", HALT, "");
        return machine;
    }

    @Test
    void vmbusNeedsTheSynIc() {
        try (Machine with = new Machine(HYPERV);
                Machine without = new Machine(HYPERV.withCpu(HYPERV.cpu().without(CpuFeature.HV_SYNIC)))) {
            assertThat(with.vmbus()).isNotNull();
            assertThat(without.vmbus()).isNull();
        }
    }

    /** Linux takes KVM's interface where it finds both (arch/x86/kernel/cpu/hypervisor.c: the higher leaf wins). */
    @Test
    void onlyAGuestThatFindsNoKvmTakesHypervs() {
        assertThat(CpuModel.max("hyperv").isHypervWithSynIc()).isTrue();
        assertThat(CpuModel.parse("max,-hv-stimer-direct,-hv-stimer,-hv-synic", "hyperv")
                        .isHypervWithSynIc())
                .isFalse();
        assertThat(List.of("none", "kvm", "all"))
                .allSatisfy(face -> assertThat(CpuModel.max(face).isHypervWithSynIc())
                        .as(face)
                        .isFalse());
    }

    @Test
    void noTwoDevicesHaveTheSameInstance() {
        try (Machine machine = new Machine(HYPERV)) {
            List<VmbusChannel.Counters> channels = machine.vmbus().bus().channels();
            assertThat(new HashSet<>(channels.stream()
                            .map(VmbusChannel.Counters::instanceId)
                            .toList()))
                    .hasSameSizeAs(channels);
        }
    }

    @Test
    void requestToShutDownComesAtItsVirtualTimeAndWaitsForADriver() {
        try (Machine machine = halted(HYPERV);
                Machine other = halted(HYPERV)) {
            machine.requestShutdownAt(3_000_000_000_000L);
            assertThat(machine.run().outcome())
                    .as("with nothing else to come it is still seen to be dead")
                    .isEqualTo(RunResult.Outcome.DEADLOCK);
            assertThat(machine.nowPs()).isEqualTo(3_000_000_000_000L);
            assertThat(machine.vmbus().shutdown().progress()).isEqualTo(Shutdown.Progress.WAITING);
            other.run();
            assertThat(machine.traceHash()).as("it is an input of the run").isNotEqualTo(other.traceHash());
        }
    }

    @Test
    void requestFromOutsideIsHeardWhileTheMachineRuns() {
        try (Machine machine = halted(HYPERV)) {
            machine.requestShutdown();
            machine.run();
            assertThat(machine.vmbus().shutdown().progress()).isEqualTo(Shutdown.Progress.WAITING);
        }
    }

    @Test
    void requestWithoutVmbusIsRefused() {
        try (Machine machine = new Machine(MachineConfig.standard())) {
            assertThatThrownBy(machine::requestShutdown)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("VMBus");
        }
    }
}
