// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.jr.ob.JSON;

class OracleCommandTest {
    @Test
    void itAnswersStandardInputAndEndsCleanWhateverWasAsked() {
        Invocation oracle = Invocation.typing("{\"id\":1,\"op\":\"create\"}\nnonsense\n", "oracle");
        assertThat(oracle.status()).isZero();
        assertThat(oracle.out().lines())
                .satisfiesExactly(
                        made -> assertThat(made)
                                .isEqualTo(
                                        "{\"id\":1,\"result\":{\"vcpus\":1,\"memory\":\"0x1000000\"},\"events\":[]}"),
                        bad -> assertThat(bad).startsWith("{\"error\":\"bad JSON: "));
        assertThat(oracle.err()).isEmpty();
    }

    @Test
    void itPrintsItsSchema() {
        Invocation schema = Invocation.of("oracle", "--schema");
        assertThat(schema.status()).isZero();
        assertThat(JSON.std.mapFrom(schema.out()))
                .containsEntry("$schema", "https://json-schema.org/draft/2020-12/schema");
    }

    @Test
    void linesMayBeLonger() {
        String padded = "{\"op\":\"create\"}" + " ".repeat(2000) + "\n";
        assertThat(Invocation.typing(padded, "oracle", "--max-line", "1K").out())
                .isEqualTo("{\"error\":\"the line is longer than 1024 bytes; see --max-line\"}\n");
        assertThat(Invocation.typing(padded, "oracle", "--max-line", "2K").out())
                .startsWith("{\"result\":");
    }
}
