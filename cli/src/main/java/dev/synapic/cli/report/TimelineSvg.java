// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.cli.bench.BroadcastTimeline;
import dev.synapic.cli.bench.BroadcastTimeline.Instant;
import dev.synapic.cli.bench.BroadcastTimeline.Kind;
import dev.synapic.cli.bench.BroadcastTimeline.Lane;
import dev.synapic.cli.bench.BroadcastTimeline.Outside;
import dev.synapic.machine.exits.ExitReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws one broadcast: a lane for the sender and one for each target, or for some of them where there are many. */
final class TimelineSvg {
    private static final double WIDTH = 1080;
    private static final double LABELS = 104;
    private static final double RIGHT = 14;
    private static final double AXIS = 24;
    private static final double SENDER = 24;
    private static final double TARGET = 13;
    private static final double GAP = 5;
    private static final int MOST_TARGETS = 12;
    private static final int TICKS = 8;
    private static final double PS_PER_US = 1e6;
    private static final double LEAST_VISIBLE = 0.6;

    private final BroadcastTimeline timeline;
    private final List<Lane> lanes;
    private final long fromPs;
    private final double psPerUnit;
    private final long windowPs;
    private final double target;

    /** windowPs is the time that the whole width stands for. */
    TimelineSvg(BroadcastTimeline timeline, long windowPs) {
        this(timeline, sample(timeline.lanes()), windowPs, TARGET);
    }

    private TimelineSvg(BroadcastTimeline timeline, List<Lane> lanes, long windowPs, double target) {
        this.timeline = timeline;
        this.lanes = lanes;
        this.fromPs = timeline.startPs();
        this.windowPs = Math.max(1, windowPs);
        this.target = target;
        this.psPerUnit = this.windowPs / (WIDTH - LABELS - RIGHT);
    }

    /** The sender and one target alone, from the send to the target's return into HLT. */
    static TimelineSvg magnified(BroadcastTimeline timeline) {
        List<Lane> pair =
                timeline.lanes().subList(0, Math.min(2, timeline.lanes().size()));
        long until =
                pair.getLast().instants().stream().mapToLong(Instant::ps).max().orElse(timeline.endPs());
        return new TimelineSvg(timeline, pair, (until - timeline.startPs()) * 6 / 5, SENDER);
    }

    /** The sender, and targets at equal distances from the first to the last. */
    private static List<Lane> sample(List<Lane> all) {
        int targets = all.size() - 1;
        if (targets <= MOST_TARGETS) {
            return all;
        }
        List<Lane> some = new ArrayList<>();
        some.add(all.getFirst());
        for (int i = 0; i < MOST_TARGETS; i++) {
            some.add(all.get(1 + i * (targets - 1) / (MOST_TARGETS - 1)));
        }
        return some;
    }

    String svg() {
        double height = AXIS + SENDER + GAP + (lanes.size() - 1) * (target + GAP) + GAP;
        Svg svg = new Svg(WIDTH, height, "One broadcast, " + timeline.cell().title());
        axis(svg, height);
        double y = AXIS;
        for (int i = 0; i < lanes.size(); i++) {
            double tall = i == 0 ? SENDER : target;
            lane(svg, lanes.get(i), y, tall, i == 0);
            y += tall + GAP;
        }
        return svg.toString();
    }

    private void axis(Svg svg, double height) {
        double step = niceStep(windowPs / PS_PER_US / TICKS);
        String format = step >= 1 ? "%.0f us" : step >= 0.1 ? "%.1f us" : "%.2f us";
        for (int i = 0; i * step * PS_PER_US <= windowPs; i++) {
            double x = LABELS + i * step * PS_PER_US / psPerUnit;
            svg.line("grid", x, AXIS - 6, x, height);
            svg.text("tick", x, AXIS - 10, String.format(Locale.ROOT, format, i * step));
        }
    }

    /** 1, 2 or 5 times a power of ten, at least that. */
    static double niceStep(double atLeast) {
        double power = Math.pow(10, Math.floor(Math.log10(atLeast)));
        for (double factor : new double[] {1, 2, 5}) {
            if (factor * power >= atLeast) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    private double x(long ps) {
        double x = LABELS + (ps - fromPs) / psPerUnit;
        return Math.clamp(x, LABELS, WIDTH - RIGHT);
    }

    private void lane(Svg svg, Lane lane, double y, double tall, boolean sender) {
        svg.text("label end", LABELS - 8, y + tall / 2 + 4, (sender ? "sender " : "") + "cpu " + lane.vcpu());
        svg.rectangle("guest", LABELS, y, x(timeline.nextPs()) - LABELS, tall);
        lane.outside().forEach(outside -> outside(svg, lane, outside, y, tall));
        for (Instant instant : lane.instants()) {
            if (instant.ps() - fromPs <= windowPs) {
                instant(svg, instant, y, tall);
            }
        }
    }

    private void outside(Svg svg, Lane lane, Outside outside, double y, double tall) {
        if (outside.fromPs() - fromPs > windowPs || outside.fromPs() > timeline.nextPs()) {
            return;
        }
        String hint = hint(outside);
        if (outside.reason() != ExitReason.HLT) {
            box(svg, style(outside), outside.fromPs(), outside.toPs(), y, tall, hint);
            return;
        }
        long wokenPs = lane.instants().stream()
                .filter(i -> i.kind() == Kind.ACCEPTED && i.ps() >= outside.fromPs() && i.ps() <= outside.toPs())
                .mapToLong(Instant::ps)
                .min()
                .orElse(outside.toPs());
        box(svg, "halted", outside.fromPs(), wokenPs, y, tall, "halted");
        if (wokenPs < outside.toPs()) {
            box(
                    svg,
                    "waking",
                    wokenPs,
                    outside.toPs(),
                    y,
                    tall,
                    "wake-up and VM entry, " + us(outside.toPs() - wokenPs));
        }
    }

    /** Whether a picture has boxes of that style. */
    static boolean uses(BroadcastTimeline timeline, String style) {
        return sample(timeline.lanes()).stream()
                .flatMap(lane -> lane.outside().stream())
                .anyMatch(outside ->
                        outside.reason() != ExitReason.HLT && style(outside).equals(style));
    }

    /** The way of one interrupt in numbers, for the magnified picture. */
    String caption() {
        return "From the start of the send: accepted after" + at(Kind.ACCEPTED) + ", handler entered after"
                + at(Kind.TAKEN)
                + ", EOI after" + at(Kind.EOI)
                + ". Meanwhile the sender, still outside the guest, is charged for waking the target up.";
    }

    private String at(Kind kind) {
        return lanes.getLast().instants().stream()
                .filter(instant -> instant.kind() == kind)
                .findFirst()
                .map(instant -> " " + us(instant.ps() - fromPs))
                .orElse(" the end of this picture");
    }

    private static String style(Outside outside) {
        return switch (outside.reason()) {
            case PAUSE_INSTRUCTION -> "spin";
            case EXTERNAL_INTERRUPT, PENDING_INTERRUPT, PREEMPTION_TIMER -> "kick";
            default -> "exit";
        };
    }

    private static String hint(Outside outside) {
        String detail = ExitNames.detail(outside.reason(), outside.detail());
        return outside.reason() + (detail.isEmpty() ? "" : " (" + detail + ")") + ", "
                + us(outside.toPs() - outside.fromPs());
    }

    private void box(Svg svg, String style, long from, long to, double y, double tall, String hint) {
        double left = x(from);
        double width = Math.max(LEAST_VISIBLE, x(Math.min(to, timeline.nextPs())) - left - 0.4);
        svg.rectangle(style, left, y, width, tall, hint);
    }

    private void instant(Svg svg, Instant instant, double y, double tall) {
        String at = " at " + us(instant.ps() - fromPs);
        switch (instant.kind()) {
            case ACCEPTED -> svg.mark("accepted", x(instant.ps()), y - 1.5, y + tall + 1.5, "accepted (IRR)" + at);
            case TAKEN -> svg.mark("taken", x(instant.ps()), y, y + tall, "taken: handler begins" + at);
            case EOI -> svg.mark("eoi", x(instant.ps()), y + tall / 2, y + tall + 1.5, "EOI" + at);
        }
    }

    private static String us(long ps) {
        return String.format(Locale.ROOT, "%.3f us", ps / PS_PER_US);
    }
}
