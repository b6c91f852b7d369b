// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.routing.IrqChip;
import org.junit.jupiter.api.Test;

/** What the targets look for would be seen if it were there. */
class TargetsFindBugsTest {
    @Test
    void requestWithoutEndIsCutOff() {
        Work work = new Work();
        work.begin();
        assertThatThrownBy(() -> {
                    while (true) {
                        work.step();
                    }
                })
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("more than");
    }

    @Test
    void everyWayOutOfTheFabricIsCounted() {
        try (FuzzedFabric fabric = new FuzzedFabric(FabricShape.of(1))) {
            Surroundings.boot(fabric);
            fabric.work.begin();
            fabric.chip.irqLine(FuzzedFabric.MSI_GSI, true, IrqChip.USERSPACE_SOURCE_ID);

            assertThat(fabric.work.steps()).isGreaterThanOrEqualTo(3);
        }
    }

    // SDM vol. 3A, 12.8.3: an auto-EOI set that somebody edits cannot break the rules, an ISR bit that he sets can.
    @Test
    void brokenPrioritiesAreSeen() {
        try (FuzzedFabric fabric = new FuzzedFabric(FabricShape.of(0))) {
            Surroundings.boot(fabric);
            fabric.checkApics();

            fabric.apics.getFirst().isr().add(0x55);

            assertThatThrownBy(fabric::checkApics)
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("highest ISR");
        }
    }

    @Test
    void lostStateIsSeenByItsName() {
        try (FuzzedFabric fabric = new FuzzedFabric(FabricShape.of(0))) {
            Surroundings.boot(fabric);
            var before = fabric.fabric.save();
            fabric.apics.getFirst().setTaskPriority(0x20);

            assertThat(Differences.between(fabric.fabric.save(), before))
                    .startsWith(".processors[0].apic.vectors.tpr: 32 and 0");
        }
    }
}
