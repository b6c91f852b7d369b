// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Steps for a {@link Comparison}, in order, on what the seed makes.
 *
 * @param seed of the comparison's two sides
 */
record Sequence(long seed, long[] steps) {
    private static final int MOST_RUNS = 3_000;

    /** Where and how the two sides differ. */
    record Difference(int step, String what) {}

    static Sequence random(SplittableRandom random, int length) {
        return new Sequence(random.nextLong(), random.longs(length).toArray());
    }

    @Nullable
    Difference run(Comparison.Maker maker, Heartbeat heartbeat) {
        try (Comparison comparison = maker.make(seed)) {
            for (int i = 0; i < steps.length; i++) {
                heartbeat.beat();
                String difference = step(comparison, steps[i]);
                if (difference != null) {
                    return new Difference(i, difference);
                }
            }
        }
        return null;
    }

    private static @Nullable String step(Comparison comparison, long number) {
        try {
            return comparison.step(number);
        } catch (RuntimeException | AssertionError thrown) {
            return thrown + " at "
                    + (thrown.getStackTrace().length == 0 ? "no place" : thrown.getStackTrace()[0].toString());
        }
    }

    /** A shorter sequence that still ends in a difference: steps are left out in pieces, then one by one. */
    Sequence shrunk(Comparison.Maker maker, Difference found, Heartbeat heartbeat) {
        Sequence best = new Sequence(seed, Arrays.copyOf(steps, found.step() + 1));
        int runs = 0;
        int piece = Math.max(best.steps.length / 2, 1);
        while (runs < MOST_RUNS) {
            Sequence before = best;
            for (int at = 0; at < best.steps.length && runs < MOST_RUNS; runs++) {
                Sequence candidate = best.without(at, piece);
                Difference still = candidate.run(maker, heartbeat);
                if (still == null) {
                    at += piece;
                } else {
                    best = new Sequence(seed, Arrays.copyOf(candidate.steps, still.step() + 1));
                }
            }
            if (piece == 1 && best.steps.length == before.steps.length) {
                break;
            }
            piece = Math.max(piece / 2, 1);
        }
        return best;
    }

    private Sequence without(int at, int count) {
        int end = Math.min(at + count, steps.length);
        long[] rest = new long[steps.length - (end - at)];
        System.arraycopy(steps, 0, rest, 0, at);
        System.arraycopy(steps, end, rest, at, steps.length - end);
        return new Sequence(seed, rest);
    }
}
