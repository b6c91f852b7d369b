// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.bench.FakeBench;
import java.util.List;
import org.junit.jupiter.api.Test;

class IpiBenchTextTest {
    private final List<String> lines = IpiBenchText.lines(FakeBench.result());

    @Test
    void noLineIsTooWide() {
        assertThat(lines).allMatch(line -> line.length() <= IpiBenchText.WIDTH);
    }

    @Test
    void theLayoutIsThePublishedOne() {
        int at = lines.indexOf("x2apic physical mode, pv-ipi");
        assertThat(lines.subList(at, at + 7))
                .containsExactly(
                        "x2apic physical mode, pv-ipi",
                        "",
                        " Dry-run:                         0,              2400000 ns",
                        " Self-IPI:                        0,             98400000 ns",
                        " Self-IPI, real:                  0,              2400000 ns",
                        " Normal IPI:              226400000,            252400000 ns",
                        " Broadcast IPI:                   0,           7740400000 ns  => 155% performance boost");
    }

    @Test
    void columnsOfARowStandUnderTheirNames() {
        String header = lines.stream()
                .filter(line -> line.contains("published  ratio"))
                .findFirst()
                .orElseThrow();
        List<String> rows = lines.stream()
                .filter(line -> line.matches("  broadcast +\\d.*"))
                .toList();
        assertThat(rows).hasSize(12);
        for (String column : List.of("targets", "sender", "receivers", "accepted", "ns", "ratio")) {
            int end = header.indexOf(" " + column) + 1 + column.length();
            assertThat(rows)
                    .allMatch(row -> row.charAt(end - 1) != ' ' && (row.length() == end || row.charAt(end) == ' '));
        }
    }

    @Test
    void calibratedRowsAreMarked() {
        assertThat(lines.stream().filter(line -> line.endsWith("  *"))).hasSize(3);
        assertThat(String.join(" ", lines)).contains("* calibrated: fixed a constant of the profile");
    }

    @Test
    void hostTimeStandsInATableOfItsOwn() {
        assertThat(lines).anyMatch(line -> line.startsWith("Time on this computer per operation, in us"));
        assertThat(lines).contains("  xapic mode, hv-ipi, normal: no other CPU");
    }
}
