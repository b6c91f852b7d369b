// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.machine.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {
    @ParameterizedTest
    @CsvSource({
        "64, 67108864",
        "64M, 67108864",
        "64m, 67108864",
        "1G, 1073741824",
        "1.5G, 1610612736",
        "64MiB, 67108864"
    })
    void sizesAreQemus(String text, long bytes) {
        assertThat(Quantity.bytes("-m", text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({
        "10s, 10000000000000",
        "500ms, 500000000000",
        "20us, 20000000",
        "1.5ns, 1500",
        "99999999999s, 9223372036854775807"
    })
    void timesAreVirtual(String text, long ps) {
        assertThat(Quantity.picoseconds("-t", text)).isEqualTo(ps);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "M", "-1M", "1Q", "64 M", "1.M", "0x10"})
    void whatIsNoSizeIsRefused(String text) {
        assertThatThrownBy(() -> Quantity.bytes("-m", text)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void timesAreShownInAUnitThatFits() {
        assertThat(Quantity.time(1_540_000)).isEqualTo("1.54us");
        assertThat(Quantity.time(4_860_000_000L)).isEqualTo("4.86ms");
        assertThat(Quantity.time(2_500_000_000_000L)).isEqualTo("2.50s");
    }

    @Test
    void wholeCountsHaveNoDecimals() {
        assertThat(Quantity.perOperation(79)).isEqualTo("79");
        assertThat(Quantity.perOperation(78.999)).isEqualTo("79.00");
    }
}
