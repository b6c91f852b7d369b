// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Design decision D3: same inputs, same trace, bit for bit; so whatever differs in a trace shows in its hash. */
class TraceTest {
    private static long hash(TraceEvent event, int vcpu, long ps, long a, long b) {
        Trace trace = new Trace(TraceSink.NONE);
        trace.record(TraceEvent.INPUT, -1, 0, 1, 0);
        trace.record(event, vcpu, ps, a, b);
        trace.record(TraceEvent.KVM_EOI, 3, 5_000, 0x41, 0);
        return trace.hash();
    }

    @ParameterizedTest
    @EnumSource
    void theHashCoversEveryFieldOfEveryEvent(TraceEvent event) {
        long hash = hash(event, 2, 1_000, 0x830, 7);

        for (TraceEvent other : EnumSet.complementOf(EnumSet.of(event))) {
            assertThat(hash(other, 2, 1_000, 0x830, 7)).as("%s", other).isNotEqualTo(hash);
        }
        assertThat(hash(event, 3, 1_000, 0x830, 7)).as("vcpu").isNotEqualTo(hash);
        assertThat(hash(event, -1, 1_000, 0x830, 7)).as("device").isNotEqualTo(hash);
        for (int bit = 0; bit < Long.SIZE; bit++) {
            assertThat(hash(event, 2, 1_000 ^ 1L << bit, 0x830, 7))
                    .as("time, bit %d", bit)
                    .isNotEqualTo(hash);
            assertThat(hash(event, 2, 1_000, 0x830 ^ 1L << bit, 7))
                    .as("a, bit %d", bit)
                    .isNotEqualTo(hash);
            assertThat(hash(event, 2, 1_000, 0x830, 7 ^ 1L << bit))
                    .as("b, bit %d", bit)
                    .isNotEqualTo(hash);
        }
        assertThat(hash(event, 2, 1_000, 7, 0x830)).as("order of arguments").isNotEqualTo(hash);
        assertThat(hash(event, 2, 1_000, 0x830, 7)).isEqualTo(hash);
    }

    @Test
    void theHashCoversTheOrderAndTheNumberOfEvents() {
        Trace forth = new Trace(TraceSink.NONE);
        Trace back = new Trace(TraceSink.NONE);
        forth.record(TraceEvent.KVM_EXIT, 0, 10, 1, 2);
        forth.record(TraceEvent.KVM_EXIT, 1, 10, 1, 2);
        back.record(TraceEvent.KVM_EXIT, 1, 10, 1, 2);
        back.record(TraceEvent.KVM_EXIT, 0, 10, 1, 2);
        long two = forth.hash();
        forth.record(TraceEvent.KVM_EXIT, 1, 10, 1, 2);

        assertThat(back.hash()).isNotEqualTo(two);
        assertThat(forth.hash()).isNotEqualTo(two);
        assertThat(forth.events()).isEqualTo(3);
    }

    @Test
    void neighbouringEventsHaveDifferentHashes() {
        Set<Long> hashes = new HashSet<>();
        for (int vcpu = 0; vcpu < 32; vcpu++) {
            for (int a = 0; a < 256; a++) {
                hashes.add(hash(TraceEvent.KVM_APIC_ACCEPT_IRQ, vcpu, 1_000, a, 0));
            }
        }
        assertThat(hashes).hasSize(32 * 256);
    }

    @Test
    void theSinkSeesWhatIsRecordedAndChangesNothing() {
        List<String> seen = new ArrayList<>();
        Trace watched = new Trace(
                (event, vcpu, ps, a, b) -> seen.add(event.tracepoint() + " " + vcpu + " " + ps + " " + a + " " + b));
        Trace unwatched = new Trace(TraceSink.NONE);
        for (Trace trace : List.of(watched, unwatched)) {
            trace.record(TraceEvent.KVM_HV_NOTIFY_ACKED_SINT, 1, 2, 3, 4);
        }

        assertThat(seen).containsExactly("kvm_hv_notify_acked_sint 1 2 3 4");
        assertThat(watched.hash()).isEqualTo(unwatched.hash());
    }
}
