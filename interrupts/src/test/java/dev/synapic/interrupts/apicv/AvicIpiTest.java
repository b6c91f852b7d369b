// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apicv.AvicIpi.IncompleteIpi;
import dev.synapic.interrupts.apicv.AvicIpi.Reason;
import dev.synapic.spec.x86.Icr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** AMD APM vol. 2, 15.29.6 and 15.29.9.1. */
class AvicIpiTest {
    private static final int VECTOR = 0x41;
    private static final long ASSERT = Icr.LEVEL_ASSERT | VECTOR;

    private final Map<Integer, Long> physical = new HashMap<>();
    private final Map<Integer, Integer> logical = new HashMap<>();
    /** "page vector" and "doorbell host", in order. */
    private final List<String> seen = new ArrayList<>();

    private final AvicIpi avic = new AvicIpi(new AvicIpi.Hardware() {
        @Override
        public int maxIndex() {
            return 15;
        }

        @Override
        public long physicalEntry(int index) {
            return physical.getOrDefault(index, 0L);
        }

        @Override
        public int logicalEntry(int index) {
            return logical.getOrDefault(index, 0);
        }

        @Override
        public boolean request(long backingPage, int vector) {
            seen.add("page " + Long.toHexString(backingPage) + " " + Integer.toHexString(vector));
            return backingPage != 0xBAD000;
        }

        @Override
        public void doorbell(int hostApicId) {
            seen.add("doorbell " + hostApicId);
        }
    });

    /** Guest ids 0 to 3 on hosts 10 to 13, pages 0x1000 to 0x4000; flat logical ids 1, 2, 4 and 8. */
    AvicIpiTest() {
        for (int id = 0; id < 4; id++) {
            physical.put(id, AvicIpi.VALID | AvicIpi.IS_RUNNING | (id + 1L) << 12 | 10 + id);
            logical.put(id, AvicIpi.LOGICAL_VALID | id);
        }
    }

    private void stop(int id) {
        physical.computeIfPresent(id, (i, entry) -> entry & ~AvicIpi.IS_RUNNING);
    }

    @Test
    void aTargetThatRunsGetsItsRequestAndADoorbell() {
        assertThat(avic.write(new Icr(2L << 56 | ASSERT), 0, true)).isNull();
        assertThat(seen).containsExactly("page 3000 41", "doorbell 12");
    }

    @Test
    void aTargetThatDoesNotRunHasItsRequestBeforeTheExit() {
        stop(2);
        assertThat(avic.write(new Icr(2L << 56 | ASSERT), 0, true))
                .isEqualTo(new IncompleteIpi(Reason.TARGET_NOT_RUNNING, 2));
        assertThat(seen).containsExactly("page 3000 41");
    }

    @Test
    void aBroadcastReachesAllThatAreValidAndExitsForTheFirstThatDoesNotRun() {
        stop(1);
        stop(3);
        assertThat(avic.write(new Icr(3L << 18 | ASSERT), 0, true))
                .isEqualTo(new IncompleteIpi(Reason.TARGET_NOT_RUNNING, 1));
        assertThat(seen).containsExactly("page 2000 41", "page 3000 41", "doorbell 12", "page 4000 41");
    }

    @Test
    void allOnesAndTheShorthandsMeanEverybody() {
        assertThat(avic.write(new Icr(0xFFL << 56 | ASSERT), 0, true)).isNull();
        assertThat(seen).hasSize(8);
        seen.clear();
        assertThat(avic.write(new Icr(2L << 18 | ASSERT), 0, true)).isNull();
        assertThat(seen).hasSize(8);
        seen.clear();
        assertThat(avic.write(new Icr(1L << 18 | ASSERT), 3, true)).isNull();
        assertThat(seen).containsExactly("page 4000 41", "doorbell 13");
    }

    @Test
    void aFlatDestinationIsAMaskOfEntries() {
        assertThat(avic.write(new Icr(0b0101L << 56 | Icr.LOGICAL | ASSERT), 0, true))
                .isNull();
        assertThat(seen).containsExactly("page 1000 41", "doorbell 10", "page 3000 41", "doorbell 12");
        assertThat(avic.write(new Icr(0x10L << 56 | Icr.LOGICAL | ASSERT), 0, true))
                .isEqualTo(new IncompleteIpi(Reason.INVALID_TARGET, 4));
    }

    @Test
    void aClusterHasFourEntries() {
        logical.put(4 * 2 + 1, AvicIpi.LOGICAL_VALID | 3);
        assertThat(avic.write(new Icr(0x22L << 56 | Icr.LOGICAL | ASSERT), 0, false))
                .isNull();
        assertThat(seen).containsExactly("page 4000 41", "doorbell 13");
        seen.clear();
        assertThat(avic.write(new Icr(0xF1L << 56 | Icr.LOGICAL | ASSERT), 0, false))
                .isNull();
        assertThat(seen).as("cluster 15 is everybody").hasSize(8);
    }

    @Test
    void whatTheHypervisorHasToEmulateGoesBeforeWhatItHasToWake() {
        stop(0);
        assertThat(avic.write(new Icr(0b0001_0001L << 56 | Icr.LOGICAL | ASSERT), 3, true))
                .isEqualTo(new IncompleteIpi(Reason.INVALID_TARGET, 4));
        assertThat(seen).containsExactly("page 1000 41");
    }

    @Test
    void eachReasonHasItsNumber() {
        assertThat(avic.write(new Icr(4 << 8), 0, true)).isEqualTo(new IncompleteIpi(Reason.INVALID_INTERRUPT_TYPE, 0));
        assertThat(avic.write(new Icr(Icr.LEVEL_TRIGGERED | ASSERT), 0, true))
                .isEqualTo(new IncompleteIpi(Reason.INVALID_INTERRUPT_TYPE, 0));
        assertThat(avic.write(new Icr(0x0F), 0, true)).isEqualTo(new IncompleteIpi(Reason.INVALID_IPI_VECTOR, 0));
        assertThat(avic.write(new Icr(200L << 56 | ASSERT), 0, true))
                .isEqualTo(new IncompleteIpi(Reason.INVALID_TARGET, 200));
        physical.put(5, AvicIpi.VALID | 0xBAD000);
        assertThat(avic.write(new Icr(5L << 56 | ASSERT), 0, true))
                .isEqualTo(new IncompleteIpi(Reason.INVALID_BACKING_PAGE, 5));
        assertThat(Reason.values()).extracting(Enum::ordinal).containsExactly(0, 1, 2, 3, 4);
    }
}
