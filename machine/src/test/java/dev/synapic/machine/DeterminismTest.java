// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static dev.synapic.machine.trace.TraceEvent.INPUT;
import static dev.synapic.machine.trace.TraceEvent.KVM_APIC_ACCEPT_IRQ;
import static dev.synapic.machine.trace.TraceEvent.KVM_EOI;
import static dev.synapic.machine.trace.TraceEvent.KVM_EXIT;
import static dev.synapic.machine.trace.TraceEvent.KVM_HV_NOTIFY_ACKED_SINT;
import static dev.synapic.machine.trace.TraceEvent.KVM_INJ_VIRQ;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apicv.SynIcApicvPolicy;
import dev.synapic.machine.exits.HardwareProfile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Design decision D3: same inputs and seed, same trace, bit for bit. */
class DeterminismTest {
    private static final String BROADCASTS = "apic=x2apic-phys mode=%s iterations=%d scenarios=normal,broadcast-lock";

    private static MachineConfig machine(int vcpus) {
        return IpiBench.machine("skylake-apicv", vcpus);
    }

    private static long hash(MachineConfig config, String guest, String commandLine) {
        try (GuestRun run = GuestRun.of(guest, commandLine, config)) {
            return run.machine().traceHash();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "skylake-apicv, 80, ipi-bench, apic=x2apic-phys mode=vanilla iterations=5",
        "skylake-apicv, 80, ipi-bench, apic=x2apic-cluster mode=pv-ipi iterations=5",
        "skylake-no-apicv, 80, ipi-bench, apic=xapic mode=vanilla iterations=5",
        "ipi-virtualization, 80, ipi-bench, apic=x2apic-phys mode=vanilla iterations=5",
        "avic, 80, ipi-bench, apic=xapic mode=hv-ipi iterations=5",
        "skylake-apicv, 2, synic-demo, auto-eoi=on rounds=5",
        "skylake-apicv, 17, hello-smp, ''",
        "skylake-apicv, 6, lost-ipi-halt, ''",
    })
    void theSameInputsGiveTheSameTrace(String profile, int vcpus, String guest, String commandLine) {
        MachineConfig config = IpiBench.machine(profile, vcpus);

        assertThat(hash(config, guest, commandLine)).isEqualTo(hash(config, guest, commandLine));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 80})
    void anotherNumberOfIterationsGivesAnotherTrace(int vcpus) {
        assertThat(hash(machine(vcpus), "ipi-bench", BROADCASTS.formatted("pv-ipi", 6)))
                .isNotEqualTo(hash(machine(vcpus), "ipi-bench", BROADCASTS.formatted("pv-ipi", 5)));
    }

    @ParameterizedTest
    @CsvSource({"2, 1", "2, -1", "2, 4711", "80, 1", "80, 4711"})
    void anotherSeedGivesAnotherTrace(int vcpus, long seed) {
        String options = BROADCASTS.formatted("pv-ipi", 5);

        assertThat(hash(machine(vcpus).withSeed(seed), "ipi-bench", options))
                .as("seed %d", seed)
                .isNotEqualTo(hash(machine(vcpus), "ipi-bench", options));
    }

    /** The seed is an input of the trace. Beyond that it shows where processors contend: here for the serial port. */
    @Test
    void anotherSeedInterleavesContendingProcessorsOtherwise() {
        assertThat(events(machine(80).withSeed(1), "hello-smp", ""))
                .isNotEqualTo(events(machine(80).withSeed(2), "hello-smp", ""));
    }

    /**
     * One sender at a time, targets in HLT: the seed may decide in which order the machine carries out what happens on two processors
     * within a slice, but not what happens when.
     */
    @ParameterizedTest
    @ValueSource(strings = {"vanilla", "pv-ipi"})
    void noFigureOfTheBenchmarkDependsOnTheSeed(String mode) {
        String options = BROADCASTS.formatted(mode, 3);

        assertThat(inTime(events(machine(80).withSeed(1), "ipi-bench", options)))
                .isEqualTo(inTime(events(machine(80).withSeed(2), "ipi-bench", options)));
    }

    private static List<RecordedTrace.Event> inTime(List<RecordedTrace.Event> events) {
        return events.stream()
                .sorted(Comparator.comparingLong(RecordedTrace.Event::ps).thenComparingInt(RecordedTrace.Event::vcpu))
                .toList();
    }

    /** All but what says from which inputs the trace was made. */
    private static List<RecordedTrace.Event> events(MachineConfig config, String guest, String commandLine) {
        RecordedTrace trace = new RecordedTrace();
        hash(config.withTrace(trace), guest, commandLine);
        return trace.events().stream().filter(event -> event.kind() != INPUT).toList();
    }

    @Test
    void whatTheMachineIsMadeOfAndWhatItLoadsAreInputsOfTheTrace() {
        MachineConfig config = machine(2);
        HardwareProfile profile = config.profile();
        List<Long> hashes = List.of(
                hash(config, "hello-smp", ""),
                hash(config, "hello-smp", "a=b"),
                hash(config, "ipi-bench-twice", "scenarios=dry-run iterations=1"),
                hash(config, "ipi-bench", "scenarios=dry-run iterations=1"),
                hash(config.withMemoryBytes(128 << 20), "hello-smp", ""),
                hash(config.withVcpus(3), "hello-smp", ""),
                hash(config.withProfile(profile.withLookaheadPs(profile.lookaheadPs() - 1)), "hello-smp", ""));

        assertThat(hashes).doesNotHaveDuplicates();
    }

    @Test
    void whoWatchesChangesNothing() {
        MachineConfig config = machine(20);
        String options = BROADCASTS.formatted("hv-ipi", 3);
        MachineConfig watched = config.withTrace(new RecordedTrace()).withMarks(new ScenarioCounts.Meter());

        assertThat(hash(watched, "ipi-bench", options)).isEqualTo(hash(config, "ipi-bench", options));
    }

    /** Every exit, acceptance, delivery, EOI and EOM that the machine counts is an event, and every event is in the hash. */
    @Test
    void theHashCoversEveryExitAcceptanceDeliveryEoiAndEom() {
        RecordedTrace trace = new RecordedTrace();
        try (GuestRun run =
                GuestRun.of("synic-demo", "auto-eoi=on rounds=3", machine(2).withTrace(trace))) {
            Machine machine = run.machine();

            assertThat(trace.count(KVM_EXIT)).isEqualTo(machine.exitCounters().total());
            assertThat(trace.count(KVM_APIC_ACCEPT_IRQ))
                    .isEqualTo(machine.interrupts().accepted());
            assertThat(trace.count(KVM_INJ_VIRQ)).isEqualTo(machine.interrupts().acknowledged());
            assertThat(trace.count(KVM_EOI)).isEqualTo(machine.interrupts().eois());
            assertThat(trace.count(event -> event.kind() == KVM_HV_NOTIFY_ACKED_SINT && event.b() == 1))
                    .as("EOM")
                    .isPositive();
            assertThat(trace.hash()).isEqualTo(machine.traceHash());
            assertThat(trace.events()).hasSize(Math.toIntExact(machine.traceEvents()));
        }
    }

    /** As {@link #theHashCoversEveryExitAcceptanceDeliveryEoiAndEom}, for the policy that inhibits APICv from activation on. */
    @Test
    void thePolicyThatInhibitsApicvGivesAnotherTrace() {
        MachineConfig config = machine(2);

        assertThat(hash(
                        config.withApicvPolicy(SynIcApicvPolicy.Rule.ACTIVATION),
                        "synic-demo",
                        "auto-eoi=off rounds=3"))
                .isNotEqualTo(hash(config, "synic-demo", "auto-eoi=off rounds=3"));
    }

    /** What the just-in-time compiler does must not show: a fresh JVM, compiled otherwise, gives the same trace. */
    @ParameterizedTest
    @ValueSource(strings = {"-XX:TieredStopAtLevel=1", "-Xint"})
    void aJvmThatCompilesOtherwiseGivesTheSameTrace(String compiler) throws IOException, InterruptedException {
        String options = BROADCASTS.formatted("pv-ipi", 20);

        assertThat(inAnotherJvm(compiler, options))
                .isEqualTo(Long.toHexString(hash(machine(80), "ipi-bench", options)));
    }

    private static String inAnotherJvm(String compiler, String options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                compiler,
                "-Dsynapic.root=" + System.getProperty("synapic.root", ".."),
                "-cp",
                System.getProperty("java.class.path"),
                InAnotherJvm.class.getName(),
                options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    /** Prints the hash of one run. */
    static final class InAnotherJvm {
        private InAnotherJvm() {}

        public static void main(String[] args) {
            System.out.println(Long.toHexString(hash(machine(80), "ipi-bench", args[0])));
        }
    }
}
