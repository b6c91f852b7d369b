// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static dev.synapic.machine.exits.ExitReason.APIC_ACCESS;
import static dev.synapic.machine.exits.ExitReason.HLT;
import static dev.synapic.machine.exits.ExitReason.MSR_WRITE;
import static dev.synapic.machine.exits.ExitReason.VMCALL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.exits.ExitReason;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The experiment that justified KVM's send-IPI hypercall (Linux commit 4180bf1b655a, "KVM: X86: Implement "send IPI" hypercall"): 80
 * virtual CPUs, one sends to all others. Exits follow from the guest's code alone and are counted, not computed; every test says how
 * many of each reason there are, and that there are no others.
 */
class FoundingExperimentTest {
    private static final int VCPUS = 80;
    private static final int TARGETS = 79;
    private static final int ITERATIONS = 4;

    private static IpiBench broadcast(String profile, String apic, String mode) {
        return IpiBench.run(
                IpiBench.machine(profile, VCPUS),
                "apic=%s mode=%s iterations=%d scenarios=normal,broadcast".formatted(apic, mode, ITERATIONS));
    }

    private static Map<ExitReason, Long> eachTime(ExitReason reason, long exits) {
        return Map.of(reason, exits * ITERATIONS);
    }

    private static Map<ExitReason, Long> eachTime(ExitReason first, long exits, ExitReason second, long others) {
        return Map.of(first, exits * ITERATIONS, second, others * ITERATIONS);
    }

    /**
     * With APICv the ICR write of an IPI exits: as MSR write in x2APIC mode, behind the instruction in xAPIC mode, where the write of
     * ICR2 does not (SDM vol. 3C, 30.4.3.2 and 30.5). Vanilla is one write per target, or per cluster of 16 ids.
     */
    @ParameterizedTest
    @CsvSource({
        "xapic,          vanilla,   APIC_WRITE, 79",
        "xapic,          shorthand, APIC_WRITE, 1",
        "xapic,          pv-ipi,    VMCALL,     1",
        "xapic,          hv-ipi,    VMCALL,     1",
        "x2apic-phys,    vanilla,   MSR_WRITE,  79",
        "x2apic-phys,    shorthand, MSR_WRITE,  1",
        "x2apic-phys,    pv-ipi,    VMCALL,     1",
        "x2apic-phys,    hv-ipi,    VMCALL,     1",
        "x2apic-cluster, vanilla,   MSR_WRITE,  5",
        "x2apic-cluster, shorthand, MSR_WRITE,  1",
        "x2apic-cluster, pv-ipi,    VMCALL,     1",
        "x2apic-cluster, hv-ipi,    VMCALL,     1",
    })
    void withApicvABroadcastCostsTheSenderOneExitForEachSendAndAReceiverItsHalt(
            String apic, String mode, ExitReason reason, int exits) {
        IpiBench run = broadcast("skylake-apicv", apic, mode);

        assertThat(run.row("broadcast").sends()).isEqualTo(exits);
        ScenarioCounts counts = run.counts("broadcast");
        assertThat(counts.sender()).isEqualTo(eachTime(reason, exits));
        assertThat(counts.receivers()).isEqualTo(eachTime(HLT, TARGETS));
    }

    /** Without APICv each access to the APIC's page exits: ICR2 and ICR for a target, and the receiver's EOI. */
    @ParameterizedTest
    @CsvSource({
        "xapic,          vanilla,   158",
        "xapic,          shorthand, 1",
    })
    void withoutApicvXapicPaysForEachRegisterThatIsWritten(String apic, String mode, int exits) {
        ScenarioCounts counts = broadcast("skylake-no-apicv", apic, mode).counts("broadcast");

        assertThat(counts.sender()).isEqualTo(eachTime(APIC_ACCESS, exits));
        assertThat(counts.receivers()).isEqualTo(eachTime(HLT, TARGETS, APIC_ACCESS, TARGETS));
    }

    /** The x2APIC's ICR is one MSR (SDM vol. 3A, 12.12.9), so only the receiver's EOI comes on top. */
    @ParameterizedTest
    @CsvSource({
        "x2apic-phys,    vanilla, MSR_WRITE, 79",
        "x2apic-cluster, vanilla, MSR_WRITE, 5",
        "x2apic-phys,    pv-ipi,  VMCALL,    1",
        "x2apic-phys,    hv-ipi,  VMCALL,    1",
    })
    void withoutApicvX2apicCostsTheSenderNoMoreAndTheReceiverItsEoi(
            String apic, String mode, ExitReason reason, int exits) {
        ScenarioCounts counts = broadcast("skylake-no-apicv", apic, mode).counts("broadcast");

        assertThat(counts.sender()).isEqualTo(eachTime(reason, exits));
        assertThat(counts.receivers()).isEqualTo(eachTime(HLT, TARGETS, MSR_WRITE, TARGETS));
    }

    /** Whatever way it is sent: 79 requests arrive, none finds its IRR bit set, each is taken once and ended once. */
    @ParameterizedTest
    @CsvSource({
        "skylake-apicv,      xapic,          vanilla",
        "skylake-apicv,      x2apic-phys,    vanilla",
        "skylake-apicv,      x2apic-cluster, vanilla",
        "skylake-apicv,      x2apic-phys,    shorthand",
        "skylake-apicv,      x2apic-phys,    pv-ipi",
        "skylake-apicv,      x2apic-phys,    hv-ipi",
        "skylake-no-apicv,   xapic,          vanilla",
        "ipi-virtualization, x2apic-phys,    vanilla",
        "avic,               xapic,          vanilla",
    })
    void everyTargetAcceptsTakesAndEndsItOnce(String profile, String apic, String mode) {
        ScenarioCounts counts = broadcast(profile, apic, mode).counts("broadcast");

        long all = (long) TARGETS * ITERATIONS;
        assertThat(counts.accepted()).isEqualTo(all);
        assertThat(counts.coalesced()).isZero();
        assertThat(counts.acknowledged()).isEqualTo(all);
        assertThat(counts.eois()).isEqualTo(all);
    }

    /** Guests send to one CPU by the plain ICR in every mode, so the hypercalls must not change that row. */
    @ParameterizedTest
    @CsvSource({"vanilla", "shorthand", "pv-ipi", "hv-ipi"})
    void aNormalIpiIsOnePlainIcrWriteInEveryMode(String mode) {
        ScenarioCounts counts = broadcast("skylake-apicv", "x2apic-phys", mode).counts("normal");

        assertThat(counts.sender()).isEqualTo(eachTime(MSR_WRITE, 1));
        assertThat(counts.receivers()).isEqualTo(eachTime(HLT, 1));
        assertThat(counts.accepted()).isEqualTo(ITERATIONS);
    }

    /** SDM vol. 3C, 30.1.6: IPI virtualization posts IPIs to one physical destination; nobody exits to send them. */
    @ParameterizedTest
    @CsvSource({"xapic", "x2apic-phys"})
    void ipiVirtualizationSendsToOnePhysicalDestinationWithoutAnExit(String apic) {
        IpiBench run = broadcast("ipi-virtualization", apic, "vanilla");

        assertThat(run.row("broadcast").sends()).isEqualTo(TARGETS);
        assertThat(run.counts("broadcast").sender()).isEmpty();
        assertThat(run.counts("normal").sender()).isEmpty();
        assertThat(run.counts("broadcast").receivers()).isEqualTo(eachTime(HLT, TARGETS));
    }

    /** Logical destinations and shorthands are not virtualized (SDM vol. 3C, 30.1.6); hypercalls exit by their nature. */
    @ParameterizedTest
    @CsvSource({
        "x2apic-cluster, vanilla,   MSR_WRITE,  5",
        "x2apic-phys,    shorthand, MSR_WRITE,  1",
        "xapic,          shorthand, APIC_WRITE, 1",
        "x2apic-phys,    pv-ipi,    VMCALL,     1",
    })
    void ipiVirtualizationDoesNotHelpClustersShorthandsAndHypercalls(
            String apic, String mode, ExitReason reason, int exits) {
        ScenarioCounts counts = broadcast("ipi-virtualization", apic, mode).counts("broadcast");

        assertThat(counts.sender()).isEqualTo(eachTime(reason, exits));
    }

    /** The xAPIC-only EPYC of the founding document: the profile takes X2APIC out of CPUID, and the guest says so. */
    @ParameterizedTest
    @CsvSource({"x2apic-phys, vanilla", "x2apic-cluster, pv-ipi"})
    void underAvicTheGuestFindsNoX2apicAndSkips(String apic, String mode) {
        IpiBench run = broadcast("avic", apic, mode);

        assertThat(run.rows()).isEmpty();
        assertThat(run.skips())
                .containsExactly("skip apic=%s mode=%s scenario=all reason=x2APIC not offered".formatted(apic, mode));
    }

    /**
     * AMD APM vol. 2, 15.29.6: AVIC rings the doorbell of targets that run; a target that does not run makes the ICR write exit with
     * AVIC_INCOMPLETE_IPI. Targets in HLT do not run. The receiver's EOI of an edge interrupt does not exit (15.29.3.1).
     */
    @ParameterizedTest
    @CsvSource({
        "vanilla,   AVIC_INCOMPLETE_IPI, 79",
        "shorthand, AVIC_INCOMPLETE_IPI, 1",
        "pv-ipi,    VMCALL,              1",
        "hv-ipi,    VMCALL,              1",
    })
    void underAvicAnIpiToHaltedTargetsIsIncomplete(String mode, ExitReason reason, int exits) {
        ScenarioCounts counts = broadcast("avic", "xapic", mode).counts("broadcast");

        assertThat(counts.sender()).isEqualTo(eachTime(reason, exits));
        assertThat(counts.receivers()).isEqualTo(eachTime(HLT, TARGETS));
    }

    /** A self-IPI is virtualized by APICv and AVIC (SDM vol. 3C, 30.1.5; APM vol. 2, 15.29.6); the sender is its only target. */
    @ParameterizedTest
    @CsvSource({"skylake-apicv, xapic", "skylake-apicv, x2apic-phys", "ipi-virtualization, x2apic-phys", "avic, xapic"})
    void aSelfIpiCostsNoExitWhereTheApicIsVirtualized(String profile, String apic) {
        ScenarioCounts counts = IpiBench.run(
                        IpiBench.machine(profile, 2),
                        "apic=%s iterations=%d scenarios=self-ipi".formatted(apic, ITERATIONS))
                .counts("self-ipi");

        assertThat(counts.sender()).isEmpty();
        assertThat(counts.acknowledged()).isEqualTo(ITERATIONS);
    }

    @Test
    void withoutApicvASelfIpiCostsItsSendAndItsEoi() {
        IpiBench run =
                IpiBench.run(IpiBench.machine("skylake-no-apicv", 2), "apic=xapic iterations=4 scenarios=self-ipi");

        assertThat(run.counts("self-ipi").sender()).isEqualTo(eachTime(APIC_ACCESS, 2));
    }

    /** "self" of the published table is a function call, not an IPI: neither it nor the dry run touches the fabric. */
    @Test
    void dryRunAndSelfTouchNoApic() {
        IpiBench run =
                IpiBench.run(IpiBench.machine("skylake-no-apicv", 2), "apic=xapic iterations=4 scenarios=dry-run,self");

        assertThat(run.counts("dry-run")).isEqualTo(new ScenarioCounts(Map.of(), Map.of(), 0, 0, 0, 0));
        assertThat(run.counts("self")).isEqualTo(new ScenarioCounts(Map.of(), Map.of(), 0, 0, 0, 0));
    }

    @Test
    void receiversOfALockedBroadcastExitNoOftenerThanThoseOfAPlainOne() {
        IpiBench run = IpiBench.run(
                IpiBench.machine("skylake-apicv", VCPUS),
                "apic=x2apic-phys mode=pv-ipi iterations=4 scenarios=broadcast,broadcast-lock");

        assertThat(run.counts("broadcast-lock")).isEqualTo(run.counts("broadcast"));
        assertThat(run.counts("broadcast").sender()).isEqualTo(eachTime(VMCALL, 1));
    }
}
