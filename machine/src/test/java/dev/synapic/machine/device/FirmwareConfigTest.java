// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.guestmem.GuestMemory;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against QEMU's documentation of fw_cfg. */
class FirmwareConfigTest {
    private static final int STRUCTURE = 0x1000;
    private static final int TARGET = 0x2000;

    private final GuestMemory ram = GuestMemory.allocate(2 << 20);
    private final FirmwareConfig config =
            new FirmwareConfig(3, ram, Map.of("etc/e820", new byte[] {1, 2, 3, 4, 5}, "etc/b", new byte[] {9}));

    @AfterEach
    void close() {
        ram.close();
    }

    private long data(int key, int bytes) {
        config.out(0, 2, key);
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) config.in(1, 1) << 8 * i;
        }
        return value;
    }

    private int dma(int control, int length, long address) {
        ram.putInt(STRUCTURE, Integer.reverseBytes(control));
        ram.putInt(STRUCTURE + 4, Integer.reverseBytes(length));
        ram.putLong(STRUCTURE + 8, Long.reverseBytes(address));
        config.out(4, 4, 0);
        config.out(8, 4, Integer.reverseBytes(STRUCTURE));
        return Integer.reverseBytes(ram.getInt(STRUCTURE));
    }

    @Test
    void itemsAreReadByteByByteAndEndInZeros() {
        assertThat(data(0x00, 4)).isEqualTo(0x554D_4551L);
        assertThat(data(0x01, 4)).as("traditional and DMA").isEqualTo(3);
        assertThat(data(0x03, 8)).isEqualTo(2 << 20);
        assertThat(data(0x05, 2)).isEqualTo(3);
        assertThat(data(0x0F, 4)).isEqualTo(3);
        assertThat(data(0x7777, 4)).isZero();
    }

    @Test
    void theDmaPortTellsItsSignature() {
        assertThat(config.in(4, 4)).isEqualTo(0x554D_4551);
        assertThat(config.in(8, 4)).isEqualTo(0x4746_4320);
        assertThat(config.in(4, 1)).isEqualTo('Q');
    }

    @Test
    void dmaReadsTheDirectoryAndAFile() {
        assertThat(dma(0x19 << 16 | 0x0A, 4 + 2 * 64, TARGET)).isZero();
        assertThat(Integer.reverseBytes(ram.getInt(TARGET))).isEqualTo(2);
        assertThat(ram.getByte(TARGET + 12)).as("sorted by name").isEqualTo((byte) 'e');
        int second = TARGET + 4 + 64;
        assertThat(Integer.reverseBytes(ram.getInt(second))).isEqualTo(5);
        int key = Short.reverseBytes(ram.getShort(second + 4));
        assertThat(key).isEqualTo(0x21);
        byte[] name = new byte[9];
        ram.getBytes(second + 8, name, 0, 9);
        assertThat(name).isEqualTo("etc/e820\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        assertThat(dma(key << 16 | 0x08, 0, 0)).isZero();
        assertThat(dma(0x04, 2, 0)).as("skip").isZero();
        ram.putInt(TARGET, -1);
        assertThat(dma(0x02, 4, TARGET)).isZero();
        assertThat(ram.getInt(TARGET)).isEqualTo(0x0005_0403);
    }

    @Test
    void dmaThatMissesRamOrWritesItemsReportsAnError() {
        assertThat(dma(0x02, 4, 1L << 40)).isEqualTo(1);
        assertThat(dma(0x02, -1, TARGET)).isEqualTo(1);
        assertThat(dma(0x10, 4, TARGET)).isEqualTo(1);
        config.out(4, 4, -1);
        config.out(8, 4, -1);
    }

    @Test
    void restoreOfSaveGoesOnWhereItWas() {
        data(0x00, 2);
        FirmwareConfigState saved = config.save();
        FirmwareConfig other = new FirmwareConfig(3, ram, Map.of());
        other.restore(saved);
        assertThat(other.save()).isEqualTo(saved);
        assertThat(other.in(1, 1)).isEqualTo('M');
    }
}
