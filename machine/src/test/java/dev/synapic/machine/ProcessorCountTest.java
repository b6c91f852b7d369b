// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.exits.ExitReason;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Machines of every size around which something changes: clusters of 16, banks of 64, windows of 128, xAPIC's 8-bit ids. */
class ProcessorCountTest {
    private static final int ITERATIONS = 2;

    private static IpiBench bench(String guest, int vcpus, String apic, String mode, String scenarios) {
        return IpiBench.run(
                guest,
                IpiBench.machine("skylake-apicv", vcpus),
                "apic=%s mode=%s iterations=%d scenarios=%s".formatted(apic, mode, ITERATIONS, scenarios));
    }

    /**
     * SDM vol. 3A, 9.4.4: one INIT and one SIPI to all but self start every other processor; each reports its own id. (They contend
     * for the serial port, so larger machines take long; ipi-bench starts those.)
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 17, 64, 65, 130})
    void everyProcessorStartsAndReportsItsApicId(int vcpus) {
        try (GuestRun run =
                GuestRun.of("hello-smp", "", MachineConfig.standard().withVcpus(vcpus))) {
            assertThat(run.result().guestStatus()).as("%s", run).isEqualTo(1);
            Stream<String> reports = IntStream.range(0, vcpus).mapToObj(id -> "apic " + id);
            assertThat(run.lines("cpu").stream().map(line -> line.replaceFirst("cpu \\d+ ", "")))
                    .containsExactlyInAnyOrderElementsOf(reports.toList());
            assertThat(run.lines()).endsWith("hello-smp: " + vcpus + " cpus");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2, x2apic-phys, vanilla, 1",
        "3, x2apic-phys, vanilla, 2",
        "17, x2apic-phys, vanilla, 16",
        "256, x2apic-phys, vanilla, 255",
        "2, x2apic-cluster, vanilla, 1",
        "17, x2apic-cluster, vanilla, 2",
        "64, x2apic-cluster, vanilla, 4",
        "65, x2apic-cluster, vanilla, 5",
        "256, x2apic-cluster, vanilla, 16",
        "1024, x2apic-cluster, vanilla, 64",
        "2, xapic, vanilla, 1",
        "17, xapic, vanilla, 16",
        "255, xapic, vanilla, 254",
        "255, xapic, shorthand, 1",
        "2, x2apic-phys, hv-ipi, 1",
        "64, x2apic-phys, hv-ipi, 1",
        "65, x2apic-phys, hv-ipi, 1",
        "256, x2apic-phys, hv-ipi, 1",
        "1024, x2apic-phys, hv-ipi, 1",
        "1024, x2apic-phys, shorthand, 1",
    })
    void aBroadcastReachesAllOthersInThatManySends(int vcpus, String apic, String mode, int sends) {
        IpiBench run = bench("ipi-bench", vcpus, apic, mode, "normal,broadcast,broadcast-lock");

        assertThat(run.rows()).extracting(BenchRow::scenario).containsExactly("normal", "broadcast", "broadcast-lock");
        assertThat(run.row("broadcast").targets()).isEqualTo(vcpus - 1);
        assertThat(run.row("broadcast").sends()).isEqualTo(sends);
        ScenarioCounts counts = run.counts("broadcast");
        assertThat(counts.senderExits()).isEqualTo((long) sends * ITERATIONS);
        assertThat(counts.accepted()).isEqualTo((vcpus - 1L) * ITERATIONS);
        assertThat(counts.coalesced()).isZero();
    }

    /** Linux, Documentation/virt/kvm/x86/hypercalls.rst, 6: a call of a 64-bit guest covers 128 ids from the lowest one up. */
    @ParameterizedTest
    @CsvSource({"2, 1", "3, 1", "17, 1", "64, 1", "65, 1", "128, 1", "129, 1", "130, 2", "256, 2", "258, 3", "1024, 8"})
    void pvIpiCallsOnceForEachWindowOf128Ids(int vcpus, int calls) {
        assertCalls(bench("ipi-bench", vcpus, "x2apic-phys", "pv-ipi", "broadcast"), vcpus, calls);
    }

    /** The same: of a 32-bit guest 64 ids. */
    @ParameterizedTest
    @CsvSource({"2, 1", "64, 1", "65, 1", "66, 2", "129, 2", "130, 3"})
    void pvIpiOfA32BitGuestCallsOnceForEachWindowOf64Ids(int vcpus, int calls) {
        assertCalls(bench("ipi-bench32", vcpus, "x2apic-phys", "pv-ipi", "broadcast"), vcpus, calls);
    }

    private static void assertCalls(IpiBench run, int vcpus, int calls) {
        assertThat(run.row("broadcast").sends()).isEqualTo(calls);
        ScenarioCounts counts = run.counts("broadcast");
        assertThat(counts.sender()).containsOnlyKeys(ExitReason.VMCALL);
        assertThat(counts.senderExits()).isEqualTo((long) calls * ITERATIONS);
        assertThat(counts.accepted()).isEqualTo((vcpus - 1L) * ITERATIONS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xapic", "x2apic-phys", "x2apic-cluster"})
    void aMachineOfOneCpuSkipsTheRowsThatNeedAnother(String apic) {
        IpiBench run = bench("ipi-bench", 1, apic, "vanilla", String.join(",", IpiBench.SCENARIOS));

        assertThat(run.rows()).extracting(BenchRow::scenario).containsExactly("dry-run", "self", "self-ipi");
        assertThat(run.skips())
                .isEqualTo(Stream.of("normal", "broadcast", "broadcast-lock")
                        .map(scenario ->
                                "skip apic=%s mode=vanilla scenario=%s reason=no other CPU".formatted(apic, scenario))
                        .toList());
    }

    /** SDM vol. 3A, 12.4.6: an xAPIC id has 8 bits, and 255 is the broadcast. */
    @ParameterizedTest
    @ValueSource(ints = {256, 1024})
    void xapicCannotAddressSoManyAndSaysSo(int vcpus) {
        IpiBench run = bench("ipi-bench", vcpus, "xapic", "vanilla", "broadcast");

        assertThat(run.rows()).isEmpty();
        assertThat(run.skips())
                .isEqualTo(
                        List.of("skip apic=xapic mode=vanilla scenario=all reason=xAPIC cannot address ids above 254"));
    }

    @Test
    void a32BitGuestSendsAsManyIcrWritesAsA64BitOne() {
        assertThat(bench("ipi-bench32", 80, "x2apic-phys", "vanilla", "broadcast")
                        .row("broadcast")
                        .sends())
                .isEqualTo(79);
        assertThat(bench("ipi-bench32", 80, "x2apic-cluster", "vanilla", "broadcast")
                        .row("broadcast")
                        .sends())
                .isEqualTo(5);
        assertThat(bench("ipi-bench32", 80, "xapic", "shorthand", "broadcast")
                        .row("broadcast")
                        .sends())
                .isEqualTo(1);
    }

    @Test
    void hvIpiIsLeftOutBy32BitGuestsWithTheReason() {
        assertThat(bench("ipi-bench32", 4, "xapic", "hv-ipi", "broadcast").skips())
                .containsExactly("skip apic=xapic mode=hv-ipi scenario=all reason=hv-ipi needs 64-bit mode");
    }

    /** What is not offered in CPUID is not used: the guest says what it missed. */
    @ParameterizedTest
    @CsvSource({
        "none, pv-ipi, KVM PV_SEND_IPI not offered",
        "none, hv-ipi, Hyper-V interface not offered",
        "hyperv, pv-ipi, KVM PV_SEND_IPI not offered",
        "kvm, hv-ipi, Hyper-V interface not offered",
    })
    void aHypervisorsFaceThatIsOffIsNotFound(String hypervisor, String mode, String reason) {
        MachineConfig config = IpiBench.machine("skylake-apicv", 2).withCpu(CpuModel.max(hypervisor));

        assertThat(IpiBench.run(config, "mode=" + mode + " iterations=1").skips())
                .containsExactly("skip apic=xapic mode=%s scenario=all reason=%s".formatted(mode, reason));
    }

    @ParameterizedTest
    @CsvSource({"kvm, pv-ipi", "all, pv-ipi", "hyperv, hv-ipi", "all, hv-ipi"})
    void aHypervisorsFaceThatIsOnIsUsed(String hypervisor, String mode) {
        MachineConfig config = IpiBench.machine("skylake-apicv", 80).withCpu(CpuModel.max(hypervisor));
        IpiBench run = IpiBench.run(config, "mode=" + mode + " iterations=2 scenarios=broadcast");

        assertThat(run.counts("broadcast").sender()).containsOnlyKeys(ExitReason.VMCALL);
        assertThat(run.row("broadcast").sends()).isEqualTo(1);
    }
}
