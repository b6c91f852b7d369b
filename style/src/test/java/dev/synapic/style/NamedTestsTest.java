// SPDX-License-Identifier: Apache-2.0
package dev.synapic.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every test that a document names is there. */
class NamedTestsTest {
    /** A test class in backticks, by its name or a package's last part before it, alone or with one of its methods. */
    private static final Pattern NAMED = Pattern.compile("`(?:[a-z]\\w*\\.)*([A-Z]\\w*Test)(?:\\.([a-z]\\w*))?`");

    @Test
    void everyTestThatADocumentNamesIsThere() throws IOException {
        Map<String, String> tests = new HashMap<>();
        for (Path file : SourceTree.javaFiles()) {
            if (SourceTree.display(file).contains("/src/test/java/")) {
                String name = String.valueOf(file.getFileName());
                tests.merge(
                        name.substring(0, name.length() - ".java".length()), Files.readString(file), String::concat);
            }
        }
        List<String> missing = new ArrayList<>();
        int named = 0;
        for (Path document : documents()) {
            Matcher matcher = NAMED.matcher(Files.readString(document));
            while (matcher.find()) {
                named++;
                if (!stands(tests.get(matcher.group(1)), matcher.group(2))) {
                    missing.add(SourceTree.display(document) + ": " + matcher.group());
                }
            }
        }
        assertThat(missing)
                .as("tests that documents name and that do not exist")
                .isEmpty();
        assertThat(named).as("named tests").isPositive();
    }

    private static boolean stands(@Nullable String source, @Nullable String method) {
        return source != null
                && (method == null
                        || Pattern.compile("\\b" + method + "\\(")
                                .matcher(source)
                                .find());
    }

    private static List<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.walk(SourceTree.ROOT.resolve("docs"))) {
            return Stream.concat(docs, Stream.of(SourceTree.ROOT.resolve("README.md")))
                    .filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }
}
