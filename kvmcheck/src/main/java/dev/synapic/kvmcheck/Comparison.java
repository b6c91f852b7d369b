// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.IntConsumer;

/** Two machines of one shape, fresh for each sequence, that do the same steps and are compared after each. */
final class Comparison {
    /** Where the two parted. step: the number of the step in its sequence. */
    record Difference(int step, String what, long ours, long theirs) {
        @Override
        public String toString() {
            return "step %d: %s is 0x%x here and 0x%x in KVM".formatted(step, what, ours, theirs);
        }
    }

    private final Function<Shape, Side> other;
    private final Shape shape;
    private final Snapshot layout;
    private final KnownDifferences known;
    private final IntConsumer progress;
    private long compared;

    /** other makes the machine to compare ours with; progress hears the number of each step before it is done. */
    Comparison(Function<Shape, Side> other, Shape shape, IntConsumer progress) {
        this.other = other;
        this.shape = shape;
        this.progress = progress;
        layout = new Snapshot(shape);
        known = new KnownDifferences(layout);
    }

    /** Runs a sequence to its end or to the first difference. */
    Optional<Difference> run(List<Step> steps) {
        try (OurSide ours = new OurSide(shape);
                Side theirs = other.apply(shape)) {
            long[] here = new long[layout.size()];
            long[] there = new long[layout.size()];
            Optional<Difference> start = states(-1, ours, here, theirs, there);
            if (start.isPresent()) {
                return start;
            }
            for (int i = 0; i < steps.size(); i++) {
                Step step = steps.get(i);
                if (known.skips(step, ours)) {
                    continue;
                }
                progress.accept(i);
                compared++;
                Optional<Difference> difference = results(i, step, ours.apply(step), theirs.apply(step));
                difference = difference.isPresent() ? difference : states(i, ours, here, theirs, there);
                if (difference.isPresent()) {
                    return difference;
                }
            }
            return Optional.empty();
        }
    }

    /** Steps that were done and compared, those left out not counted. */
    long compared() {
        return compared;
    }

    private static Optional<Difference> results(int number, Step step, long ours, long theirs) {
        long mask = ours == Side.FAULT || theirs == Side.FAULT ? -1 : KnownDifferences.comparedResult(step, theirs);
        long here = KnownDifferences.normalized(step, ours);
        long there = KnownDifferences.normalized(step, theirs);
        return ((here ^ there) & mask) == 0
                ? Optional.empty()
                : Optional.of(new Difference(number, "result of " + step.encode(), here, there));
    }

    private Optional<Difference> states(int number, OurSide ours, long[] here, Side theirs, long[] there) {
        Arrays.fill(here, 0);
        Arrays.fill(there, 0);
        theirs.read(there);
        ours.read(here);
        OptionalInt index = firstDifference(here, there, ours);
        if (index.isEmpty()) {
            return Optional.empty();
        }
        int at = index.getAsInt();
        return Optional.of(new Difference(number, layout.name(at), here[at], there[at]));
    }

    private OptionalInt firstDifference(long[] here, long[] there, OurSide ours) {
        for (int i = 0; i < here.length; i++) {
            if (here[i] != there[i] && ((here[i] ^ there[i]) & known.compared(i, here, there, ours)) != 0) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }
}
