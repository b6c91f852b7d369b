// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.ApicRegister;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The comparison itself, with a second machine of ours in the place of KVM's. */
class ComparisonTest {
    private static final Shape SHAPE = Shape.of(2, 1);

    @Test
    void twoMachinesOfOursAgreeInEveryMode() {
        for (RandomSteps.Modes modes : RandomSteps.Modes.values()) {
            for (long seed = 1; seed <= 40; seed++) {
                Shape shape = Shape.of(1 + (int) (seed % Shape.MAX_VCPUS), 1 + (int) (seed % 5));
                Comparison comparison = comparison(OurSide::new, shape);
                assertThat(comparison.run(RandomSteps.of(seed, 400, shape, modes)))
                        .as("seed " + seed)
                        .isEmpty();
                assertThat(comparison.compared()).as("steps of seed " + seed).isGreaterThan(150);
            }
        }
    }

    @Test
    void aMachineThatLosesAnEoiIsFoundOut() {
        Comparison comparison = comparison(LosesEois::new, SHAPE);
        List<Step> steps = RandomSteps.of(5, 400, SHAPE, RandomSteps.Modes.XAPIC);
        Optional<Comparison.Difference> difference = comparison.run(steps);
        assertThat(difference).isPresent();
        List<Step> shortest = new Shrinker(comparison).shrink(steps, difference.get());
        assertThat(shortest).hasSizeLessThan(8);
        assertThat(shortest.getLast())
                .isEqualTo(new Step(Step.Kind.WRITE_APIC, shortest.getLast().vcpu(), ApicRegister.EOI, 0));
        assertThat(comparison.run(shortest)).isPresent();
    }

    @Test
    void everyLongOfTheStateHasANameOfItsOwn() {
        Snapshot layout = new Snapshot(SHAPE);
        Set<String> names = new HashSet<>();
        for (int i = 0; i < layout.size(); i++) {
            assertThat(names.add(layout.name(i))).as(layout.name(i)).isTrue();
        }
    }

    @Test
    void anInterruptIsTakenOnceAndEndedByItsEoi() {
        try (OurSide side = new OurSide(SHAPE)) {
            side.apply(new Step(Step.Kind.WRITE_APIC, 1, ApicRegister.SPURIOUS_VECTOR, 0x1FF));
            assertThat(side.apply(new Step(Step.Kind.MSI, 0, 0x41, 0xFEE0_1000L)))
                    .isOne();
            assertThat(side.apply(new Step(Step.Kind.TAKE, 0, 0, 0))).isEqualTo(Side.NOTHING);
            assertThat(side.apply(new Step(Step.Kind.TAKE, 1, 0, 0))).isEqualTo(0x41);
            assertThat(side.apply(new Step(Step.Kind.TAKE, 1, 0, 0))).isEqualTo(Side.NOTHING);
            side.apply(new Step(Step.Kind.WRITE_APIC, 1, ApicRegister.EOI, 0));
            assertThat(side.apic(1).highestInService()).isNegative();
        }
    }

    @Test
    void processorsOfAFreshMachineRun() {
        try (OurSide side = new OurSide(Shape.of(Shape.MAX_VCPUS, 1))) {
            assertThat(side.apics()).noneMatch(apic -> apic.waitingForSipi());
        }
    }

    private static Comparison comparison(Function<Shape, Side> other, Shape shape) {
        return new Comparison(other, shape, number -> {});
    }

    /** Ours, but for EOIs, which get lost. */
    private static final class LosesEois implements Side {
        private final OurSide inner;

        LosesEois(Shape shape) {
            inner = new OurSide(shape);
        }

        @Override
        public long apply(Step step) {
            boolean eoi = step.kind() == Step.Kind.WRITE_APIC && step.at() == ApicRegister.EOI;
            return eoi ? 0 : inner.apply(step);
        }

        @Override
        public void read(long[] state) {
            inner.read(state);
        }

        @Override
        public void close() {
            inner.close();
        }
    }
}
