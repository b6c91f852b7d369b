// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** The routing table as a linearizable object: updates, look-ups of both directions and injections at the same time. */
@Param(name = "gsi", gen = IntGen.class, conf = "1:2")
public class RoutingLincheck {
    private final IrqChip chip = new IrqChip(
            IrqChip.Mode.SPLIT, (address, data) -> data, SintPort.ABSENT, PinPort.ABSENT, IrqChipListener.NONE);

    @Operation
    public void route(@Param(name = "gsi") int gsi, @Param(gen = IntGen.class, conf = "1:3") int data) {
        chip.updateGsiRouting(table -> table.with(new GsiRoute.Msi(gsi, 0xFEE0_0000L, data)));
    }

    @Operation
    public void remove(@Param(name = "gsi") int gsi) {
        chip.updateGsiRouting(table -> table.without(gsi));
    }

    @Operation
    public void clear() {
        chip.setGsiRouting(List.of());
    }

    @Operation
    public int inject(@Param(name = "gsi") int gsi) {
        return chip.irqLine(gsi, true, 0);
    }

    @Operation
    public boolean hasRoute(@Param(name = "gsi") int gsi) {
        return chip.gsiRouting().hasRoute(gsi);
    }
}
