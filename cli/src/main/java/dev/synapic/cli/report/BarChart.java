// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import java.util.ArrayList;
import java.util.List;

/** Horizontal bars with their values, in groups. */
final class BarChart {
    private static final double WIDTH = 960;
    private static final double LABELS = 130;
    private static final double VALUES = 150;
    private static final double BAR = 15;
    private static final double GAP = 5;
    private static final double HEADING = 30;

    private final String title;
    private final List<Item> items = new ArrayList<>();

    BarChart(String title) {
        this.title = title;
    }

    private sealed interface Item {
        record Heading(String text) implements Item {}

        record Bar(String label, double value, String shown, String style) implements Item {}
    }

    void heading(String text) {
        items.add(new Item.Heading(text));
    }

    /** An empty label continues the bar above. */
    void bar(String label, double value, String shown, String style) {
        items.add(new Item.Bar(label, value, shown, style));
    }

    String svg() {
        double most = items.stream()
                .mapToDouble(item -> item instanceof Item.Bar bar ? bar.value() : 0)
                .max()
                .orElse(0);
        double scale = (WIDTH - LABELS - VALUES) / Math.max(most, Double.MIN_NORMAL);
        Svg svg = new Svg(WIDTH, height(), title);
        double y = 0;
        for (Item item : items) {
            y = switch (item) {
                case Item.Heading heading -> draw(svg, heading, y);
                case Item.Bar bar -> draw(svg, bar, y, scale);
            };
        }
        return svg.toString();
    }

    private double height() {
        double height = GAP;
        for (Item item : items) {
            height += item instanceof Item.Bar bar ? step(bar) : HEADING;
        }
        return height;
    }

    private static double step(Item.Bar bar) {
        return bar.label().isEmpty() ? BAR + 1 : BAR + GAP + 1;
    }

    private static double draw(Svg svg, Item.Heading heading, double y) {
        svg.text("heading", 0, y + HEADING - 9, heading.text());
        return y + HEADING;
    }

    private static double draw(Svg svg, Item.Bar bar, double y, double scale) {
        double end = y + step(bar);
        double top = end - BAR;
        svg.text("label end", LABELS - 10, end - 4, bar.label());
        svg.rectangle(bar.style(), LABELS, top, Math.max(1, bar.value() * scale), BAR);
        svg.text("value", LABELS + Math.max(1, bar.value() * scale) + 6, end - 4, bar.shown());
        return end;
    }
}
