// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_STIMER0_CONFIG;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_STIMER0_COUNT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.hyperv.HvStimerConfig;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest that moves its TSCs shifts the reference time by less than a unit: a timer that counts already follows. */
class TimerAfterMovedTscTest {
    private static final long TSC_PER_NANO = 2;
    private static final long EXPIRY = 26;

    private final VirtualProcessors vps = new VirtualProcessors(1, new RecordedSynIcEvents());
    private final ReferenceTime time = new ReferenceTime(vps.memory, 1_000_000_000L * TSC_PER_NANO);
    private long nanos;

    private final ReferenceClock clock = new ReferenceClock() {
        @Override
        public long now() {
            return time.at(nanos * TSC_PER_NANO);
        }

        @Override
        public long reading() {
            return now();
        }

        @Override
        public long nanosAt(long wanted) {
            return Math.ceilDiv(time.tscAt(wanted), TSC_PER_NANO);
        }

        @Override
        public int epoch() {
            return time.epoch();
        }
    };

    private final SyntheticTimers timers = new SyntheticTimers(vps.synIc(0), clock);

    // TLFS, "Synthetic Timers": a timer expires when the reference time is equal to or greater than its expiration
    // time.
    // Found by the fuzzer save-restore: a restored timer knew its deadline better than one that was left alone.
    @ParameterizedTest
    @ValueSource(longs = {199, 192, 100, 1, 792, -1, -8, -199})
    void deadlineIsTheFirstInstantAtWhichTheTimeIsReached(long offset) {
        vps.running(SynIc.Activation.SYNIC);
        nanos = 1_000;
        timers.write(
                HV_X64_MSR_STIMER0_CONFIG,
                HvStimerConfig.ENABLED | HvStimerConfig.DIRECT | 0x51 << HvStimerConfig.VECTOR_SHIFT);
        timers.write(HV_X64_MSR_STIMER0_COUNT, EXPIRY);

        time.tscMoved(nanos * TSC_PER_NANO, true, offset);

        nanos = timers.nextDeadlineNanos();
        assertThat(clock.now()).isGreaterThanOrEqualTo(EXPIRY);
        nanos--;
        assertThat(clock.now()).isLessThan(EXPIRY);
    }
}
