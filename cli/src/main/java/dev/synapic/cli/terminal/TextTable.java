// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import java.util.ArrayList;
import java.util.List;

/** Rows of cells as lines of aligned text: the first column to the left, and those that say so; numbers to the right. */
public final class TextTable {
    private static final String GAP = "  ";

    private final List<String> headers;
    private final boolean[] left;
    private final List<List<String>> rows = new ArrayList<>();

    /** A header that begins with '<' makes its column align to the left. */
    public TextTable(String... headers) {
        this.headers = new ArrayList<>();
        this.left = new boolean[headers.length];
        for (int i = 0; i < headers.length; i++) {
            left[i] = i == 0 || headers[i].startsWith("<");
            this.headers.add(headers[i].startsWith("<") ? headers[i].substring(1) : headers[i]);
        }
    }

    public void row(String... cells) {
        if (cells.length != left.length) {
            throw new IllegalArgumentException(cells.length + " cells in a table of " + left.length + " columns");
        }
        rows.add(List.of(cells));
    }

    /** A line across all columns. */
    public void heading(String text) {
        rows.add(List.of(text));
    }

    /** The lines, the headers first, none with trailing blanks. */
    public List<String> lines() {
        int[] widths = widths();
        List<String> lines = new ArrayList<>();
        lines.add(line(headers, widths));
        for (List<String> row : rows) {
            lines.add(row.size() == left.length ? line(row, widths) : row.getFirst());
        }
        return lines;
    }

    private int[] widths() {
        int[] widths = new int[left.length];
        measure(headers, widths);
        rows.stream().filter(row -> row.size() == left.length).forEach(row -> measure(row, widths));
        return widths;
    }

    private static void measure(List<String> row, int[] widths) {
        for (int i = 0; i < widths.length; i++) {
            widths[i] = Math.max(widths[i], row.get(i).length());
        }
    }

    private String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String blanks = " ".repeat(widths[i] - row.get(i).length());
            line.append(i == 0 ? "" : GAP).append(left[i] ? row.get(i) + blanks : blanks + row.get(i));
        }
        return line.toString().stripTrailing();
    }
}
