// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.cli.bench.Published;
import dev.synapic.cli.bench.Scenario;
import java.util.Locale;
import java.util.Optional;

/** Times as the tables of 2018 print them: for 100,000 iterations, what the way there took and what the whole loop took. */
final class PublishedLayout {
    static final String HEADING = String.format(
            Locale.ROOT,
            "Modelled, scaled to %,d iterations: delivery (one-way, summed), whole loop",
            Published.ITERATIONS);

    private PublishedLayout() {}

    /** One line; times are of one operation. Broadcasts show how much faster they are than vanilla, where that is known. */
    static String line(Scenario scenario, double deliveryNs, double wholeNs, Optional<Double> gain) {
        String boost = scenario == Scenario.BROADCAST
                ? gain.map(times -> "  => " + Published.boostPercent(times) + "% performance boost")
                        .orElse("")
                : "";
        return String.format(
                Locale.ROOT,
                " %-15s %18d, %20d ns%s",
                scenario.label() + ":",
                Math.round(deliveryNs * Published.ITERATIONS),
                Math.round(wholeNs * Published.ITERATIONS),
                boost);
    }
}
