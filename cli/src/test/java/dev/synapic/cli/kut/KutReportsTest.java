// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.cli.kut.TestResult.Status;
import dev.synapic.machine.ConfigurationException;
import java.io.StringReader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class KutReportsTest {
    private static final UnitTest FIRST =
            new UnitTest("first", 1, Map.of("smp", "2", "extra_params", "-cpu max", "test_args", "'a|b'"));

    private static TestResult result(UnitTest test, Status status, String summary, String failure) {
        List<String> failures = failure.isEmpty() ? List.of() : List.of(failure);
        return new TestResult(
                test,
                status,
                summary,
                null,
                null,
                Checks.ofSummary(summary, failures),
                1_500_000_000L,
                Duration.ofMillis(1234),
                List.of("-smp", "2"),
                false);
    }

    private final List<TestResult> results = List.of(
            result(FIRST, Status.PASS, "12 tests, 2 skipped", ""),
            result(new UnitTest("second", 5, Map.of()), Status.FAIL, "3 tests, 1 unexpected failures", "x <y>\u0001"),
            result(new UnitTest("third", 9, Map.of()), Status.FAIL, "3 tests, 1 unexpected failures", "z")
                    .knownFor("not modelled"),
            TestResult.skipped(new UnitTest("fourth", 12, Map.of()), "i386 only"));

    @Test
    void aKnownFailureSaysWhyAndDoesNotCount() {
        assertThat(KutText.line(results.get(2), false)).isEqualTo("FAIL third (known: not modelled)");
        assertThat(KutSummary.of(results).line()).isEqualTo("1 passed, 1 failed, 1 known to fail, 1 skipped");
        assertThat(KutSummary.of(results).exitStatus()).isEqualTo(6);
        assertThat(KutSummary.of(List.of(results.get(0), results.get(2))).exitStatus())
                .isZero();
    }

    @Test
    void colourIsForATerminal() {
        assertThat(KutText.line(results.getFirst(), true))
                .isEqualTo("\u001b[32mPASS\u001b[0m first (12 tests, 2 skipped)");
    }

    @Test
    void theTableHasARowForEachTest() {
        assertThat(KutMarkdown.text(results)).isEqualTo("""
            <!-- kut:begin -->

            | Test | Parameters | Result | Checks passed | Virtual time | Remark |
            |---|---|---|---|---|---|
            | first | `-smp 2 -append 'a\\|b' -cpu max` | pass | 10/12 | 1.50ms |  |
            | second |  | fail | 2/3 | 1.50ms | x &lt;y>\u0001 |
            | third |  | known | 2/3 | 1.50ms | not modelled |
            | fourth |  | skip |  |  | i386 only |

            1 passed, 1 failed, 1 known to fail, 1 skipped.

            <!-- kut:end -->
            """);
    }

    @Test
    void theTableTakesThePlaceOfTheOldOne() {
        String document = "before\n<!-- kut:begin -->\nold\n<!-- kut:end -->\nafter\n";
        String once = KutMarkdown.inserted(document, results);
        assertThat(once).startsWith("before\n<!-- kut:begin -->").endsWith("<!-- kut:end -->\nafter\n");
        assertThat(once).doesNotContain("old");
        assertThat(KutMarkdown.inserted(once, results)).as("twice is once").isEqualTo(once);
        assertThat(KutMarkdown.inserted("", results)).isEqualTo(KutMarkdown.text(results));
    }

    @Test
    void aDocumentWithoutThePlaceIsNotOverwritten() {
        assertThatThrownBy(() -> KutMarkdown.inserted("my text\n", results)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> KutMarkdown.inserted("<!-- kut:end --> <!-- kut:begin -->", results))
                .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void xmlIsWellFormedWhateverAGuestPrints() throws Exception {
        Element suite = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(KutJunit.text(results))))
                .getDocumentElement();
        assertThat(suite.getAttribute("tests")).isEqualTo("4");
        assertThat(suite.getAttribute("failures")).isEqualTo("1");
        assertThat(suite.getAttribute("errors")).isEqualTo("0");
        assertThat(suite.getAttribute("skipped")).isEqualTo("2");
        assertThat(suite.getElementsByTagName("testcase").getLength()).isEqualTo(4);
        Element failure = (Element) suite.getElementsByTagName("failure").item(0);
        assertThat(failure.getAttribute("message")).isEqualTo("3 tests, 1 unexpected failures");
        assertThat(failure.getTextContent()).isEqualTo("x <y>?");
    }
}
