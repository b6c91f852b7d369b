// SPDX-License-Identifier: Apache-2.0
package dev.synapic.guestmem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestMemoryTest {
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    @Test
    void freshRamIsZeroAndLittleEndian() {
        try (GuestMemory ram = GuestMemory.allocate(MIB)) {
            assertThat(ram.getLong(0x1003)).isZero();
            ram.putLong(0x1003, 0x1122_3344_5566_7788L);
            assertThat(ram.getByte(0x1003)).isEqualTo((byte) 0x88);
            assertThat(ram.getShort(0x1004)).isEqualTo((short) 0x6677);
            assertThat(ram.getInt(0x1007)).isEqualTo(0x1122_3344);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, MIB, MIB - 3, Long.MAX_VALUE, Long.MIN_VALUE, 4 * GIB})
    void accessesOutsideRamThrow(long gpa) {
        try (GuestMemory ram = GuestMemory.allocate(MIB)) {
            assertThatThrownBy(() -> ram.getInt(gpa)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> ram.putInt(gpa, 1)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThat(ram.contains(gpa, 4)).isFalse();
        }
    }

    @Test
    void ramBeyondThreeGibibytesContinuesAtFour() {
        try (GuestMemory ram = GuestMemory.allocate(3 * GIB + MIB)) {
            assertThat(ram.contains(3 * GIB - 8, 8)).isTrue();
            assertThat(ram.contains(3 * GIB - 7, 8)).isFalse();
            assertThat(ram.contains(3 * GIB, 1)).isFalse();
            assertThat(ram.contains(4 * GIB, MIB)).isTrue();
            assertThat(ram.contains(4 * GIB, MIB + 1)).isFalse();
            ram.putInt(4 * GIB + 4, 99);
            assertThat(ram.getInt(4 * GIB + 4)).isEqualTo(99);
            assertThat(ram.ramOffset(4 * GIB, 1)).isEqualTo(3 * GIB);
        }
    }

    @Test
    void twoMemoriesDoNotShareAByteAndReusedRangesAreZero() {
        try (GuestMemory first = GuestMemory.allocate(MIB)) {
            GuestMemory second = GuestMemory.allocate(MIB);
            second.fill(0, MIB, (byte) 0x5A);
            assertThat(first.getLong(MIB - 8)).isZero();
            long place = second.poolOffset(0);
            second.close();
            try (GuestMemory third = GuestMemory.allocate(MIB)) {
                assertThat(third.poolOffset(0)).isEqualTo(place);
                for (long gpa = 0; gpa < MIB; gpa += 8) {
                    assertThat(third.getLong(gpa)).isZero();
                }
            }
        }
    }

    @Test
    void aClosedMemoryRefusesAllAccesses() {
        GuestMemory ram = GuestMemory.allocate(MIB);
        ram.close();
        ram.close();
        assertThat(ram.isClosed()).isTrue();
        assertThatThrownBy(() -> ram.getByte(0)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -4096, 4095})
    void sizesMustBeWholePages(long bytes) {
        assertThatThrownBy(() -> GuestMemory.allocate(bytes)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void moreThanThePoolHoldsIsRefusedWithAReason() {
        assertThatThrownBy(() -> GuestMemory.allocate(64 * GIB))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("close machines");
    }

    @Test
    void atomicsReturnOldValuesAndWantAlignment() {
        try (GuestMemory ram = GuestMemory.allocate(MIB)) {
            ram.putInt(8, 1);
            assertThat(ram.getAndBitwiseOrInt(8, 6)).isEqualTo(1);
            assertThat(ram.getAndBitwiseOrLong(8, 8)).isEqualTo(7);
            assertThat(ram.compareAndSetInt(8, 15, 3)).isTrue();
            assertThat(ram.compareAndSetInt(8, 15, 4)).isFalse();
            assertThat(ram.getLong(8)).isEqualTo(3);
            assertThatThrownBy(() -> ram.getAndBitwiseOrInt(9, 1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void compareAndSetWorksAtEveryOffset(int size) {
        long mask = size == 8 ? -1L : (1L << size * 8) - 1;
        try (GuestMemory ram = GuestMemory.allocate(MIB)) {
            long base = ram.poolOffset(0);
            for (int at = 0; at < 16; at++) {
                ram.fill(0, 32, (byte) 0x11);
                long old = 0x1111_1111_1111_1111L & mask;
                assertThat(MemoryPool.compareAndSet(base + at, size, old ^ 1, 0))
                        .isFalse();
                assertThat(MemoryPool.compareAndSet(base + at, size, old, 0x8877_6655_4433_2299L))
                        .isTrue();
                assertThat(ram.getLong(at) & mask).isEqualTo(0x8877_6655_4433_2299L & mask);
                assertThat(ram.getByte(at + size)).isEqualTo((byte) 0x11);
                assertThat(at == 0 ? 0x11 : ram.getByte(at - 1)).isEqualTo(at == 0 ? 0x11 : (byte) 0x11);
            }
        }
    }

    @Test
    void writesToWatchedPagesAreToldAndOthersAreNot() {
        List<String> heard = new ArrayList<>();
        try (GuestMemory ram = GuestMemory.allocate(MIB)) {
            ram.setWriteListener((gpa, length) -> heard.add("%x+%d".formatted(gpa, length)));
            ram.watch(0x2000, true);
            ram.putInt(0x1FFA, 1);
            ram.putInt(0x1FFE, 1);
            ram.putBytes(0x1000, new byte[0x3000]);
            ram.getAndBitwiseOrInt(0x2004, 1);
            ram.compareAndSetInt(0x2004, 77, 1);
            ram.watch(0x2000, false);
            ram.putByte(0x2000, (byte) 1);
            assertThat(heard).containsExactly("2000+2", "2000+4096", "2004+4");
        }
    }

    @Test
    void forgottenMemoryIsTakenBack() {
        for (int i = 0; i < 12; i++) {
            GuestMemory.allocate(4 * GIB);
        }
    }
}
