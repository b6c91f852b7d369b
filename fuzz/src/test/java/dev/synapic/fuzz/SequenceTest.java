// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finding, shortening and keeping a difference, on two sides that differ by a rule. */
class SequenceTest {
    /** Differs once it has taken two steps that are divisible by 64. */
    private static final class TwoOfManyDiffer implements Comparison {
        private int taken;

        @Override
        public @Nullable String step(long number) {
            taken += (number & 63) == 0 ? 1 : 0;
            return taken == 2 ? "two" : null;
        }

        @Override
        public void close() {}
    }

    private static Sequence random() {
        return Sequence.random(new SplittableRandom(7), 2_000);
    }

    @Test
    void differenceIsFoundWhereItArises() {
        Sequence.Difference difference = random().run(seed -> new TwoOfManyDiffer(), Heartbeat.NONE);

        assertThat(difference).isNotNull();
        assertThat(random().steps()[difference.step()] & 63).isZero();
        assertThat(difference.what()).isEqualTo("two");
    }

    @Test
    void shrinkingLeavesTheStepsThatMatter() {
        Comparison.Maker maker = seed -> new TwoOfManyDiffer();
        Sequence.Difference difference = random().run(maker, Heartbeat.NONE);

        Sequence shrunk = random().shrunk(maker, difference, Heartbeat.NONE);

        assertThat(shrunk.steps()).hasSize(2);
        assertThat(shrunk.run(maker, Heartbeat.NONE)).isNotNull();
    }

    @Test
    void whatIsThrownIsADifference() {
        Comparison.Maker maker = seed -> new Comparison() {
            @Override
            public String step(long number) {
                throw new IllegalStateException("broken");
            }

            @Override
            public void close() {}
        };

        assertThat(random().run(maker, Heartbeat.NONE).what()).contains("IllegalStateException: broken");
    }

    @Test
    void reproducerIsReadAsItWasWritten(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("kept/one.txt");

        Reproducer.write(file, random(), "two\nlines");

        Sequence read = Reproducer.read(file);
        assertThat(read.seed()).isEqualTo(random().seed());
        assertThat(read.steps()).containsExactly(random().steps());
        assertThat(Files.readAllLines(file)).startsWith("# two", "# lines");
    }

    @Test
    void fileThatIsNoReproducerIsRefusedByName(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("other.txt");
        Files.writeString(file, "seed 12\nsomething\n");

        assertThatThrownBy(() -> Reproducer.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("other.txt is no reproducer");
    }
}
