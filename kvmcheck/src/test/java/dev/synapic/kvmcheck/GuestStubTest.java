// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class GuestStubTest {
    private static final int OUT_EAX = 0xE7;

    private final MemorySegment memory = Arena.ofAuto().allocate(GuestStub.MEMORY_BYTES, 8);

    GuestStubTest() {
        GuestStub.install(memory);
    }

    /** SDM vol. 3A, 7.11: a 32-bit interrupt gate has offset 15:0, selector, type 0x8E, offset 31:16. */
    @Test
    void everyGateLeadsToAHandlerThatTellsItsVector() {
        for (int vector = 0; vector < 256; vector++) {
            long gate = memory.get(ValueLayout.JAVA_LONG, GuestStub.IDT + vector * 8L);
            assertThat(gate >>> 16 & 0xFFFF).isEqualTo(GuestStub.CODE_SELECTOR);
            assertThat(gate >>> 40 & 0xFF).isEqualTo(0x8E);
            int handler = (int) (gate & 0xFFFF);
            if (vector == 2) {
                assertThat(octet(handler + 1)).isEqualTo(GuestStub.PORT_NMI);
            } else {
                assertThat(octet(handler + 1)).as("vector").isEqualTo(vector);
                assertThat(octet(handler + 6)).isEqualTo(GuestStub.PORT_VECTOR);
            }
        }
    }

    @Test
    void everyFragmentEndsAtThePortThatSaysDone() {
        for (GuestStub.Fragment fragment : GuestStub.Fragment.values()) {
            int end = (int) fragment.address();
            while (octet(end) != OUT_EAX || octet(end + 1) != GuestStub.PORT_DONE) {
                end++;
            }
            assertThat(end).as(fragment.name()).isLessThan((int) fragment.address() + 28);
        }
    }

    private int octet(int at) {
        return Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, at));
    }
}
