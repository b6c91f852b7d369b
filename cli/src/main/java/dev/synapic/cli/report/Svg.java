// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import java.util.Locale;

/** Builds a drawing for an HTML page. Colours come from the page's style sheet, by class. */
final class Svg {
    private final StringBuilder out = new StringBuilder();

    /** A drawing that takes the width of the page and keeps its proportions; title is for those who cannot see it. */
    Svg(double width, double height, String title) {
        add("<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\">", width, height, escape(title));
    }

    /** Text for HTML and its attributes. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    Svg rectangle(String style, double x, double y, double width, double height) {
        return add(
                "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>",
                style, x, y, width, height);
    }

    /** A rectangle that says what it is when pointed at. */
    Svg rectangle(String style, double x, double y, double width, double height, String hint) {
        return add(
                "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>%s</title></rect>",
                style, x, y, width, height, escape(hint));
    }

    Svg line(String style, double x1, double y1, double x2, double y2) {
        return add("<line class=\"%s\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"/>", style, x1, y1, x2, y2);
    }

    /** A vertical mark that says what it is when pointed at. */
    Svg mark(String style, double x, double y1, double y2, String hint) {
        return add(
                "<line class=\"%s\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"><title>%s</title></line>",
                style, x, y1, x, y2, escape(hint));
    }

    Svg text(String style, double x, double y, String text) {
        return add("<text class=\"%s\" x=\"%.2f\" y=\"%.2f\">%s</text>", style, x, y, escape(text));
    }

    private Svg add(String format, Object... arguments) {
        out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
        return this;
    }

    @Override
    public String toString() {
        return out + "</svg>\n";
    }
}
