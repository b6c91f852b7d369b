// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.machine.ConfigurationException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Source: the format's description in kvm-unit-tests' docs/unittests.txt, and scripts/common.bash where it says nothing. */
class SuiteConfigTest {
    private static SuiteConfig parse(String text) {
        return SuiteConfig.parse("x.cfg", text.lines().toList());
    }

    private static UnitTest only(String text) {
        return parse(text).tests().getFirst();
    }

    @Test
    void everyKeyIsRead() {
        UnitTest test = only("""
            # a comment
            [first]
            file = a.flat
            smp = 4
            test_args = 'x y'
            extra_params = -cpu max
            groups = one two
            arch = x86_64
            machine = q35
            check = /a=1 /b=2
            accel = kvm
            timeout = 30
            disabled_if = [ "$ACCEL" = tcg ]
            """);
        assertThat(test.name()).isEqualTo("first");
        assertThat(test.line()).isEqualTo(2);
        assertThat(test.file()).isEqualTo("a.flat");
        assertThat(test.smp()).isEqualTo("4");
        assertThat(test.testArgs()).isEqualTo("'x y'");
        assertThat(test.params()).isEqualTo("-cpu max");
        assertThat(test.isIn("two")).isTrue();
        assertThat(test.isIn("tw")).isFalse();
        assertThat(test.arch()).isEqualTo("x86_64");
        assertThat(test.check()).isEqualTo("/a=1 /b=2");
        assertThat(test.accel()).isEqualTo("kvm");
        assertThat(test.timeout()).isEqualTo("30");
        assertThat(test.disabledIf()).isEqualTo("[ \"$ACCEL\" = tcg ]");
    }

    @Test
    void aSectionStartsFromTheDefaults() {
        List<UnitTest> tests =
                parse("[a]\nsmp = 2\ntimeout = 5\n[b]\nfile=b.flat\n").tests();
        assertThat(tests.get(1).smp()).isEqualTo("1");
        assertThat(tests.get(1).timeout()).isEqualTo("90s");
        assertThat(tests.get(1).params()).isEmpty();
    }

    @Test
    void qemuParamsAndExtraParamsAreOneAndTheLaterWins() {
        assertThat(only("[a]\nextra_params = -m 1\nqemu_params = -m 2\n").params())
                .isEqualTo("-m 2");
    }

    @Test
    void anotherMonitorsParametersAreLeftAlone() {
        SuiteConfig config = parse("[a]\nkvmtool_params = \"\"\"--x\n[no section]\n\"\"\"\nqemu_params = -m 2\n");
        assertThat(config.tests()).hasSize(1);
        assertThat(config.notes()).isEmpty();
    }

    @Test
    void textInThreeQuotesJoinsLinesAtABackslashThatIsNotEscaped() {
        UnitTest test = only("[a]\nqemu_params = \"\"\"-cpu max \\\n-m 64\\\\\n-smp 2\"\"\"\ngroups = g\n");
        assertThat(test.params()).isEqualTo("-cpu max -m 64\\\\\n-smp 2");
        assertThat(test.groups()).isEqualTo("g");
    }

    @Test
    void textInThreeQuotesWithoutAnEndIsABadFile() {
        assertThatThrownBy(() -> parse("[a]\nqemu_params = \"\"\"-cpu max\n"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("x.cfg:2: the text that begins with \"\"\" has no end");
    }

    @Test
    void whatIsNotUnderstoodIsToldWithItsLineAndIgnored() {
        SuiteConfig config = parse("smp = 2\n[a]\nfiel = a.flat\nnonsense\nfile = a.flat\n");
        assertThat(config.notes())
                .containsExactly(
                        "x.cfg:1: 'smp' before the first [name]; ignored",
                        "x.cfg:3: there is no key 'fiel'; ignored",
                        "x.cfg:4: this is neither [name] nor key = value; ignored");
        assertThat(config.tests().getFirst().file()).isEqualTo("a.flat");
    }

    @Test
    void aFileWithoutTestsIsNone() {
        assertThatThrownBy(() -> parse("hello\n"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("x.cfg: no test in it");
    }
}
