// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected words: those of bash 5. */
class ShellWordsTest {
    private static final Map<String, String> VARIABLES =
            Map.of(ShellWords.DATE, "1767225600", "ACCEL", "tcg", "NOTHING", "");

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
        -cpu  max,+x2apic         | -cpu_max,+x2apic
        'a b' c                   | a b_c
        "a b"'c'd                 | a bcd
        a\\ b                     | a b
        "a\\"b\\c"                | a"b\\c
        '' x                      | _x
        "ept_access*"             | ept_access*
        ept_access*               | ept_access*
        a#b # comment             | a#b
        "10 `date +%s`"           | 10 1767225600
        $(date +%s)               | 1767225600
        $ACCEL,${ACCEL}           | tcg,tcg
        '$ACCEL'                  | $ACCEL
        x $NOTHING y              | x_y
        x "$NOTHING" y            | x__y
        5$                        | 5$
        """)
    void wordsAreAShells(String text, String expected) throws ShellWords.Refused {
        assertThat(String.join("_", ShellWords.split(text.replace("\\\\", "\\"), VARIABLES)))
                .isEqualTo(expected.replace("\\\\", "\\"));
    }

    @Test
    void aBackslashAtALinesEndJoinsTheLines() throws ShellWords.Refused {
        assertThat(ShellWords.split("a \\\n b\n", VARIABLES)).containsExactly("a", "b");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
        `uname -r`        | `uname -r` is not run: only `date +%s` is known
        "$(rm -rf x)"     | `rm -rf x` is not run: only `date +%s` is known
        $((1+1))          | '$(' is for a shell, and none is run
        $HOME             | $HOME has no value here
        a ; b             | ';' is for a shell, and none is run
        a > b             | '>' is for a shell, and none is run
        'a                | a ' has no partner
        "a                | a " has no partner
        `a                | a ` has no partner
        """)
    void nothingIsRunOnBehalfOfAFile(String text, String message) {
        assertThatThrownBy(() -> ShellWords.split(text, VARIABLES))
                .isInstanceOf(ShellWords.Refused.class)
                .hasMessage(message);
    }

    @Test
    void aSecondCommandIsRefused() {
        assertThatThrownBy(() -> ShellWords.split("a\nb", VARIABLES))
                .isInstanceOf(ShellWords.Refused.class)
                .hasMessage("a line's end begins a second command, and no shell is run");
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '~', textBlock = """
        [[ "$ACCEL" == tcg ]]  ; true
        [[ "$ACCEL" != tcg ]]  ; false
        [ $ACCEL = kvm ]  ; false
        ! [ $ACCEL = kvm ]  ; true
        [ -z "$NOTHING" ]  ; true
        [ -n "$NOTHING" ]  ; false
        [ a = a ] && [ b = c ]  ; false
        [ a = b ] || [ b = b ]  ; true
        [ a = a ] || [ b = b ] && [ a = b ]  ; false
        """)
    void conditionsAreAShells(String expression, boolean expected) throws ShellWords.Refused {
        assertThat(Condition.holds(expression, VARIABLES)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"test -e /x", "[ a -nt b ]", "[[ $ACCEL == t* ]]"})
    void aConditionOfAnotherFormIsRefused(String expression) {
        assertThatThrownBy(() -> Condition.holds(expression, VARIABLES))
                .isInstanceOf(ShellWords.Refused.class)
                .hasMessageContaining("is not of the form [ A = B ]");
    }
}
