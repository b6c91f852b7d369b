// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void numbersArePlain() {
        assertThat(Json.number(79.0)).isEqualTo(79L);
        assertThat(Json.number(178_741_516.4)).hasToString("178741516.4");
        assertThat(Json.number(0.00049)).isEqualTo(0L);
        assertThat(Json.number(-2.5)).hasToString("-2.5");
    }

    @Test
    void absentValuesAreNullAndOrderIsKept() {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("b", null);
        object.put("a", Json.number(1.25));
        assertThat(Json.text(object).replaceAll("\\s", "")).isEqualTo("{\"b\":null,\"a\":1.25}");
    }
}
