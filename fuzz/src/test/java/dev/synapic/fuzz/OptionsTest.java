// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line of fuzz/run. */
class OptionsTest {
    @Test
    void oneTargetWithSecondsAndSeed() throws Options.WrongUse {
        Options options = Options.parse(new String[] {"msr", "--seconds", "9", "--seed", "0x10"}, 5);

        assertThat(options.fuzzers()).extracting(Fuzzer::name).containsExactly("msr");
        assertThat(options.seconds()).isEqualTo(9);
        assertThat(options.seed()).isEqualTo(16);
    }

    @Test
    void allTargetsForAMinuteEachFromTheGivenSeed() throws Options.WrongUse {
        Options options = Options.parse(new String[] {"all"}, 5);

        assertThat(options.fuzzers()).isEqualTo(Fuzzer.ALL);
        assertThat(options.seconds()).isEqualTo(60);
        assertThat(options.seed()).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nothing | unknown target nothing; fuzz/run --list shows them",
                "msr slots | one target at a time, or all; not also slots",
                "--fast | unknown option --fast",
                "msr --seconds | --seconds needs a value",
                "msr --seconds 0 | --seconds is 0; give 1 or more",
                "msr --seed x | --seed is x; give a whole number",
                "--seconds 3 | no target; fuzz/run --list shows them",
                "all --reproduce f | --reproduce needs the one target that the file is for"
            })
    void wrongUseIsToldInOneLine(String line, String message) {
        assertThatThrownBy(() -> Options.parse(line.split(" "), 0))
                .isInstanceOf(Options.WrongUse.class)
                .hasMessage(message);
    }
}
