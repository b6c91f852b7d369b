// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvStimerConfig;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** CONFIG and COUNT of a synthetic timer in every order. */
class TimerRegisterOrdersTest extends TimerRig {
    /** What follows must end, and leave a deadline that is ahead. */
    private void assertCanBeWaitedFor(String sequence) {
        for (int n = 0; n < 3; n++) {
            long deadline = timers.nextDeadlineNanos();
            assertThat(deadline).as(sequence).isGreaterThan(clock.now * 100);
            if (deadline > Long.MAX_VALUE / 2) {
                return;
            }
            clock.now = (deadline + 99) / 100;
            timers.expire();
            vps.memory.putInt(SLOT, 0);
            synIc.write(HvMsr.HV_X64_MSR_EOM, 0);
        }
    }

    /**
     * XSA-504, CVE-2026-62431: COUNT 0 reached a divide. CVE-2026-89927: a deadline that wrapped fired for ever. All sequences of
     * three writes of one timer's registers, its message mode for SINT 0 and 2, and direct mode.
     */
    @Test
    void everyOrderOfConfigAndCountLeavesATimerThatCanBeWaitedFor() {
        run();
        List<long[]> writes = new ArrayList<>();
        for (long count : new long[] {0, 1, 999, 1_000, 1_001, Long.MAX_VALUE, Long.MIN_VALUE, -1}) {
            writes.add(new long[] {1, count});
        }
        for (long target : new long[] {0, TO_SINT, TO_VECTOR}) {
            for (long mode = 0; mode < 16; mode++) {
                writes.add(new long[] {0, target | mode});
            }
        }
        for (int n = 0; n < writes.size() * writes.size() * writes.size(); n++) {
            clock.now = 1_000;
            timers.reset();
            vps.memory.putInt(SLOT, 0);
            StringBuilder sequence = new StringBuilder();
            for (int rest = n, step = 0; step < 3; step++, rest /= writes.size()) {
                long[] write = writes.get(rest % writes.size());
                timers.write(HvMsr.HV_X64_MSR_STIMER0_CONFIG + (int) write[0], write[1]);
                sequence.append(write[0] == 0 ? " CONFIG=" : " COUNT=").append(Long.toHexString(write[1]));
                HvStimerConfig config = new HvStimerConfig(config(0));
                assertThat(config.enabled() && !config.direct() && config.sint() == 0)
                        .as(sequence.toString())
                        .isFalse();
            }
            assertCanBeWaitedFor(sequence.toString());
        }
    }
}
