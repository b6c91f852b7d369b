// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.conformance.DebianGuest.Run;
import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.PcConfig;
import dev.synapic.machine.PcDevice;
import dev.synapic.machine.RunResult;
import dev.synapic.machine.VmbusBoard;
import dev.synapic.vmbus.VmbusChannel;
import dev.synapic.vmbus.integration.Shutdown;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Debian's Linux as a guest of Hyper-V finds VMBus and the integration services, and switches off when it is asked to. Skipped where the
 * kernel's packages cannot be had.
 */
@Execution(ExecutionMode.CONCURRENT)
class LinuxVmbusTest {
    private static final long SECOND_PS = 1_000_000_000_000L;
    private static final long SHUTDOWN_PS = 9 * SECOND_PS;

    private static final String COMMAND = """
        dmesg | grep -o 'Vmbus version:.*'
        dmesg | grep -oE '(Shutdown|TimeSync|Heartbeat) IC version .*'
        for device in /sys/bus/vmbus/devices/*; do
            echo "$(basename $device) $(cat $device/class_id) $(basename $(readlink $device/driver))"
        done
        sleep 1
        echo "date $(date +%s) up $(cut -d. -f1 /proc/uptime)"
        sleep 1000
        """;

    @ParameterizedTest
    @CsvSource({"debian, 1", "debian-6.12, 2"})
    void linuxUsesTheIntegrationServicesAndSwitchesOffWhenAsked(String kernel, int vcpus) {
        MachineConfig config = DebianGuest.machine("hyperv", vcpus);
        List<Machine> machines = new ArrayList<>();
        Run run = DebianGuest.named(kernel).run(config.withPc(config.pc().with(PcDevice.VMBUS)), COMMAND, machine -> {
            machine.requestShutdownAt(SHUTDOWN_PS);
            machines.add(machine);
        });
        assertThat(run.result().outcome()).as(run.console()).isEqualTo(RunResult.Outcome.POWER_OFF);
        assertThat(machines.getFirst().nowPs()).as("the end").isBetween(SHUTDOWN_PS, SHUTDOWN_PS + SECOND_PS);
        assertThat(run.console()).contains("Shutdown request received - graceful shutdown initiated");
        judge(run.output());
        judge(Objects.requireNonNull(machines.getFirst().vmbus()));
    }

    private static void judge(String output) {
        assertThat(output)
                .contains("Vmbus version:5.3", "Shutdown IC version 3.2", "TimeSync IC version 4.0")
                .contains("Heartbeat IC version 3.0")
                .contains("fd149e91-82e0-4a7d-afa6-2a4166cbd7c0 {57164f39-9115-4e78-ab55-382f3bd5422d} hv_utils")
                .contains("2dd1ce17-079e-403c-b352-a1921ee207ee {9527e630-d0ae-497b-adce-e80ab0175caf} hv_utils")
                .contains("b6650ff7-33bc-4840-8048-e0676786f393 {0e0b6031-5213-4934-818b-38d90ced39db} hv_utils")
                .contains("242ff919-07db-4180-9c2e-b86cb68c8c55 {a9a0f4e7-5a45-4d96-b827-8a841e8c03e6} hv_utils");
        String[] words = output.lines()
                .filter(line -> line.startsWith("date "))
                .findFirst()
                .orElseThrow()
                .split(" ");
        long powerOn = Long.parseLong(words[1]) - Long.parseLong(words[3]);
        assertThat(powerOn - PcConfig.standard().epochSeconds())
                .as("the guest's time of day is the board's")
                .isBetween(0L, 1L);
    }

    private static void judge(VmbusBoard vmbus) {
        assertThat(vmbus.shutdown().progress()).isEqualTo(Shutdown.Progress.ACCEPTED);
        assertThat(vmbus.heartbeat().sequence()).as("beats in 8 s").isBetween(4L, 5L);
        assertThat(vmbus.heartbeat().wrong()).isZero();
        assertThat(vmbus.timeSync().answers()).as("times in 8 s").isEqualTo(2);
        assertThat(vmbus.bus().mistakes()).isZero();
        assertThat(vmbus.bus().channels())
                .extracting(VmbusChannel.Counters::mistakes)
                .containsOnly(0L);
    }
}
