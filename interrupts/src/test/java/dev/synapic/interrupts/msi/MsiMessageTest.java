// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.msi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.DestinationMode;
import dev.synapic.spec.x86.TriggerMode;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** SDM vol. 3A, 12.11. */
class MsiMessageTest {
    /** SDM vol. 3A, figures 12-24 and 12-25. */
    @Test
    void fieldsAreWhereTheManualPutsThem() {
        MsiMessage message = new MsiMessage(0xFEE0_300CL, 0xC141);

        assertThat(message.destination()).isEqualTo(3);
        assertThat(message.destinationMode()).isEqualTo(DestinationMode.LOGICAL);
        assertThat(message.redirectionHint()).isTrue();
        assertThat(message.vector()).isEqualTo(0x41);
        assertThat(message.deliveryMode()).isEqualTo(DeliveryMode.LOWEST_PRIORITY);
        assertThat(message.triggerMode()).isEqualTo(TriggerMode.LEVEL);
        assertThat(message.remappable()).isFalse();
        assertThat(message.valid()).isTrue();
    }

    @Test
    void destinationHasThreeFormats() {
        assertThat(new MsiMessage(0xFEE7_7000L, 0).destination()).isEqualTo(0x77);
        assertThat(new MsiMessage(0xFEE7_7000L | 0x12 << 5, 0).destination())
                .as("15 bits")
                .isEqualTo(0x1277);
        assertThat(new MsiMessage(0x1234_5600_FEE7_7000L, 0).destination())
                .as("x2APIC")
                .isEqualTo(0x1234_5677);
    }

    @Test
    void composedMessageSaysWhatItWasMadeOf() {
        for (int destination : new int[] {0, 1, 0xFF, 0x100, 0x7FFF, 0x8000, 0x12_3456, -1}) {
            MsiMessage message =
                    MsiMessage.to(destination, DestinationMode.LOGICAL, DeliveryMode.NMI, 0x55, TriggerMode.EDGE);

            assertThat(message.destination()).isEqualTo(destination);
            assertThat(message.destinationMode()).isEqualTo(DestinationMode.LOGICAL);
            assertThat(message.deliveryMode()).isEqualTo(DeliveryMode.NMI);
            assertThat(message.vector()).isEqualTo(0x55);
            assertThat(message.valid()).isTrue();
            assertThat(message.deliverable()).isTrue();
        }
    }

    @Test
    void reservedAddressBitsMakeItInvalid() {
        assertThat(new MsiMessage(0x0000_0001_FEE0_0000L, 0).valid()).isFalse();
        assertThat(new MsiMessage(0x0000_0100_FEE0_0000L, 0).valid()).isTrue();
    }

    @Test
    void hintArbitratesOnlyFixedMessagesToLogicalDestinations() {
        assertThat(new MsiMessage(0xFEE0_000CL, 0x41).delivery()).isEqualTo(DeliveryMode.LOWEST_PRIORITY);
        assertThat(new MsiMessage(0xFEE0_0008L, 0x41).delivery()).isEqualTo(DeliveryMode.FIXED);
        assertThat(new MsiMessage(0xFEE0_000CL, 0x441).delivery()).isEqualTo(DeliveryMode.NMI);
    }

    // ---- at the local APICs

    @Test
    void fifteenBitDestinationReachesIdsAbove255() {
        ApicRig rig = new ApicRig(0, 0x1277);
        for (LocalApic apic : rig.apics) {
            ApicRig.enable(apic);
            ApicRig.toX2apic(apic);
        }

        assertThat(rig.bus.sendMsi(0xFEE7_7000L | 0x12 << 5, 0x41)).isEqualTo(1);
        assertThat(rig.bus.sendMsi(0x0000_1200_FEE7_7000L, 0x42)).isEqualTo(1);
        assertThat(rig.holders(0x41)).containsExactly(0x1277);
        assertThat(rig.holders(0x42)).containsExactly(0x1277);
    }

    @Test
    void messageForARemappingUnitReachesNoLocalApic() {
        ApicRig rig = ApicRig.xapic(2);

        assertThat(rig.bus.sendMsi(0xFEE0_0010L, 0x41)).isZero();
        assertThat(rig.holders(0x41)).isEmpty();
    }

    /** SDM vol. 3A, 12.11.2: 011 and 110 are reserved; a device must not start processors. */
    @Test
    void reservedDeliveryModesReachNobody() {
        ApicRig rig = ApicRig.xapic(2);

        assertThat(rig.bus.sendMsi(0xFEE0_1000L, 0x600 | 0x10)).isZero();
        assertThat(rig.bus.sendMsi(0xFEE0_1000L, 0x300 | 0x41)).isZero();
        assertThat(rig.apics[1].takeSipi()).isEqualTo(LocalApic.NO_VECTOR);
    }

    /** KVM looks at the level bit of no message. */
    @Test
    void levelMessageAssertsWhateverItsLevelBitSays() {
        ApicRig rig = ApicRig.xapic(1);

        assertThat(rig.bus.sendMsi(0xFEE0_0000L, 0x8000 | 0x41)).isEqualTo(1);
        assertThat(rig.apics[0].tmr().contains(0x41)).isTrue();
    }

    @Test
    void anyMessageEndsWithoutException() {
        long seed = Long.getLong("synapic.seed", 1L);
        Random random = new Random(seed);
        ApicRig rig = ApicRig.xapic(3);
        rig.apics[1].writeRegister(ApicRegister.LOGICAL_DESTINATION, 0x0200_0000);
        for (int i = 0; i < 20_000; i++) {
            long address = random.nextBoolean() ? random.nextLong() : 0xFEE0_0000L | random.nextInt(1 << 20);
            int data = random.nextInt();
            assertThat(rig.bus.sendMsi(address, data)).as("seed %d", seed).isBetween(0, 3);
        }
    }
}
