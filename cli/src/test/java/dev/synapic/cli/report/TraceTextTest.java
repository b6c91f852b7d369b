// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apicv.InhibitReason;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.trace.TraceEvent;
import org.junit.jupiter.api.Test;

class TraceTextTest {
    private static final long AT = 12_345_678_912_345L;

    @Test
    void anExitNamesWhatItWasAbout() {
        assertThat(TraceText.line(TraceEvent.KVM_EXIT, 3, AT, ExitReason.MSR_WRITE.ordinal(), 0x830))
                .isEqualTo("    vcpu-3 [003] 12.345678912: kvm_exit: vcpu 3 reason MSR_WRITE info1 0x0000000000000830"
                        + " (ICR)");
    }

    @Test
    void anIpiIsDecodedAsKvmDoes() {
        assertThat(TraceText.line(TraceEvent.KVM_APIC_IPI, 0, AT, 0x2_0000_4041L, 1))
                .endsWith("kvm_apic_ipi: dst 2 vec 65 (Fixed|physical|assert|edge|dst) accepted 1");
        assertThat(TraceText.line(TraceEvent.KVM_APIC_IPI, 0, AT, 0xC_4500L, 79))
                .endsWith("kvm_apic_ipi: dst 0 vec 0 (INIT|physical|assert|edge|all-but-self) accepted 79");
    }

    @Test
    void xapicHasItsDestinationInTheUpperByte() {
        assertThat(TraceText.line(TraceEvent.KVM_APIC_IPI, 0, AT, 0x0200_0000_0000_4041L, 1))
                .contains("dst 2 vec 65");
    }

    @Test
    void aSendByHyperVsHypercallHasKvmsFields() {
        assertThat(TraceText.line(TraceEvent.KVM_HV_SEND_IPI, 0, AT, 0xFC, 0xFE))
                .endsWith("kvm_hv_send_ipi: vector 0xfc processor_mask 0xfe");
        assertThat(TraceText.line(TraceEvent.KVM_HV_SEND_IPI_EX, 0, AT, 0x1_0000_00FCL, 0b11))
                .endsWith("kvm_hv_send_ipi_ex: vector 0xfc format 1 valid_bank_mask 0x3");
    }

    @Test
    void everyEventHasALine() {
        for (TraceEvent event : TraceEvent.values()) {
            assertThat(TraceText.line(event, 1, AT, 0, 0)).contains(": " + event.tracepoint() + ": ");
        }
    }

    @Test
    void whatBelongsToNoVcpuSaysSo() {
        assertThat(TraceText.line(TraceEvent.KVM_SET_IRQ, -1, AT, 24, 1))
                .isEqualTo("<device>-0 [000] 12.345678912: kvm_set_irq: gsi 24 level 1");
    }

    /** A SINT belongs to a virtual processor, which is not always the one that acts; an inhibit reason has a name. */
    @Test
    void synicAndApicvEventsNameTheirVirtualProcessorAndTheirReason() {
        assertThat(TraceText.line(TraceEvent.KVM_HV_SYNIC_SET_IRQ, -1, AT, 0x102, 1))
                .endsWith(": vcpu_id 1 sint 2 ret 1");
        assertThat(TraceText.line(TraceEvent.KVM_HV_NOTIFY_ACKED_SINT, 1, AT, 0x103, 1))
                .endsWith(": vcpu_id 1 sint 3 by EOM");
        assertThat(TraceText.line(TraceEvent.KVM_HV_SYNIC_SET_MSR, 1, AT, 0x4000_0083, 0x5001))
                .endsWith("(HV_X64_MSR_SIMP) data 0x5001");
        assertThat(TraceText.line(TraceEvent.KVM_APICV_INHIBIT_CHANGED, 0, AT, InhibitReason.HYPERV.ordinal(), 1))
                .endsWith(": set reason=HYPERV");
    }

    /** Linux, arch/x86/kvm/trace.h: kvm_pv_eoi and kvm_pvclock_update. */
    @Test
    void kvmsParavirtualEventsHaveKvmsFields() {
        assertThat(TraceText.line(TraceEvent.KVM_PV_EOI, 3, AT, 65, 0)).endsWith("kvm_pv_eoi: apicid 3 vector 65");
        assertThat(TraceText.line(TraceEvent.KVM_PVCLOCK_UPDATE, 1, AT, 4 << 8 | 1, 0x1000))
                .endsWith("kvm_pvclock_update: vcpu_id 1, pvclock: { version 4, tsc_timestamp 0x1000, flags 0x1 }");
        assertThat(TraceText.line(TraceEvent.KVM_HYPERCALL, 1, AT, 11, 0)).contains("(KVM_HC_SCHED_YIELD)");
        assertThat(TraceText.line(TraceEvent.KVM_EXIT, 1, AT, ExitReason.MSR_WRITE.ordinal(), 0x4B56_4D04))
                .endsWith("(MSR_KVM_PV_EOI_EN)");
    }
}
