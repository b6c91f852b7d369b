// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.routing.GsiRoute.HvSint;
import dev.synapic.interrupts.routing.GsiRoute.IrqChipPin;
import dev.synapic.interrupts.routing.GsiRoute.Msi;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** KVM API, KVM_SET_GSI_ROUTING. */
class GsiRoutingTableTest {
    private static final long ADDRESS = 0xFEE0_0000L;

    private static void refused(GsiRoute... routes) {
        assertThatThrownBy(() -> GsiRoutingTable.of(List.of(routes)))
                .isInstanceOf(IrqChipException.class)
                .hasMessageStartingWith("EINVAL");
    }

    @Test
    void gsisAreBelow4096() {
        assertThat(GsiRoutingTable.of(List.of(new HvSint(4095, 0, 0))).hasRoute(4095))
                .isTrue();
        refused(new HvSint(4096, 0, 0));
        refused(new HvSint(-1, 0, 0));
    }

    @Test
    void onlyPinsOfDifferentChipsShareAGsi() {
        assertThatCode(() -> GsiRoutingTable.of(List.of(new IrqChipPin(4, 0, 4), new IrqChipPin(4, 2, 4))))
                .doesNotThrowAnyException();
        refused(new IrqChipPin(4, 2, 4), new IrqChipPin(4, 2, 5));
        refused(new Msi(4, ADDRESS, 0x30), new Msi(4, ADDRESS, 0x31));
        refused(new HvSint(4, 0, 2), new HvSint(4, 1, 2));
        refused(new IrqChipPin(4, 2, 4), new Msi(4, ADDRESS, 0x30));
        refused(new HvSint(4, 0, 2), new IrqChipPin(4, 2, 4));
    }

    @Test
    void reservedBitsOfAnExtendedMsiAddressAreRefused() {
        assertThatCode(() -> GsiRoutingTable.of(List.of(new Msi(1, 0x0000_0100_FEE0_0000L, 0x30))))
                .doesNotThrowAnyException();
        refused(new Msi(1, 0x0000_0001_FEE0_0000L, 0x30));
    }

    @Test
    void vpIndexAndSintAreTakenAsTheyAreBecauseDeliveryChecksThem() {
        GsiRoutingTable table = GsiRoutingTable.of(List.of(
                new HvSint(1, -1, 2),
                new HvSint(2, Integer.MAX_VALUE, 15),
                new HvSint(3, 0, -1),
                new HvSint(4, 0, 99)));

        assertThat(table.entries()).hasSize(4);
        assertThat(table.nextGsiOfSint(-1, 2, -1)).isEqualTo(1);
        assertThat(table.nextGsiOfSint(Integer.MAX_VALUE, 15, -1)).isEqualTo(2);
        assertThat(table.nextGsiOfSint(0, -1, -1)).isEqualTo(-1);
    }

    @Test
    void everyGsiOfASintIsFoundInAscendingOrder() {
        GsiRoutingTable table = GsiRoutingTable.of(
                List.of(new HvSint(4095, 3, 2), new HvSint(0, 3, 2), new HvSint(9, 3, 3), new HvSint(10, 4, 2)));
        List<Integer> found = new ArrayList<>();
        for (int gsi = table.nextGsiOfSint(3, 2, -1); gsi >= 0; gsi = table.nextGsiOfSint(3, 2, gsi)) {
            found.add(gsi);
        }

        assertThat(found).containsExactly(0, 4095);
        assertThat(table.nextGsiOfSint(3, 4, -1)).isEqualTo(-1);
        assertThat(table.nextGsiOfSint(5, 2, -1)).isEqualTo(-1);
    }

    @Test
    void aTableMadeFromAnotherKnowsNothingOfTheRoutesThatWent() {
        GsiRoutingTable old = GsiRoutingTable.of(List.of(new HvSint(7, 0, 2)));

        GsiRoutingTable changed = old.with(new HvSint(7, 0, 3));

        assertThat(changed.nextGsiOfSint(0, 2, -1)).isEqualTo(-1);
        assertThat(changed.nextGsiOfSint(0, 3, -1)).isEqualTo(7);
        assertThat(changed.without(7).entries()).isEmpty();
        assertThat(old.nextGsiOfSint(0, 2, -1)).as("the old table is as it was").isEqualTo(7);
    }
}
