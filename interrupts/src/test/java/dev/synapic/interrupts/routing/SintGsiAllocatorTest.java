// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Founding patch: a GSI is allocated for each configured SINT. */
class SintGsiAllocatorTest {
    private final List<String> raised = new ArrayList<>();
    private final IrqChip chip = new IrqChip(
            IrqChip.Mode.SPLIT,
            (address, data) -> 1,
            (vpIndex, sint) -> {
                raised.add(vpIndex + ":" + sint);
                return 1;
            },
            PinPort.ABSENT,
            IrqChipListener.NONE);
    private final SintGsiAllocator allocator = new SintGsiAllocator(chip, 100, 103);

    @Test
    void eachSintHasItsOwnGsiAndRoute() {
        SintLine first = allocator.open(0, 2, () -> {});
        SintLine second = allocator.open(0, 3, () -> {});
        SintLine third = allocator.open(7, 2, () -> {});

        assertThat(List.of(first.gsi(), second.gsi(), third.gsi())).containsExactly(100, 101, 102);
        third.raise();
        first.raise();

        assertThat(raised).containsExactly("7:2", "0:2");
    }

    @Test
    void acknowledgementReachesTheLineOfItsSintOnly() {
        AtomicInteger first = new AtomicInteger();
        AtomicInteger second = new AtomicInteger();
        allocator.open(0, 2, first::incrementAndGet);
        allocator.open(0, 3, second::incrementAndGet);

        chip.acknowledgeSint(0, 3);
        chip.acknowledgeSint(0, 3);

        assertThat(first).hasValue(0);
        assertThat(second).hasValue(2);
    }

    @Test
    void linesOfOneSintHearEveryAcknowledgementAndRaiseIt() {
        List<String> heard = new ArrayList<>();
        SintLine first = allocator.open(0, 2, () -> heard.add("first"));
        SintLine second = allocator.open(0, 2, () -> heard.add("second"));

        first.raise();
        second.raise();
        chip.acknowledgeSint(0, 2);
        first.close();
        chip.acknowledgeSint(0, 2);
        second.raise();

        assertThat(raised).containsExactly("0:2", "0:2", "0:2");
        assertThat(heard).containsExactly("first", "second", "second");
    }

    @Test
    void closedLineGivesItsGsiBackAndHearsNothingOfTheNextOwner() {
        AtomicInteger old = new AtomicInteger();
        SintLine line = allocator.open(0, 2, old::incrementAndGet);
        line.close();
        AtomicInteger next = new AtomicInteger();
        SintLine other = allocator.open(4, 9, next::incrementAndGet);

        chip.acknowledgeSint(0, 2);
        chip.acknowledgeSint(4, 9);
        line.raise();

        assertThat(other.gsi()).isEqualTo(line.gsi());
        assertThat(old).hasValue(0);
        assertThat(next).hasValue(1);
        assertThat(raised).isEmpty();
    }

    @Test
    void sintMayBeAttachedAgain() {
        allocator.open(0, 2, () -> {}).close();
        AtomicInteger heard = new AtomicInteger();

        SintLine again = allocator.open(0, 2, heard::incrementAndGet);
        again.raise();
        chip.acknowledgeSint(0, 2);

        assertThat(raised).containsExactly("0:2");
        assertThat(heard).hasValue(1);
        assertThat(allocator.size()).isEqualTo(1);
    }

    @Test
    void closingTwiceHarmsNobody() {
        SintLine line = allocator.open(0, 2, () -> {});
        line.close();
        SintLine other = allocator.open(0, 3, () -> {});

        line.close();
        other.raise();

        assertThat(raised).containsExactly("0:3");
    }

    @Test
    void linesSurviveATableThatSomebodyElseReplaced() {
        SintLine line = allocator.open(0, 2, () -> {});

        chip.setGsiRouting(List.of(new GsiRoute.Msi(5, 0xFEE0_0000L, 0x30)));
        line.raise();
        assertThat(raised).isEmpty();
        allocator.installRoutes();
        line.raise();

        assertThat(raised).containsExactly("0:2");
        assertThat(chip.gsiRouting().hasRoute(5)).as("others' routes stay").isTrue();
    }

    @Test
    void lineMayBeClosedWithinItsOwnNotification() {
        SintLine[] line = new SintLine[1];
        line[0] = allocator.open(0, 2, () -> line[0].close());

        chip.acknowledgeSint(0, 2);

        assertThat(allocator.size()).isZero();
        assertThat(chip.gsiRouting().entries()).isEmpty();
    }

    @Test
    void gsisRunOutWithAName() {
        allocator.open(0, 1, () -> {});
        allocator.open(0, 2, () -> {});
        allocator.open(0, 3, () -> {});

        assertThatThrownBy(() -> allocator.open(0, 4, () -> {})).hasMessageStartingWith("ENOSPC");
    }

    @Test
    void rangeBeyondTheTableIsRefused() {
        assertThatThrownBy(() -> new SintGsiAllocator(chip, 0, 4097)).hasMessageStartingWith("EINVAL");
        assertThatThrownBy(() -> new SintGsiAllocator(chip, 5, 5)).hasMessageStartingWith("EINVAL");
    }

    @Test
    void refusedOpenLeavesNothingAllocated() {
        IrqChip none = new IrqChip(
                IrqChip.Mode.NONE, (address, data) -> 1, SintPort.ABSENT, PinPort.ABSENT, IrqChipListener.NONE);
        SintGsiAllocator poor = new SintGsiAllocator(none, 0, 1);

        assertThatThrownBy(() -> poor.open(0, 2, () -> {})).isInstanceOf(IrqChipException.class);

        assertThat(poor.size()).isZero();
    }
}
