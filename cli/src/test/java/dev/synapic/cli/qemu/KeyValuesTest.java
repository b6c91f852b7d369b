// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.cli.qemu.KeyValues.Pair;
import dev.synapic.machine.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** QEMU, util/keyval.c and util/qemu-option.c: the grammar in their opening comments. */
class KeyValuesTest {
    @Test
    void theFirstWordCanHaveAnImpliedKey() {
        assertThat(KeyValues.parse("q35,pit=off", "type"))
                .containsExactly(new Pair("type", "q35"), new Pair("pit", "off"));
        assertThat(KeyValues.parse("pit=off", "type")).containsExactly(new Pair("pit", "off"));
    }

    @Test
    void aBareWordIsSwitchedOn() {
        assertThat(KeyValues.parse("q35,pit", "type")).containsExactly(new Pair("type", "q35"), new Pair("pit", "on"));
        assertThat(KeyValues.parse("pit", "")).containsExactly(new Pair("pit", "on"));
    }

    @Test
    void aDoubledCommaIsOneInsideAValue() {
        assertThat(KeyValues.words("a,,b,c")).containsExactly("a,b", "c");
        assertThat(KeyValues.words(",,")).containsExactly(",");
        assertThat(KeyValues.parse("id=a,,b", "")).containsExactly(new Pair("id", "a,b"));
    }

    @Test
    void onlyTheFirstEqualsSignDivides() {
        assertThat(KeyValues.parse("a=b=c", "")).containsExactly(new Pair("a", "b=c"));
    }

    @Test
    void nothingIsNoPair() {
        assertThat(KeyValues.parse("", "type")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "x", "256", "0x100", "99999999999"})
    void whatIsNoNumberInItsRangeIsRefused(String text) {
        assertThatThrownBy(() -> KeyValues.number("n", text, 255))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("'n'", "'" + text + "'");
    }

    @Test
    void numbersAreDecimalOrHexadecimal() {
        assertThat(KeyValues.number("n", "0xF4", 255)).isEqualTo(0xF4);
        assertThat(KeyValues.number("n", "255", 255)).isEqualTo(255);
    }

    @Test
    void aSwitchIsOnOrOff() {
        assertThat(KeyValues.onOff("pit", "on")).isTrue();
        assertThat(KeyValues.onOff("pit", "off")).isFalse();
        assertThatThrownBy(() -> KeyValues.onOff("pit", "maybe")).hasMessageContaining("'pit' expects 'on' or 'off'");
    }
}
