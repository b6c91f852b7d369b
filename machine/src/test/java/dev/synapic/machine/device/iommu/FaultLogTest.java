// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.VtdRegister;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against VT-d 7.2.1 (primary fault logging), 7.3 (fault event), 10.4.9 to 10.4.14. */
class FaultLogTest {
    private static final int FSTS = 0x34;
    private static final int FECTL = 0x38;
    private static final int PFO = 1;
    private static final int PPF = 2;
    private static final int FIRST_LAST_WORD = 0x22C;

    private final IommuRig rig = new IommuRig(IommuConfig.standard(), 0, 1).remapInterrupts(true);

    @AfterEach
    void close() {
        rig.close();
    }

    private void programEvent() {
        rig.write(0x3C, 0x41);
        rig.write(0x40, 0xFEE0_1000);
        rig.write(0x44, 0);
    }

    private void clear(int number) {
        rig.write(FIRST_LAST_WORD + 16 * number, VtdRegister.FAULT);
    }

    @Test
    void faultsFillTheRegistersInTurnAndTheStatusTellsTheFirst() {
        rig.send(1);
        rig.send(2);
        assertThat(rig.read(FSTS)).isEqualTo(PPF);
        assertThat(rig.read64(0x220)).isEqualTo(1L << 48);
        assertThat(rig.read64(0x230)).isEqualTo(2L << 48);
        clear(0);
        assertThat(rig.read(FSTS)).as("the second is pending still").isEqualTo(PPF);
        clear(1);
        assertThat(rig.read(FSTS)).isZero();
        rig.send(3);
        assertThat(rig.read(FSTS)).as("FRI is 2").isEqualTo(PPF | 2 << 8);
    }

    @Test
    void whenAllRegistersAreTakenFaultsAreLostUntilTheOverflowIsCleared() {
        for (int i = 1; i <= 9; i++) {
            rig.send(i);
        }
        assertThat(rig.read(FSTS)).isEqualTo(PPF | PFO);
        clear(0);
        rig.send(10);
        assertThat(rig.read(FIRST_LAST_WORD)).as("nothing is logged under PFO").isNotNegative();
        rig.write(FSTS, PFO);
        rig.send(10);
        assertThat(rig.read64(0x220)).isEqualTo(10L << 48);
        assertThat(rig.read(FSTS)).as("FRI still is that of the first pending").isEqualTo(PPF);
    }

    /** 7.3: a further condition while one is pending is no new event. */
    @Test
    void theFirstFaultIsAnEventAndTheNextIsNot() {
        programEvent();
        rig.write(FECTL, 0);
        rig.send(1);
        rig.send(2);
        assertThat(rig.sent).containsExactly("1 4041");
        clear(0);
        clear(1);
        rig.send(3);
        assertThat(rig.sent).hasSize(2);
    }

    @Test
    void aMaskedEventWaitsForTheMask() {
        programEvent();
        assertThat(rig.read(FECTL)).as("masked at start").isEqualTo(1 << 31);
        rig.send(1);
        assertThat(rig.sent).isEmpty();
        assertThat(rig.read(FECTL)).as("IP").isEqualTo(1 << 31 | 1 << 30);
        rig.write(FECTL, 0);
        assertThat(rig.sent).containsExactly("1 4041");
        assertThat(rig.read(FECTL)).isZero();
    }

    @Test
    void aMaskedEventIsForgottenWhenItsFaultsAreServed() {
        programEvent();
        rig.send(1);
        clear(0);
        assertThat(rig.read(FECTL)).isEqualTo(1 << 31);
        rig.write(FECTL, 0);
        assertThat(rig.sent).isEmpty();
    }

    /** The event is not remapped; its upper address has bits 31:8 of the destination. */
    @Test
    void theEventReachesIdsAbove255() {
        try (IommuRig wide = new IommuRig(IommuConfig.standard(), 0, 0x12C)) {
            wide.remapInterrupts(true);
            wide.write(0x3C, 0x41);
            wide.write(0x40, 0xFEE2_C000);
            wide.write(0x44, 0x100);
            wide.write(FECTL, 0);
            wide.send(1);
            assertThat(wide.apics.get(1).irr().contains(0x41)).isTrue();
        }
    }

    @Test
    void recordsAreReadOnlyButForTheirFlag() {
        rig.send(1);
        rig.write64(0x220, -1);
        rig.write(0x228, -1);
        assertThat(rig.fault()).isEqualTo("22 10 1000000000000");
    }
}
