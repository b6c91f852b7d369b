// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.machine.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RtcBaseTest {
    private static final long HOST = 1_000_000;

    @ParameterizedTest
    @CsvSource({
        "base=utc, 1000000",
        "clock=vm, 1000000",
        "base=2006-06-17T16:01:21, 1150560081",
        "'clock=vm,base=2006-06-17', 1150502400",
    })
    void theCalendarStartsWhereTheOptionSays(String argument, long seconds) {
        assertThat(RtcBase.parse(argument).epochSeconds(HOST)).isEqualTo(seconds);
    }

    @Test
    void withoutTheOptionItStartsAtTheHostsTime() {
        assertThat(RtcBase.HOST.epochSeconds(HOST)).isEqualTo(HOST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"base=foo", "base=2006-13-01", "foo=1", "clock=sun"})
    void whatIsNoTimeIsRefused(String argument) {
        assertThatThrownBy(() -> RtcBase.parse(argument)).isInstanceOf(ConfigurationException.class);
    }
}
