// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SynapicTest {
    @Test
    void helpGoesToStandardOutput() {
        for (String command :
                new String[] {"--help", "run --help", "bench --help", "bench ipi --help", "oracle --help"}) {
            Invocation help = Invocation.of(command.split(" "));
            assertThat(help.status()).isZero();
            assertThat(help.out()).startsWith("Usage: synapic ");
            assertThat(help.err()).isEmpty();
        }
    }

    @Test
    void withoutACommandItShowsWhatThereIs() {
        Invocation nothing = Invocation.of();
        assertThat(nothing.status()).isZero();
        assertThat(nothing.out()).contains("bench", "run", "Exit status:");
    }

    @Test
    void versionNamesJavaToo() {
        assertThat(Invocation.of("--version").out()).startsWith("Synapic ").contains("Java 2");
    }
}
