// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes a sequence that ends in a difference shorter, as long as some difference stays. */
final class Shrinker {
    /** Runs of one shrinking at most. */
    private static final int LIMIT = 400;

    private final Comparison comparison;
    private int runs;

    Shrinker(Comparison comparison) {
        this.comparison = comparison;
    }

    /** Leaves out ever smaller parts. */
    List<Step> shrink(List<Step> steps, Comparison.Difference difference) {
        List<Step> shortest = steps.subList(0, difference.step() + 1);
        for (int part = Math.max(shortest.size() / 2, 1); part >= 1 && runs < LIMIT; part /= 2) {
            for (int from = 0; from < shortest.size() && runs < LIMIT; ) {
                List<Step> candidate = new ArrayList<>(shortest.subList(0, from));
                candidate.addAll(shortest.subList(Math.min(from + part, shortest.size()), shortest.size()));
                runs++;
                Optional<Comparison.Difference> left = comparison.run(candidate);
                if (left.isPresent()) {
                    shortest = candidate.subList(0, left.get().step() + 1);
                } else {
                    from += part;
                }
            }
        }
        return shortest;
    }
}
