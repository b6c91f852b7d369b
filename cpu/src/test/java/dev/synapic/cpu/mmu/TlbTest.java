// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.mmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class TlbTest {
    private static final int PAGE = 4096;
    private final Tlb tlb = new Tlb();

    /** A probe compares the tag of the first byte's entry with the page of the last: neighbours in one entry would hit falsely. */
    @Test
    void neighbouringPagesNeverShareAnEntry() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000_000; i++) {
            long page = random.nextLong() & -PAGE;
            assertThat(Tlb.index(page) != Tlb.index(page + PAGE)).isTrue();
        }
        for (long page = 0; page < 1L << 33; page += PAGE) {
            if (Tlb.index(page) == Tlb.index(page + PAGE)) {
                throw new AssertionError(Long.toHexString(page));
            }
        }
    }

    @Test
    void anEntryIsFoundWithItsDistanceUntilItIsInvalidated() {
        tlb.enterData(0x5000, 0, 0x9_1234, true, false, 0);
        int entry = Tlb.entry(0x5000);
        assertThat(tlb.data[entry + Tlb.READ_TAG]).isEqualTo(0x5000);
        assertThat(tlb.data[entry + Tlb.WRITE_TAG]).isEqualTo(Tlb.INVALID);
        assertThat(0x5000 + tlb.data[entry + Tlb.DISTANCE]).isEqualTo(0x9_1000);
        tlb.invalidate(0x6000);
        assertThat(tlb.data[entry + Tlb.READ_TAG]).isEqualTo(0x5000);
        tlb.invalidate(0x5123);
        assertThat(tlb.data[entry + Tlb.READ_TAG]).isEqualTo(Tlb.INVALID);
    }

    @Test
    void aPageOfCodeLosesItsWriteTagsUnderAllItsAddresses() {
        tlb.enterData(0x5000, 0, 0x9_1000, true, true, 0);
        tlb.enterData(0x7000, Tlb.USER, 0x9_1000, true, true, 0);
        tlb.enterData(0x8000, 0, 0x9_2000, true, true, 0);
        tlb.dropWritable(0x9_1000);
        assertThat(tlb.data[Tlb.entry(0x5000) + Tlb.WRITE_TAG]).isEqualTo(Tlb.INVALID);
        assertThat(tlb.data[Tlb.entry(0x7000) + Tlb.USER + Tlb.WRITE_TAG]).isEqualTo(Tlb.INVALID);
        assertThat(tlb.data[Tlb.entry(0x8000) + Tlb.WRITE_TAG]).isEqualTo(0x8000);
        assertThat(tlb.data[Tlb.entry(0x5000) + Tlb.READ_TAG]).isEqualTo(0x5000);
    }
}
