// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.trace.TraceEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SendingExitsTest {
    @ParameterizedTest
    @CsvSource({
        "MSR_WRITE, 0x830, true",
        "MSR_WRITE, 0x83F, true",
        "MSR_WRITE, 0x80B, false",
        "APIC_WRITE, 0x300, true",
        "APIC_ACCESS, 0x310, true",
        "APIC_ACCESS, 0x0B0, false",
        "VMCALL, 10, true",
        "AVIC_INCOMPLETE_IPI, 0, true",
        "HLT, 0x300, false",
        "IO_INSTRUCTION, 0x5F0, false",
        "PAUSE_INSTRUCTION, 0x830, false"
    })
    void onlyWhatSendsCounts(ExitReason reason, String detail, boolean sends) {
        assertThat(SendingExits.sends(reason, Long.decode(detail))).isEqualTo(sends);
    }

    @Test
    void onlyTheSenderCounts() {
        SendingExits exits = new SendingExits();
        exits.event(TraceEvent.KVM_EXIT, 0, 0, ExitReason.MSR_WRITE.ordinal(), 0x830);
        exits.event(TraceEvent.KVM_ENTRY, 0, 0, ExitReason.MSR_WRITE.ordinal(), 0x830);
        exits.event(TraceEvent.KVM_EXIT, 1, 0, ExitReason.MSR_WRITE.ordinal(), 0x830);
        assertThat(exits.count()).isEqualTo(1);
    }
}
