// SPDX-License-Identifier: Apache-2.0
package dev.synapic.style;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a document links to within the repository is there. */
class LinksTest {
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s:]+)(?:#[^)]*)?\\)");

    @Test
    void everyLinkWithinTheRepositoryLeadsSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        int links = 0;
        for (Path document : documents()) {
            Matcher link = LINK.matcher(Files.readString(document));
            while (link.find()) {
                links++;
                Path target = Objects.requireNonNull(document.getParent()).resolve(link.group(1));
                if (!Files.exists(target)) {
                    broken.add(SourceTree.display(document) + ": " + link.group(1));
                }
            }
        }
        assertThat(broken).as("links that lead nowhere").isEmpty();
        assertThat(links).isGreaterThan(50);
    }

    private static List<Path> documents() throws IOException {
        try (Stream<Path> files = Files.walk(SourceTree.ROOT)) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .filter(file -> !SourceTree.display(file).contains("target/"))
                    .toList();
        }
    }
}
