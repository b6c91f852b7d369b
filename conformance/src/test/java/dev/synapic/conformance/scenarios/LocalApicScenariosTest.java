// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance.scenarios;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What local APICs lost, kept too long or never stopped doing. */
class LocalApicScenariosTest {
    private static final int SOFTWARE_DISABLED = 0xFF;
    private static final int SOFTWARE_ENABLED = 0x1FF;

    private final Board board = new Board(0, 1);
    private final LocalApic apic = board.apics.getFirst();

    @AfterEach
    void close() {
        board.close();
    }

    /**
     * OpenVMM #3839 dropped what an APIC had accepted when the guest cleared SVR's enable bit for a moment; Xen 831419f829 let
     * new vectors in meanwhile. SDM vol. 3A, 12.4.7.2: what is accepted stays and is delivered, what comes is refused.
     */
    @Test
    void svrToggleKeepsAccepted() {
        board.bus.deliver(apic, ApicRequest.fixed(0x51));

        apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, SOFTWARE_DISABLED);
        assertThat(board.bus.deliver(apic, ApicRequest.fixed(0x61)))
                .as("refused, and the sender hears it")
                .isZero();
        assertThat(board.take(0)).as("accepted before").isEqualTo(0x51);
        board.eoi(0);
        apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, SOFTWARE_ENABLED);

        assertThat(board.take(0)).as("the refused one does not come back").isEqualTo(Board.NONE);
        assertThat(board.bus.deliver(apic, ApicRequest.fixed(0x61))).isEqualTo(1);
        assertThat(board.take(0)).isEqualTo(0x61);
    }

    /**
     * CVE-2024-45817, Xen XSA-462: an error whose interrupt has an illegal vector is an error, whose interrupt has an illegal
     * vector. It must end: the bit is set, nothing is delivered, and nothing recurses.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 15})
    void lvtErrorIllegalVector(int vector) {
        apic.writeRegister(ApicRegister.LVT_ERROR, vector);
        apic.writeRegister(ApicRegister.ERROR_STATUS, 0);

        for (int i = 0; i < 1_000; i++) {
            board.bus.deliver(apic, ApicRequest.fixed(3));
            apic.readRegister(0x400);
        }

        assertThat(board.take(0)).isEqualTo(Board.NONE);
        apic.writeRegister(ApicRegister.ERROR_STATUS, 0);
        assertThat(apic.readRegister(ApicRegister.ERROR_STATUS) & ApicError.RECEIVE_ILLEGAL_VECTOR)
                .isEqualTo(ApicError.RECEIVE_ILLEGAL_VECTOR);
        apic.writeRegister(ApicRegister.LVT_ERROR, 0xFE);
        apic.readRegister(0x400);
        assertThat(board.take(0)).as("a legal vector works again").isEqualTo(0xFE);
    }

    /**
     * OpenVMM #3666: an INIT that a processor is told of late, behind the SIPI that started it, threw that SIPI away, and the
     * processor never came up. Events are taken in their order: INIT, then the SIPI behind it; a further INIT withdraws only
     * what was not taken before it.
     */
    @Test
    void lateInitEatsSipi() {
        LocalApic ap = board.apics.get(1);
        board.bus.deliver(ap, ApicRequest.edge(DeliveryMode.STARTUP, 0x10));
        assertThat(ap.takeSipi()).isEqualTo(0x10);

        board.bus.deliver(ap, ApicRequest.edge(DeliveryMode.INIT, 0));
        board.bus.deliver(ap, ApicRequest.edge(DeliveryMode.STARTUP, 0x9A));
        assertThat(ap.takeSipi()).as("not before its INIT").isEqualTo(Board.NONE);
        assertThat(ap.takeInit()).as("seen late").isTrue();
        ap.init();
        assertThat(ap.takeSipi()).as("and still there").isEqualTo(0x9A);

        board.bus.deliver(ap, ApicRequest.edge(DeliveryMode.INIT, 0));
        board.bus.deliver(ap, ApicRequest.edge(DeliveryMode.STARTUP, 0x34));
        board.bus.deliver(ap, ApicRequest.edge(DeliveryMode.INIT, 0));
        assertThat(ap.takeInit()).isTrue();
        ap.init();
        assertThat(ap.takeSipi()).as("the last INIT came behind it").isEqualTo(Board.NONE);
        assertThat(ap.waitingForSipi()).isTrue();
    }

    /**
     * Xen 90309854fd computed the logical id from the processor's number. SDM vol. 3A, 12.12.10.2: it is the APIC id's cluster
     * in the upper half and one bit for its low four bits, and a guest with holes in its ids computes just that.
     */
    @Test
    void sparseApicIds() {
        int[] ids = {0, 4, 17, 40, 1000};
        try (Board sparse = new Board(ids)) {
            for (LocalApic each : sparse.apics) {
                each.setApicBase(each.apicBase() | ApicBaseMsr.X2APIC_ENABLE);
            }
            for (int i = 0; i < ids.length; i++) {
                long ldr = sparse.apics.get(i).readMsr(ApicRegister.msr(ApicRegister.LOGICAL_DESTINATION));
                assertThat(ldr)
                        .as("LDR of APIC id %d", ids[i])
                        .isEqualTo((long) ids[i] >> 4 << 16 | 1L << (ids[i] & 15));
                int vector = 0x40 + i;
                // Logical, fixed, asserted, as the guest on the first processor writes its ICR.
                sparse.apics.getFirst().writeIcr(ldr << 32 | 1 << 11 | 1 << 14 | vector);
                for (int j = 0; j < ids.length; j++) {
                    assertThat(sparse.take(j))
                            .as("id %d of an IPI to %d", ids[j], ids[i])
                            .isEqualTo(i == j ? vector : Board.NONE);
                }
                sparse.eoi(i);
            }
        }
    }
}
