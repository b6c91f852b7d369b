// SPDX-License-Identifier: Apache-2.0
package dev.synapic.style;

import static org.assertj.core.api.Assertions.assertThat;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every source file is as palantir-java-format writes it. With {@code -Dfix} the test writes it so. */
class FormatTest {
    private static final boolean FIX = System.getProperty("fix") != null;
    private static final Formatter FORMATTER = Formatter.createFormatter(JavaFormatterOptions.builder()
            .style(JavaFormatterOptions.Style.PALANTIR)
            .build());

    @Test
    void everySourceFileIsFormatted() throws IOException {
        List<Path> files = SourceTree.javaFiles();
        assertThat(files).hasSizeGreaterThan(20);

        List<String> findings =
                files.parallelStream().flatMap(file -> findings(file).stream()).toList();

        assertThat(findings)
                .as("files that are not formatted; this formats them: mvn -q -pl style test -Dfix")
                .isEmpty();
    }

    private static List<String> findings(Path file) {
        try {
            String source = Files.readString(file);
            String formatted = FORMATTER.formatSourceAndFixImports(source);
            if (formatted.equals(source)) {
                return List.of();
            }
            if (FIX) {
                Files.writeString(file, formatted);
                return List.of();
            }
            return List.of(SourceTree.display(file) + ":" + firstDifference(source, formatted));
        } catch (IOException | FormatterException e) {
            return List.of(SourceTree.display(file) + ": " + e.getMessage());
        }
    }

    private static int firstDifference(String source, String formatted) {
        List<String> actual = source.lines().toList();
        List<String> expected = formatted.lines().toList();
        int line = 0;
        while (line < actual.size()
                && line < expected.size()
                && actual.get(line).equals(expected.get(line))) {
            line++;
        }
        return line + 1;
    }
}
