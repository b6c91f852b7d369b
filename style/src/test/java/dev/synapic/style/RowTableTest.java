// SPDX-License-Identifier: Apache-2.0
package dev.synapic.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The README's table of rows is what docs/rows.md says, and each row there has tests and an outside value. With {@code -Dfix} the table is written. */
class RowTableTest {
    private static final Path MANIFEST = SourceTree.ROOT.resolve("docs/rows.md");
    private static final Path README = SourceTree.ROOT.resolve("README.md");
    private static final String HEAD = "| Row | Class | Tests | Outside value | State | Others |";
    private static final String BEGIN = "<!-- rows:begin -->\n\n", END = "\n<!-- rows:end -->";
    private static final Pattern TEST = Pattern.compile("`[A-Z]\\w*Test\\.[a-z]\\w*`");
    private static final int OTHERS = 6;

    /** A line of the manifest. */
    private record Row(String name, String tests, String outsideValue, String state, List<String> others) {
        static Row of(String line) {
            List<String> cells = Arrays.stream(
                            line.substring(1, line.length() - 1).split("\\|"))
                    .map(String::strip)
                    .toList();
            assertThat(cells).as(line).hasSize(6);
            return new Row(
                    cells.get(0),
                    cells.get(2),
                    cells.get(3),
                    cells.get(4),
                    List.of(cells.get(5).split(" ")));
        }

        String mark() {
            return state.startsWith("there") ? "**Y**" : state.startsWith("partly") ? "**P**" : "-";
        }

        String line() {
            List<String> cells = new ArrayList<>();
            cells.add(name);
            cells.add(mark());
            cells.addAll(others);
            cells.add(String.valueOf(TEST.matcher(tests).results().count()));
            int remark = state.indexOf(' ');
            cells.add(remark < 0 ? "" : state.substring(remark).strip());
            return "| " + String.join(" | ", cells) + " |\n";
        }
    }

    private static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        boolean inTable = false;
        for (String line : Files.readAllLines(MANIFEST)) {
            if (line.equals(HEAD)) {
                inTable = true;
            } else if (!line.startsWith("|")) {
                inTable = false;
            } else if (inTable && !line.startsWith("|-")) {
                rows.add(Row.of(line));
            }
        }
        return rows;
    }

    @Test
    void everyRowHasTestsAnOutsideValueAndWhatTheOthersHave() throws IOException {
        assertThat(rows()).hasSizeGreaterThan(50).allSatisfy(row -> {
            assertThat(TEST.matcher(row.tests()).find())
                    .as("tests of %s", row.name())
                    .isTrue();
            assertThat(row.outsideValue()).as("outside value of %s", row.name()).isNotEmpty();
            assertThat(row.state()).as("state of %s", row.name()).matches("(there|partly|out)\\b.*");
            assertThat(row.others())
                    .as("others at %s", row.name())
                    .hasSize(OTHERS)
                    .allMatch(mark -> mark.matches("Y|P|-|kvm|\\."));
        });
    }

    @Test
    void theReadmesTableIsTheManifests() throws IOException {
        StringBuilder table =
                new StringBuilder("| Row | Synapic | KVM | QEMU | OpenVMM | Xen | Bochs | crosvm | Tests | Remark |\n");
        table.append("|---|---|---|---|---|---|---|---|---|---|\n");
        rows().forEach(row -> table.append(row.line()));
        String readme = Files.readString(README);
        int begin = readme.indexOf(BEGIN);
        int end = readme.indexOf(END);
        assertThat(begin).as("the place of the table").isPositive().isLessThan(end);
        String written = readme.substring(0, begin + BEGIN.length()) + table + readme.substring(end);
        if (System.getProperty("fix") != null) {
            Files.writeString(README, written);
            return;
        }
        assertThat(readme)
                .as("this writes the table: mvn -q -pl style test -Dfix")
                .isEqualTo(written);
    }
}
