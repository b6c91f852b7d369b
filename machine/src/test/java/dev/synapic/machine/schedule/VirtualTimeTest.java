// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {
    private static final BigInteger PS_PER_MILLISECOND = BigInteger.valueOf(1_000_000_000L);

    @Test
    void ticksAreExactOverTheWholeRange() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 10_000; i++) {
            long ps = random.nextLong() >>> random.nextInt(1, 63);
            long khz = random.nextLong(1, 5_000_000);
            BigInteger exact =
                    BigInteger.valueOf(ps).multiply(BigInteger.valueOf(khz)).divide(PS_PER_MILLISECOND);
            assertThat(VirtualTime.ticks(ps, khz))
                    .as("%d ps at %d kHz", ps, khz)
                    .isEqualTo(exact.longValueExact());
        }
    }

    @Test
    void aDeadlineInTicksIsTheFirstPicosecondThatShowsThem() {
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < 10_000; i++) {
            long ticks = random.nextLong(1, 1L << random.nextInt(2, 50));
            long khz = random.nextLong(1_000, 5_000_000);
            long ps = VirtualTime.psAtTicks(ticks, khz);
            assertThat(VirtualTime.ticks(ps, khz))
                    .as("%d ticks at %d kHz", ticks, khz)
                    .isGreaterThanOrEqualTo(ticks);
            assertThat(VirtualTime.ticks(ps - 1, khz)).isLessThan(ticks);
        }
    }

    @Test
    void aDeadlineBeyondTheRangeIsNever() {
        assertThat(VirtualTime.psAtTicks(Long.MAX_VALUE, 2_500_000)).isEqualTo(VirtualTime.NEVER);
    }
}
