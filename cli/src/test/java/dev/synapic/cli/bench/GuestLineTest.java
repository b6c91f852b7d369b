// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GuestLineTest {
    @Test
    void aRowHoldsWhatTheGuestMeasured() {
        assertThat(GuestLine.parse("row apic=xapic mode=vanilla scenario=normal targets=1 operations=100"
                        + " delivery_ticks=887770 total_ticks=4768036 sends=1"))
                .isEqualTo(new GuestLine.Row(Scenario.NORMAL, 1, 100, 887770, 4768036, 1));
    }

    @Test
    void theReasonOfASkipIsTheRestOfItsLine() {
        assertThat(GuestLine.parse("skip apic=xapic mode=pv-ipi scenario=all reason=KVM PV_SEND_IPI not offered, x=1"))
                .isEqualTo(new GuestLine.Skip("all", "KVM PV_SEND_IPI not offered, x=1"));
    }

    @Test
    void aFailureIsKeptWhole() {
        String line = "fail apic=xapic mode=vanilla scenario=normal cpu=1 apic_id=1 handled=4 expected=5";
        assertThat(GuestLine.parse(line)).isEqualTo(new GuestLine.Fail(line));
    }

    @Test
    void otherLinesAreNone() {
        assertThat(GuestLine.parse("ipi-bench: cpus=4 sender_apic_id=0")).isNull();
        assertThat(GuestLine.parse("")).isNull();
        assertThat(GuestLine.parse("row")).isNull();
    }

    @Test
    void aRowThatLacksAFigureIsNotGuessed() {
        assertThatThrownBy(() -> GuestLine.parse("row scenario=normal targets=1"))
                .hasMessage("no 'operations' in the guest's line: row scenario=normal targets=1");
        assertThatThrownBy(() -> GuestLine.parse("row scenario=warp targets=1")).hasMessageContaining("warp");
    }
}
