// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** struct kvm_irq_routing of Linux, uapi/linux/kvm.h; the bytes were written out by hand from its declaration. */
class KvmIrqRoutingCodecTest {
    private static final String PAD = "00000000";

    private static byte[] bytes(String... words) {
        return HexFormat.of().parseHex(String.join("", words));
    }

    private static String zeros(int words) {
        return PAD.repeat(words);
    }

    /** The founding document: type 4, {@code struct kvm_irq_routing_hv_sint { __u32 vcpu; __u32 sint; }}. */
    @Test
    void aSintRouteIsType4WithVcpuAndSint() {
        byte[] table = bytes("01000000", PAD, "40000000", "04000000", PAD, PAD, "03000000", "02000000", zeros(6));

        assertThat(KvmIrqRoutingCodec.encode(List.of(new GsiRoute.HvSint(64, 3, 2))))
                .isEqualTo(table);
        assertThat(KvmIrqRoutingCodec.decode(table)).containsExactly(new GsiRoute.HvSint(64, 3, 2));
    }

    @Test
    void aPinIsType1WithChipAndPin() {
        byte[] table = bytes("01000000", PAD, "04000000", "01000000", PAD, PAD, "02000000", "04000000", zeros(6));

        assertThat(KvmIrqRoutingCodec.encode(List.of(new GsiRoute.IrqChipPin(4, 2, 4))))
                .isEqualTo(table);
        assertThat(KvmIrqRoutingCodec.decode(table)).containsExactly(new GsiRoute.IrqChipPin(4, 2, 4));
    }

    @Test
    void aMessageIsType2WithItsAddressInTwoHalvesAndItsData() {
        byte[] table =
                bytes("01000000", PAD, "18000000", "02000000", PAD, PAD, "00f0e0fe", "00010000", "61400000", zeros(5));

        assertThat(KvmIrqRoutingCodec.encode(List.of(new GsiRoute.Msi(24, 0x0000_0100_FEE0_F000L, 0x4061))))
                .isEqualTo(table);
        assertThat(KvmIrqRoutingCodec.decode(table))
                .containsExactly(new GsiRoute.Msi(24, 0x0000_0100_FEE0_F000L, 0x4061));
    }

    @Test
    void anyTableComesBackAsItWas() {
        Random random = new Random(30);
        List<GsiRoute> routes = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            routes.add(
                    switch (random.nextInt(3)) {
                        case 0 -> new GsiRoute.IrqChipPin(random.nextInt(), random.nextInt(), random.nextInt());
                        case 1 -> new GsiRoute.Msi(random.nextInt(), random.nextLong(), random.nextInt());
                        default -> new GsiRoute.HvSint(random.nextInt(), random.nextInt(), random.nextInt());
                    });
        }

        assertThat(KvmIrqRoutingCodec.decode(KvmIrqRoutingCodec.encode(routes))).isEqualTo(routes);
    }

    @Test
    void paddingIsNotLookedAt() {
        byte[] table = KvmIrqRoutingCodec.encode(List.of(new GsiRoute.HvSint(64, 3, 2)));
        Arrays.fill(table, 8 + 24, 8 + 48, (byte) 0xFF);
        table[8 + 12] = 1;

        assertThat(KvmIrqRoutingCodec.decode(table)).containsExactly(new GsiRoute.HvSint(64, 3, 2));
    }

    @Test
    void whatIsNotModelledIsRefusedByName() {
        refused("type KVM_IRQ_ROUTING_S390_ADAPTER", "01000000", PAD, PAD, "03000000", zeros(10));
        refused("type KVM_IRQ_ROUTING_XEN_EVTCHN", "01000000", PAD, PAD, "05000000", zeros(10));
        refused("type KVM_IRQ_ROUTING_4294967295", "01000000", PAD, PAD, "ffffffff", zeros(10));
        refused(
                "flags must be 0 (there are no MSI device ids)",
                "01000000",
                PAD,
                PAD,
                "02000000",
                "01000000",
                zeros(9));
    }

    @Test
    void aTableThatIsCutShortOrTooLongIsRefused() {
        refused("header of 8 bytes, got 4", "01000000");
        refused("1 routes need 56 bytes, got 52", "01000000", PAD, zeros(11));
        refused("at most 4096 routes, got 4097", "01100000", PAD);
        refused("at most 4096 routes, got 4294967295", "ffffffff", PAD);
        refused("flags of a routing table must be 0", PAD, "01000000");
    }

    private static void refused(String reason, String... words) {
        assertThatThrownBy(() -> KvmIrqRoutingCodec.decode(bytes(words)))
                .isInstanceOf(IrqChipException.class)
                .hasMessageStartingWith("EINVAL")
                .hasMessageContaining(reason);
    }
}
