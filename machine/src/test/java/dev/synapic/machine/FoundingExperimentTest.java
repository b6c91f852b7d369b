// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static dev.synapic.machine.exits.ExitReason.HLT;
import static dev.synapic.machine.exits.ExitReason.MSR_WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.exits.ExitReason;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The experiment that justified KVM's send-IPI hypercall (Linux commit 4180bf1b655a, "KVM: X86: Implement "send IPI" hypercall"): 80
 * virtual CPUs, one sends to all others, on a processor with APICv. Exits follow from the guest's code alone and are counted, not
 * computed; every test says how many of each reason there are, and that there are no others. Other processors: {@link ProfileTest}.
 */
class FoundingExperimentTest {
    private static final String PROFILE = "skylake-apicv";

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
    void aBroadcastCostsTheSenderOneExitForEachSendAndEachReceiverItsHalt(
            String apic, String mode, ExitReason reason, int exits) {
        IpiBench run = IpiBench.at80(PROFILE, apic, mode, "broadcast,broadcast-lock");

        for (String scenario : new String[] {"broadcast", "broadcast-lock"}) {
            assertThat(run.row(scenario).targets()).isEqualTo(79);
            assertThat(run.row(scenario).sends()).isEqualTo(exits);
            assertThat(run.senderExits(scenario)).isEqualTo(Map.of(reason, (long) exits));
            assertThat(run.receiverExits(scenario)).isEqualTo(Map.of(HLT, 79L));
        }
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
        IpiBench run = IpiBench.at80(profile, apic, mode, "broadcast");

        ScenarioCounts counts = run.counts("broadcast");
        long all = 79 * run.row("broadcast").operations();
        assertThat(counts.accepted()).isEqualTo(all);
        assertThat(counts.coalesced()).isZero();
        assertThat(counts.acknowledged()).isEqualTo(all);
        assertThat(counts.eois()).isEqualTo(all);
    }

    /** Guests send to one CPU by the plain ICR in every mode, so the hypercalls must not change that row. */
    @ParameterizedTest
    @ValueSource(strings = {"vanilla", "shorthand", "pv-ipi", "hv-ipi"})
    void aNormalIpiIsOnePlainIcrWriteInEveryMode(String mode) {
        IpiBench run = IpiBench.at80(PROFILE, "x2apic-phys", mode, "normal");

        assertThat(run.senderExits("normal")).isEqualTo(Map.of(MSR_WRITE, 1L));
        assertThat(run.receiverExits("normal")).isEqualTo(Map.of(HLT, 1L));
        assertThat(run.counts("normal").accepted()).isEqualTo(run.row("normal").operations());
    }

    /** "self" of the published table is a function call, not an IPI: neither it nor the dry run touches the fabric. */
    @Test
    void dryRunAndSelfTouchNoApic() {
        IpiBench run = IpiBench.at80("skylake-no-apicv", "xapic", "vanilla", "dry-run,self");

        assertThat(run.counts("dry-run")).isEqualTo(new ScenarioCounts(Map.of(), Map.of(), 0, 0, 0, 0));
        assertThat(run.counts("self")).isEqualTo(new ScenarioCounts(Map.of(), Map.of(), 0, 0, 0, 0));
    }
}
