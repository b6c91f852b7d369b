// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static dev.synapic.machine.exits.ExitReason.APIC_ACCESS;
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
 * The founding experiment on other processors than the published one: which exits each saves or adds, and why (design decision D7). As
 * in {@link FoundingExperimentTest}, exits that are not named do not occur.
 */
class ProfileTest {
    /** Without APICv each access to the APIC's page exits: ICR2 and ICR for a target, and the receiver's EOI. */
    @ParameterizedTest
    @CsvSource({
        "vanilla,   APIC_ACCESS, 158",
        "shorthand, APIC_ACCESS, 1",
        "pv-ipi,    VMCALL,      1",
    })
    void withoutApicvXapicPaysForEachRegisterThatIsWritten(String mode, ExitReason reason, long exits) {
        IpiBench run = IpiBench.at80("skylake-no-apicv", "xapic", mode, "broadcast");

        assertThat(run.senderExits("broadcast")).isEqualTo(Map.of(reason, exits));
        assertThat(run.receiverExits("broadcast")).isEqualTo(Map.of(HLT, 79L, APIC_ACCESS, 79L));
    }

    /** The x2APIC's ICR is one MSR (SDM vol. 3A, 12.12.9), so only the receiver's EOI comes on top. */
    @ParameterizedTest
    @CsvSource({
        "x2apic-phys,    vanilla,   MSR_WRITE, 79",
        "x2apic-cluster, vanilla,   MSR_WRITE, 5",
        "x2apic-phys,    shorthand, MSR_WRITE, 1",
        "x2apic-phys,    pv-ipi,    VMCALL,    1",
        "x2apic-phys,    hv-ipi,    VMCALL,    1",
    })
    void withoutApicvX2apicCostsTheSenderNoMoreAndTheReceiverItsEoi(
            String apic, String mode, ExitReason reason, long exits) {
        IpiBench run = IpiBench.at80("skylake-no-apicv", apic, mode, "broadcast");

        assertThat(run.senderExits("broadcast")).isEqualTo(Map.of(reason, exits));
        assertThat(run.receiverExits("broadcast")).isEqualTo(Map.of(HLT, 79L, MSR_WRITE, 79L));
    }

    /** SDM vol. 3C, 30.1.6: IPI virtualization posts IPIs to one physical destination; nobody exits to send them. */
    @ParameterizedTest
    @ValueSource(strings = {"xapic", "x2apic-phys"})
    void ipiVirtualizationSendsToOnePhysicalDestinationWithoutAnExit(String apic) {
        IpiBench run = IpiBench.at80("ipi-virtualization", apic, "vanilla", "normal,broadcast");

        assertThat(run.row("broadcast").sends()).isEqualTo(79);
        assertThat(run.senderExits("broadcast")).isEmpty();
        assertThat(run.senderExits("normal")).isEmpty();
        assertThat(run.receiverExits("broadcast")).isEqualTo(Map.of(HLT, 79L));
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
            String apic, String mode, ExitReason reason, long exits) {
        assertThat(IpiBench.at80("ipi-virtualization", apic, mode, "broadcast").senderExits("broadcast"))
                .isEqualTo(Map.of(reason, exits));
    }

    /** The xAPIC-only EPYC of the founding document: the profile takes X2APIC out of CPUID, and the guest says so. */
    @ParameterizedTest
    @CsvSource({"x2apic-phys, vanilla", "x2apic-cluster, pv-ipi"})
    void underAvicTheGuestFindsNoX2apicAndSkips(String apic, String mode) {
        IpiBench run = IpiBench.at80("avic", apic, mode, "broadcast");

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
    void underAvicAnIpiToHaltedTargetsIsIncomplete(String mode, ExitReason reason, long exits) {
        IpiBench run = IpiBench.at80("avic", "xapic", mode, "broadcast");

        assertThat(run.senderExits("broadcast")).isEqualTo(Map.of(reason, exits));
        assertThat(run.receiverExits("broadcast")).isEqualTo(Map.of(HLT, 79L));
    }

    /** A self-IPI is virtualized by APICv and AVIC (SDM vol. 3C, 30.1.5; APM vol. 2, 15.29.6); its one target runs. */
    @ParameterizedTest
    @CsvSource({"skylake-apicv, xapic", "skylake-apicv, x2apic-phys", "ipi-virtualization, x2apic-phys", "avic, xapic"})
    void aSelfIpiCostsNoExitWhereTheApicIsVirtualized(String profile, String apic) {
        IpiBench run = IpiBench.at80(profile, apic, "vanilla", "self-ipi");

        assertThat(run.senderExits("self-ipi")).isEmpty();
        assertThat(run.counts("self-ipi").acknowledged())
                .isEqualTo(run.row("self-ipi").operations());
    }

    @Test
    void withoutApicvASelfIpiCostsItsSendAndItsEoi() {
        assertThat(IpiBench.at80("skylake-no-apicv", "xapic", "vanilla", "self-ipi")
                        .senderExits("self-ipi"))
                .isEqualTo(Map.of(APIC_ACCESS, 2L));
        assertThat(IpiBench.at80("skylake-no-apicv", "x2apic-phys", "vanilla", "self-ipi")
                        .senderExits("self-ipi"))
                .isEqualTo(Map.of(MSR_WRITE, 2L));
    }
}
