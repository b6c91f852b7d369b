// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import java.util.List;

/** Running text in lines. */
final class Paragraph {
    private Paragraph() {}

    /** Appends a text in lines of at most so many columns, unless a word has more. */
    static void wrap(String text, int width, List<String> lines) {
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            if (line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
    }
}
