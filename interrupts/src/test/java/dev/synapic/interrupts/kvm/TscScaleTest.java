// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Linux, Documentation/virt/kvm/x86/msr.rst: the conversion from TSC to nanoseconds. */
class TscScaleTest {
    private static final long SEED = 42;

    /**
     * What Linux's kvm_get_time_scale gives for a rate, from its rule: halve (or double) the rate until it lies above 1 GHz and not
     * above 2 GHz; the multiplier is 2^32 * 1 GHz / that, rounded down.
     */
    @ParameterizedTest
    @CsvSource({
        "2500000000, -1, 0xcccccccc",
        "2000000000,  0, 0x80000000",
        "1000000000,  1, 0x80000000",
        "3000000000, -1, 0xaaaaaaaa",
        "2100000000, -1, 0xf3cf3cf3",
        " 800000000,  1, 0xa0000000",
        "5000000000, -2, 0xcccccccc",
    })
    void theMultiplierFitsTheRate(long hz, int shift, String multiplier) {
        assertThat(TscScale.of(hz))
                .isEqualTo(new TscScale((int) Long.decode(multiplier).longValue(), shift));
    }

    // The formula of msr.rst, carried out with whole numbers of any size.
    @Test
    void nanosecondsFollowTheFormula() {
        Random random = new Random(SEED);
        for (int i = 0; i < 10_000; i++) {
            TscScale scale = TscScale.of(100_000_000L + random.nextLong(6_000_000_000L));
            long ticks = random.nextLong() >>> 8 + random.nextInt(50);
            BigInteger shifted = BigInteger.valueOf(ticks).shiftLeft(scale.shift());
            BigInteger expected = shifted.multiply(BigInteger.valueOf(scale.multiplier() & 0xFFFF_FFFFL))
                    .shiftRight(32);
            assertThat(scale.nanos(ticks))
                    .as("seed %d, %d ticks by %s", SEED, ticks, scale)
                    .isEqualTo(expected.longValue());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {800_000_000, 2_100_000_000, 2_593_905_000L, 4_000_000_000L})
    void anHourIsAnHourButForTheFractionsRounding(long hz) {
        long hour = 3600;
        assertThat(TscScale.of(hz).nanos(hour * hz)).isBetween(hour * 1_000_000_000 - 2_000, hour * 1_000_000_000);
    }

    @Test
    void aTscThatStandsStillIsNone() {
        assertThatThrownBy(() -> TscScale.of(0)).isInstanceOf(IllegalArgumentException.class);
    }
}
