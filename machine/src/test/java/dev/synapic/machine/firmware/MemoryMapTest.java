// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.firmware;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.guestmem.GuestMemory;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryMapTest {
    @Test
    void usableRangesAreRamAndEndWhereTheFirmwaresBegin() {
        List<MemoryMap.Entry> map = MemoryMap.of(64L << 20);
        assertThat(map)
                .containsExactly(
                        new MemoryMap.Entry(0, 0x9_FC00, 1),
                        new MemoryMap.Entry(0x9_FC00, 0x400, 2),
                        new MemoryMap.Entry(0xE_0000, 0x2_0000, 2),
                        new MemoryMap.Entry(0x10_0000, 63L << 20, 1),
                        new MemoryMap.Entry(0xE000_0000L, 256L << 20, 2));
    }

    @Test
    void whatExceedsThreeGibibytesIsAboveTheHole() {
        List<MemoryMap.Entry> map = MemoryMap.of(5L << 30);
        assertThat(map)
                .endsWith(
                        new MemoryMap.Entry(0x10_0000, (3L << 30) - (1 << 20), 1),
                        new MemoryMap.Entry(0xE000_0000L, 256L << 20, 2),
                        new MemoryMap.Entry(4L << 30, 2L << 30, 1));
        assertThat(MemoryMap.e820(5L << 30)).hasSize(6 * 20);
    }

    @Test
    void theBiosDataAreaTellsComOneAndBaseMemory() {
        try (GuestMemory ram = GuestMemory.allocate(2 << 20)) {
            BiosDataArea.write(ram, false);
            assertThat(ram.getShort(0x400)).isEqualTo((short) 0x3F8);
            assertThat(ram.getShort(0x40E)).isEqualTo((short) 0x9FC0);
            assertThat(ram.getShort(0x413)).isEqualTo((short) 639);
        }
    }
}
