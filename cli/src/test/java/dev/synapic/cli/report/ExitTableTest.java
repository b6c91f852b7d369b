// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.exits.ExitCounters;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.trace.TraceEvent;
import org.junit.jupiter.api.Test;

class ExitTableTest {
    private static ExitCounters counters() {
        ExitCounters counters = new ExitCounters();
        for (int i = 1; i <= 3; i++) {
            counters.count(ExitReason.MSR_WRITE);
            counters.time(ExitReason.MSR_WRITE, i * 1_000_000L);
        }
        counters.count(ExitReason.PAUSE_INSTRUCTION);
        counters.time(ExitReason.PAUSE_INSTRUCTION, 2_000_000);
        counters.count(ExitReason.HLT);
        return counters;
    }

    @Test
    void theMostFrequentReasonComesFirst() {
        assertThat(ExitTable.lines(counters(), reason -> "why"))
                .containsExactly(
                        "VM-EXIT            Samples  Samples%   Time%  Min Time  Max Time  Avg time  Count     What",
                        "MSR_WRITE                3    60.00%  75.00%    1.00us    3.00us    2.00us  exact     why",
                        "HLT                      1    20.00%   0.00%         -         -         -  exact     why",
                        "PAUSE_INSTRUCTION        1    20.00%  25.00%    2.00us    2.00us    2.00us  modelled  why",
                        "total                    5   100.00%");
    }

    @Test
    void jsonHasNanoseconds() {
        assertThat(ExitTable.json(counters()).get("MSR_WRITE"))
                .hasToString("{samples=3, totalNs=6000, minNs=1000, maxNs=3000, modelled=false}");
    }

    @Test
    void theLastColumnSaysWhatExitsWereAbout() {
        ExitDetails details = new ExitDetails();
        long write = ExitReason.MSR_WRITE.ordinal();
        for (int i = 0; i < 3; i++) {
            details.event(TraceEvent.KVM_EXIT, 0, 0, write, 0x830);
        }
        details.event(TraceEvent.KVM_EXIT, 1, 0, write, 0x80B);
        details.event(TraceEvent.KVM_EXIT, 1, 0, write, 0x4000_0084);
        details.event(TraceEvent.KVM_EXIT, 1, 0, write, 0xC0DE);
        details.event(TraceEvent.KVM_ENTRY, 1, 0, write, 0);
        details.event(TraceEvent.KVM_EXIT, 1, 0, ExitReason.VMCALL.ordinal(), 10);
        assertThat(details.describe(ExitReason.MSR_WRITE)).isEqualTo("ICR x3, EOI x1, HV_X64_MSR_EOM x1, ...");
        assertThat(details.describe(ExitReason.VMCALL)).isEqualTo("KVM_HC_SEND_IPI x1");
        assertThat(details.describe(ExitReason.HLT)).isEqualTo("the guest idles until an interrupt");
    }
}
