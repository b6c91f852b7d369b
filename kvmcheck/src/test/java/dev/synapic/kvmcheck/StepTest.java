// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepTest {
    private static final Shape SHAPE = Shape.of(3, 5);

    @Test
    void everyStepIsReadAsItWasWritten() {
        List<Step> steps = RandomSteps.of(1, 2000, SHAPE, RandomSteps.Modes.MIXED);
        assertThat(steps.stream().map(Step::encode).map(Step::decode)).containsExactlyElementsOf(steps);
    }

    @Test
    void whatIsNoStepIsRefused() {
        assertThatThrownBy(() -> Step.decode("line 0 1")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Step.decode("jump 0 1 1")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Step.decode("line 0 x 1")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void reproducerIsReadAsItWasWritten(@TempDir Path directory) throws Exception {
        Reproducer reproducer = new Reproducer(SHAPE, RandomSteps.of(7, 50, SHAPE, RandomSteps.Modes.XAPIC));
        Path file = directory.resolve("x.reproducer");
        reproducer.write(file, "seed 7");
        assertThat(Files.readAllLines(file).getFirst()).isEqualTo("# seed 7");
        assertThat(Reproducer.read(file)).isEqualTo(reproducer);
    }

    @Test
    void reproducerWithoutProcessorsIsRefused() {
        assertThatThrownBy(() -> Reproducer.of(List.of("line 0 1 1"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theSameSeedIsTheSameSequence() {
        List<Step> steps = RandomSteps.of(3, 500, SHAPE, RandomSteps.Modes.MIXED);
        assertThat(RandomSteps.of(3, 500, SHAPE, RandomSteps.Modes.MIXED)).isEqualTo(steps);
        assertThat(RandomSteps.of(4, 500, SHAPE, RandomSteps.Modes.MIXED)).isNotEqualTo(steps);
    }

    @Test
    void aSequenceHasStepsOfEveryKind() {
        Set<Step.Kind> kinds = RandomSteps.of(1, 2000, SHAPE, RandomSteps.Modes.MIXED).stream()
                .map(Step::kind)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Step.Kind.class)));
        assertThat(kinds).containsExactlyInAnyOrderElementsOf(Arrays.asList(Step.Kind.values()));
    }
}
