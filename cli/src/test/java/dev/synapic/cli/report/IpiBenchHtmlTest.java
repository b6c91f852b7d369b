// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.bench.FakeBench;
import org.junit.jupiter.api.Test;

class IpiBenchHtmlTest {
    private final String page = IpiBenchHtml.page(FakeBench.result(), FakeBench.timelines());

    @Test
    void everyMachineHasItsTimeline() {
        assertThat(page.split("aria-label=\"One broadcast", -1)).hasSize(1 + 12 + 1);
    }

    @Test
    void theHeadlineCountsExits() {
        assertThat(page).contains("<h1>One interrupt to 79 processors: 79, 5 or 1 exits</h1>");
    }

    @Test
    void lightAndDark() {
        assertThat(page).contains("prefers-color-scheme: dark");
    }

    @Test
    void textIsEscaped() {
        assertThat(Svg.escape("a<b & \"c\">")).isEqualTo("a&lt;b &amp; &quot;c&quot;&gt;");
    }

    @Test
    void axesHaveRoundSteps() {
        assertThat(TimelineSvg.niceStep(24.8)).isEqualTo(50);
        assertThat(TimelineSvg.niceStep(0.11)).isEqualTo(0.2);
        assertThat(TimelineSvg.niceStep(6)).isEqualTo(10);
    }
}
