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
        assertThat(sends.counts()).isEqualTo(new LinuxSends.Counts(2, 1, 2, 0));
    }

    @Test
    void anIpiWithoutAnExitIsNotCounted() {
        LinuxSends sends = new LinuxSends(false);
        sends.event(TraceEvent.KVM_APIC_IPI, 0, 0, 0x1_0000_08FCL, 1);
        assertThat(sends.counts()).isEqualTo(new LinuxSends.Counts(0, 0, 0, 0));
    }

    @Test
    void onlyTheSenderCounts() {
        LinuxSends sends = new LinuxSends(false);
        exit(sends, 1, ExitReason.MSR_WRITE, X2APIC_ICR, 0x08FC);
        exit(sends, 1, ExitReason.VMCALL, 10, 0);
        exit(sends, 0, ExitReason.MSR_WRITE, 0x80B, 0);
        assertThat(sends.counts()).isEqualTo(new LinuxSends.Counts(0, 0, 0, 0));
    }

    @ParameterizedTest
    @CsvSource({"false, 10, 1", "false, 5, 0", "false, 11, 0", "true, 0x1000B, 1", "true, 0x15, 1", "true, 0x3, 0"})
    void onlyHypercallsThatSendIpisCount(boolean hyperv, String call, long counted) {
        LinuxSends sends = new LinuxSends(hyperv);
        exit(sends, 0, ExitReason.VMCALL, Long.decode(call), 0);
        assertThat(sends.counts().hypercalls()).isEqualTo(counted);
    }

    @Test
    void whatWasBeforeTheMarkIsTakenAway() {
        LinuxSends.Counts begin = new LinuxSends.Counts(1, 2, 3, 4);
        assertThat(new LinuxSends.Counts(11, 12, 13, 14).since(begin)).isEqualTo(new LinuxSends.Counts(10, 10, 10, 10));
    }
}
