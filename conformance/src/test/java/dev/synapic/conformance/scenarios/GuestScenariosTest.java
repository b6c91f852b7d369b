// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.MarkListener;
import dev.synapic.machine.RunResult;
import dev.synapic.machine.exits.ExitCounters;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.HardwareProfiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Stories that need guest code: our own programs (guests/README.md) on the machine. */
class GuestScenariosTest {
    private static final int GUEST_OK = 1;
    private static final int ITERATIONS = 4;
    private static final int CPUS = 18;

    /** What one run left behind. */
    private record Run(RunResult result, String console, String stateDump) {}

    private static Run run(String guest, String commandLine, MachineConfig config) throws IOException {
        Path root = Path.of(System.getProperty("synapic.root", ".."));
        byte[] image = Files.readAllBytes(root.resolve("guests/images/" + guest + ".elf"));
        StringBuilder console = new StringBuilder();
        try (Machine machine = new Machine(config.withConsole(b -> console.append((char) b)))) {
            machine.loadMultiboot(guest, image, commandLine);
            RunResult result = machine.run();
            return new Run(result, console.toString(), machine.stateDump());
        }
    }

    /**
     * VirtualBox #861: guests on many machines of a laboratory hang, and a processor is blamed that "has simply never received"
     * its IPI. The questions that took a survey are one screen: was it sent, by whom and when, was it accepted, and what keeps
     * the processor from taking it.
     */
    @Test
    void lostIpiHalt() throws IOException {
        Run run = run("lost-ipi-halt", "", MachineConfig.standard().withVcpus(6));

        assertThat(run.result.outcome()).isEqualTo(RunResult.Outcome.DEADLOCK);
        String sent = "0x41 pending, sent from vcpu 0 at rip 0x[0-9a-f]+, took effect at [0-9.]+ us; blocked by: ";
        assertThat(of(run, 2)).containsPattern(sent + "IF=0 at rip 0x[0-9a-f]+\n");
        assertThat(of(run, 3)).containsPattern(sent + "TPR class 0x5\n");
        assertThat(of(run, 4)).containsPattern(sent + "ISR: vector 0x4f is in service and was not ended");
        assertThat(of(run, 5)).contains("its APIC timer counts, but LVT timer is masked");
        assertThat(of(run, 1)).as("it took its own").contains("halted", "IF=1", "IRR {}");
    }

    private static String of(Run run, int vcpu) {
        for (String block : run.stateDump.split("(?m)^vcpu ")) {
            if (block.startsWith(vcpu + " ")) {
                return block;
            }
        }
        throw new AssertionError("no vcpu " + vcpu + " in\n" + run.stateDump);
    }

    /** illumos #56, omnios #482: ports panic or hang with exactly one processor, where a broadcast has no target. */
    @Test
    void oneVcpu() throws IOException {
        Run smp = run("hello-smp", "", MachineConfig.standard().withVcpus(1));
        assertThat(smp.result.guestStatus()).as(smp.console).isEqualTo(GUEST_OK);
        assertThat(smp.console).isEqualTo("cpu 0 apic 0\nhello-smp: 1 cpus\n");

        Run synic = run("synic-demo", "rounds=10", MachineConfig.standard().withVcpus(1));
        assertThat(synic.result.guestStatus()).as(synic.console).isEqualTo(GUEST_OK);
    }

    /** Ids above 255 do not fit into an xAPIC's register or an MSI's eight bits; every processor still starts and is reached. */
    @ParameterizedTest
    @ValueSource(strings = {"x2apic-phys", "x2apic-cluster"})
    void above255(String apic) throws IOException {
        int cpus = 260;
        Counts counts = new Counts();
        MachineConfig config = MachineConfig.standard().withVcpus(cpus).withMarks(counts);

        Run run = run("ipi-bench", "apic=%s mode=vanilla iterations=2 scenarios=broadcast".formatted(apic), config);

        assertThat(run.result.guestStatus()).as(run.console).isEqualTo(GUEST_OK);
        assertThat(counts.accepted).isEqualTo(2L * (cpus - 1));
        int clusters = (cpus + 15) / 16;
        assertThat(counts.perOperation(ExitReason.MSR_WRITE, 2))
                .isEqualTo(apic.endsWith("cluster") ? clusters : cpus - 1);
    }

    /**
     * Three ways to reach everybody else, and what each costs the sender in exits: a write per target or per cluster, one write
     * with a shorthand, one hypercall. Linux takes the shorthand since 5.4, so that a broadcast shows nothing of KVM's "send
     * IPI" hypercall unless {@code no_ipi_broadcast=1} is set; and with hardware that sends IPIs itself, a hypercall costs an
     * exit that a write no longer does (kvm-list 2021, AVIC against PV_SEND_IPI).
     */
    @ParameterizedTest
    @CsvSource({
        "skylake-apicv, x2apic-phys, vanilla, MSR_WRITE, 17",
        "skylake-apicv, x2apic-cluster, vanilla, MSR_WRITE, 2",
        "skylake-apicv, x2apic-phys, shorthand, MSR_WRITE, 1",
        "skylake-apicv, x2apic-phys, pv-ipi, VMCALL, 1",
        "skylake-apicv, x2apic-phys, hv-ipi, VMCALL, 1",
        "ipi-virtualization, x2apic-phys, vanilla, MSR_WRITE, 0",
        "ipi-virtualization, x2apic-phys, pv-ipi, VMCALL, 1",
    })
    void threeWaysToBroadcast(String profile, String apic, String mode, ExitReason reason, int exits)
            throws IOException {
        Counts counts = new Counts();
        MachineConfig config = MachineConfig.standard()
                .withProfile(HardwareProfiles.load().get(profile))
                .withVcpus(CPUS)
                .withMarks(counts);
        String commandLine = "apic=%s mode=%s iterations=%d scenarios=broadcast".formatted(apic, mode, ITERATIONS);

        Run run = run("ipi-bench", commandLine, config);

        assertThat(run.result.guestStatus()).as(run.console).isEqualTo(GUEST_OK);
        assertThat(counts.accepted).as("every way reaches all 17").isEqualTo((long) ITERATIONS * (CPUS - 1));
        assertThat(counts.perOperation(reason, ITERATIONS))
                .as("%s %s", profile, counts.sender)
                .isEqualTo(exits);
        ExitReason other = reason == ExitReason.VMCALL ? ExitReason.MSR_WRITE : ExitReason.VMCALL;
        assertThat(counts.sender.getOrDefault(other, 0L)).as("%s", other).isZero();
    }

    /** What the machine counts between the guest's two marks: the sender's exits, and what was accepted. */
    private static final class Counts implements MarkListener {
        private final Map<ExitReason, Long> sender = new EnumMap<>(ExitReason.class);
        private long accepted;

        @Override
        public void mark(Machine machine, int word) {
            int sign = Machine.begins(word) ? -1 : 1;
            ExitCounters counters = machine.vcpus().getFirst().exitCounters();
            for (ExitReason reason : ExitReason.values()) {
                sender.merge(reason, sign * counters.countOf(reason), Long::sum);
            }
            accepted += sign * machine.interrupts().accepted();
        }

        long perOperation(ExitReason reason, int operations) {
            assertThat(sender.get(reason) % operations).isZero();
            return sender.get(reason) / operations;
        }
    }
}
