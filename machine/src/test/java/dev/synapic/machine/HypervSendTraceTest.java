// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.trace.TraceEvent;
import org.junit.jupiter.api.Test;

/** Fields of sends by hypercall, as KVM's tracepoints kvm_hv_send_ipi and kvm_hv_send_ipi_ex have them. Vector 0x41 is that of ipi-bench's broadcast. */
class HypervSendTraceTest {
    private static final long VECTOR = 0x41;

    private static RecordedTrace broadcasts(int vcpus, int iterations) {
        RecordedTrace trace = new RecordedTrace();
        MachineConfig config = IpiBench.machine("skylake-apicv", vcpus).withTrace(trace);
        IpiBench.run(config, "apic=x2apic-phys mode=hv-ipi scenarios=broadcast iterations=" + iterations);
        return trace;
    }

    /** Virtual processors 1 to 7, and one event for each call. */
    @Test
    void aSendToTheFirst64ProcessorsHasItsVectorAndTheirMask() {
        RecordedTrace trace = broadcasts(8, 3);
        assertThat(trace.events(TraceEvent.KVM_HV_SEND_IPI))
                .hasSizeGreaterThanOrEqualTo(3)
                .hasSize((int) trace.count(TraceEvent.KVM_HV_HYPERCALL))
                .allSatisfy(event -> {
                    assertThat(event.vcpu()).isZero();
                    assertThat(event.a()).isEqualTo(VECTOR);
                    assertThat(event.b()).isEqualTo(0xFE);
                });
        assertThat(trace.count(TraceEvent.KVM_HV_SEND_IPI_EX)).isZero();
    }

    /** TLFS, HV_VP_SET: format 0 is a sparse set, a bank holds 64 processors. */
    @Test
    void aSendBeyondThemHasItsVectorFormatAndBanks() {
        RecordedTrace trace = broadcasts(70, 2);
        assertThat(trace.events(TraceEvent.KVM_HV_SEND_IPI_EX))
                .hasSizeGreaterThanOrEqualTo(2)
                .hasSize((int) trace.count(TraceEvent.KVM_HV_HYPERCALL))
                .allSatisfy(event -> {
                    assertThat(event.a()).isEqualTo(VECTOR);
                    assertThat(event.b()).isEqualTo(0b11);
                });
        assertThat(trace.count(TraceEvent.KVM_HV_SEND_IPI)).isZero();
    }
}
