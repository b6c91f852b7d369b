// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.trace.TraceEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Vectors from Linux's irq_vectors.h: 0xFC calls many, 0xFB calls one, 0xFD looks at the run queue. */
class LinuxSendsTest {
    private static final long X2APIC_ICR = 0x830;

    private static void exit(LinuxSends sends, int vcpu, ExitReason reason, long detail, long icr) {
        sends.event(TraceEvent.KVM_EXIT, vcpu, 0, reason.ordinal(), detail);
        if (icr != 0) {
            sends.event(TraceEvent.KVM_APIC_IPI, vcpu, 0, icr, 1);
        }
        sends.event(TraceEvent.KVM_ENTRY, vcpu, 0, reason.ordinal(), 0);
    }

    @Test
    void icrWritesAreToldApartByWhatTheirVectorIsFor() {
        LinuxSends sends = new LinuxSends(false);
        exit(sends, 0, ExitReason.MSR_WRITE, X2APIC_ICR, 0x1_0000_08FCL);
        exit(sends, 0, ExitReason.MSR_WRITE, X2APIC_ICR, 0x2_0000_08FCL);
        exit(sends, 0, ExitReason.MSR_WRITE, X2APIC_ICR, 0x1_0000_00FBL);
        exit(sends, 0, ExitReason.MSR_WRITE, X2APIC_ICR, 0x1_0000_00FDL);
        exit(sends, 0, ExitReason.MSR_READ, X2APIC_ICR, 0);
        assertThat(sends.counts()).isEqualTo(new LinuxSends.Counts(2, 1, 0, 0, 2));
    }

    @Test
    void anIpiWithoutAnExitIsNotCounted() {
        LinuxSends sends = new LinuxSends(false);
        sends.event(TraceEvent.KVM_APIC_IPI, 0, 0, 0x1_0000_08FCL, 1);
        assertThat(sends.counts()).isEqualTo(new LinuxSends.Counts(0, 0, 0, 0, 0));
    }

    @Test
    void onlyTheSenderCounts() {
        LinuxSends sends = new LinuxSends(false);
        exit(sends, 1, ExitReason.MSR_WRITE, X2APIC_ICR, 0x08FC);
        exit(sends, 1, ExitReason.VMCALL, 10, 0);
        exit(sends, 0, ExitReason.MSR_WRITE, 0x80B, 0);
        assertThat(sends.counts()).isEqualTo(new LinuxSends.Counts(0, 0, 0, 0, 0));
    }

    /** Linux's hypercalls of KVM also kick (5), yield (11): these send no call. */
    @ParameterizedTest
    @CsvSource({"10, 1", "5, 0", "11, 0"})
    void ofKvmsHypercallsOnlyTheOneThatSendsCounts(long call, long counted) {
        LinuxSends sends = new LinuxSends(false);
        exit(sends, 0, ExitReason.VMCALL, call, 0);
        assertThat(sends.counts()).isEqualTo(new LinuxSends.Counts(0, 0, counted, 0, 0));
    }

    /** A guest of Hyper-V sends everything by hypercall; 0x0B and 0x15 send, 0x03 flushes TLBs. */
    @Test
    void hypervsHypercallsAreToldApartByTheirVectorToo() {
        LinuxSends sends = new LinuxSends(true);
        hypercall(sends, TraceEvent.KVM_HV_SEND_IPI, 0x1000B, 0xFC);
        hypercall(sends, TraceEvent.KVM_HV_SEND_IPI_EX, 0x15, 0xFC);
        hypercall(sends, TraceEvent.KVM_HV_SEND_IPI, 0x1000B, 0xFB);
        hypercall(sends, TraceEvent.KVM_HV_SEND_IPI, 0x1000B, 0xFD);
        exit(sends, 0, ExitReason.VMCALL, 0x3, 0);
        // The number of KVM_HC_SEND_IPI means another call here.
        exit(sends, 0, ExitReason.VMCALL, 10, 0);
        assertThat(sends.counts()).isEqualTo(new LinuxSends.Counts(0, 0, 2, 1, 1));
    }

    private static void hypercall(LinuxSends sends, TraceEvent sent, long call, long vector) {
        sends.event(TraceEvent.KVM_EXIT, 0, 0, ExitReason.VMCALL.ordinal(), call);
        sends.event(sent, 0, 0, vector, 0b10);
        sends.event(TraceEvent.KVM_ENTRY, 0, 0, ExitReason.VMCALL.ordinal(), 0);
    }

    @Test
    void whatWasBeforeTheMarkIsTakenAway() {
        LinuxSends.Counts begin = new LinuxSends.Counts(1, 2, 3, 4, 5);
        assertThat(new LinuxSends.Counts(11, 12, 13, 14, 15).since(begin))
                .isEqualTo(new LinuxSends.Counts(10, 10, 10, 10, 10));
    }
}
