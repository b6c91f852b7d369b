// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.block.BlockStore;
import dev.synapic.machine.block.MemoryStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests to a disk; sections are Virtio 1.2's. */
class VirtioBlockTest {
    private static final long HEADER = 0x10_0000;
    private static final long STATUS = 0x10_0100;
    private static final long DATA = 0x11_0000;
    private static final int SECTORS = 64;
    private static final int NEXT = MiniDriver.NEXT;
    private static final int WRITE = MiniDriver.WRITE;

    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int FLUSH = 4;
    private static final int GET_ID = 8;
    private static final int DISCARD = 11;
    private static final int WRITE_ZEROES = 13;

    private final List<String> notices = new ArrayList<>();
    private final MemoryStore store = new MemoryStore(SECTORS * 512L);
    private MiniDriver driver = disk(store, 1);

    private MiniDriver disk(BlockStore of, int queues) {
        return new MiniDriver(new VirtioBlock(of, "S1", queues, notices::add)).start(MiniDriver.INDIRECT_DESC);
    }

    @AfterEach
    void close() {
        driver.close();
    }

    private void use(BlockStore other, int queues) {
        driver.close();
        driver = disk(other, queues);
    }

    private void header(int type, long sector) {
        driver.ram.putInt(HEADER, type);
        driver.ram.putInt(HEADER + 4, 0);
        driver.ram.putLong(HEADER + 8, sector);
        driver.ram.putByte(STATUS, (byte) 0x55);
    }

    /** Header, data, status as three descriptors; returns the status. */
    private int request(int type, long sector, int bytes, boolean toGuest) {
        header(type, sector);
        driver.descriptor(0, HEADER, 16, NEXT, bytes == 0 ? 2 : 1);
        driver.descriptor(1, DATA, bytes, NEXT | (toGuest ? WRITE : 0), 2);
        driver.descriptor(2, STATUS, 1, WRITE, 0);
        driver.offer(0, 0);
        driver.turn(0);
        return driver.ram.getByte(STATUS);
    }

    @Test
    void theConfigurationTellsItsSize() {
        assertThat(driver.device(0, 8)).as("5.2.4: capacity in sectors").isEqualTo(SECTORS);
        assertThat(driver.device(12, 4))
                .as("seg_max: the queue without header and status")
                .isEqualTo(254);
        assertThat(driver.device(20, 4)).as("blk_size").isEqualTo(512);
        assertThat(driver.device(34, 2)).as("num_queues").isEqualTo(1);
        assertThat(driver.device(100, 8)).isZero();
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        driver.ram.putLong(DATA, 0x1122_3344_5566_7788L);
        driver.ram.putLong(DATA + 1016, 42);
        assertThat(request(OUT, 5, 1024, false)).as("OK").isZero();
        driver.ram.fill(DATA, 1024, (byte) 0);
        assertThat(request(IN, 5, 1024, true)).isZero();
        assertThat(driver.ram.getLong(DATA)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(driver.ram.getLong(DATA + 1016)).isEqualTo(42);
        assertThat(driver.usedLength(0, 1)).as("data and status").isEqualTo(1025);
    }

    /** 2.7.4.3: the device makes no assumption about where descriptors divide a request. */
    @Test
    void headerDataAndStatusMayBeDividedAnyhow() {
        header(OUT, 3);
        driver.ram.putLong(DATA, 7);
        driver.ram.putLong(DATA + 504, 9);
        driver.descriptor(0, HEADER, 9, NEXT, 4);
        driver.descriptor(4, HEADER + 9, 7, NEXT, 1);
        driver.descriptor(1, DATA, 5, NEXT, 6);
        driver.descriptor(6, DATA + 5, 507, NEXT, 2);
        driver.descriptor(2, STATUS, 1, WRITE, 0);
        driver.offer(0, 0);
        driver.turn(0);
        assertThat(driver.ram.getByte(STATUS)).isZero();
        byte[] sector = new byte[512];
        store.read(3 * 512, sector, 0, 512);
        assertThat(sector[0]).isEqualTo((byte) 7);
        assertThat(sector[504]).isEqualTo((byte) 9);
    }

    @Test
    void aRequestMayLieInAnIndirectTable() {
        header(OUT, 0);
        driver.ram.putLong(DATA, 77);
        long table = 0x12_0000;
        driver.descriptor(table, 0, HEADER, 16, NEXT, 2);
        driver.descriptor(table, 2, DATA, 512, NEXT, 1);
        driver.descriptor(table, 1, STATUS, 1, WRITE, 0);
        driver.descriptor(3, table, 48, MiniDriver.INDIRECT, 0);
        driver.offer(0, 3);
        driver.turn(0);
        assertThat(driver.ram.getByte(STATUS)).isZero();
        assertThat(driver.usedHead(0, 0)).isEqualTo(3);
    }

    @Test
    void chainsMayEndInAnIndirectTable() {
        header(IN, 0);
        long table = 0x12_0000;
        driver.descriptor(0, HEADER, 16, NEXT, 1);
        driver.descriptor(table, 0, DATA, 512, WRITE | NEXT, 1);
        driver.descriptor(table, 1, STATUS, 1, WRITE, 0);
        driver.descriptor(1, table, 32, MiniDriver.INDIRECT | WRITE, 0);
        driver.offer(0, 0);
        driver.turn(0);
        assertThat(driver.ram.getByte(STATUS)).as("2.7.5.3.2").isZero();
    }

    @Test
    void sectorsBeyondTheEndAreErrors() {
        assertThat(request(IN, SECTORS, 512, true)).as("IOERR").isEqualTo(1);
        assertThat(request(IN, SECTORS - 1, 1024, true)).isEqualTo(1);
        assertThat(request(OUT, -1, 512, false)).isEqualTo(1);
        assertThat(request(OUT, Long.MAX_VALUE / 512 + 1, 512, false)).isEqualTo(1);
        assertThat(request(IN, SECTORS - 1, 512, true)).isZero();
        assertThat(notices).as("the guest's mistakes are nobody else's").isEmpty();
    }

    @Test
    void partsOfSectorsAreErrors() {
        assertThat(request(IN, 0, 511, true)).isEqualTo(1);
        assertThat(request(OUT, 0, 513, false)).isEqualTo(1);
    }

    @Test
    void unknownRequestsAreUnsupported() {
        assertThat(request(DISCARD, 0, 16, false)).as("UNSUPP: not offered").isEqualTo(2);
        assertThat(request(0x7777, 0, 512, true)).isEqualTo(2);
    }

    @Test
    void flushReachesTheStore() {
        List<String> calls = new ArrayList<>();
        use(new Recorded(store, calls, false), 1);
        assertThat(request(FLUSH, 0, 0, false)).isZero();
        assertThat(calls).containsExactly("flush");
    }

    @Test
    void theSerialNumberHasTwentyBytes() {
        driver.ram.fill(DATA, 32, (byte) 0x55);
        assertThat(request(GET_ID, 0, 20, true)).isZero();
        byte[] id = new byte[21];
        driver.ram.getBytes(DATA, id, 0, 21);
        assertThat(new String(id, 0, 20, StandardCharsets.US_ASCII)).isEqualTo("S1" + "\0".repeat(18));
        assertThat(id[20]).isEqualTo((byte) 0x55);
    }

    @Test
    void zerosAreWrittenWithoutData() {
        driver.ram.fill(DATA, 1024, (byte) 1);
        request(OUT, 2, 1024, false);
        driver.ram.putLong(DATA, 3);
        driver.ram.putInt(DATA + 8, 1);
        driver.ram.putInt(DATA + 12, 0);
        assertThat(request(WRITE_ZEROES, 0, 16, false)).isZero();
        request(IN, 2, 1024, true);
        assertThat(driver.ram.getByte(DATA)).isEqualTo((byte) 1);
        assertThat(driver.ram.getByte(DATA + 512)).isZero();
        driver.ram.putLong(DATA, SECTORS - 1);
        driver.ram.putInt(DATA + 8, 2);
        driver.ram.putInt(DATA + 12, 0);
        assertThat(request(WRITE_ZEROES, 0, 16, false)).as("beyond the end").isEqualTo(1);
    }

    @Test
    void aDiskThatIsReadOnlySaysSoAndRefusesWrites() {
        use(MemoryStore.of(new byte[512], true), 1);
        assertThat(driver.offered() >>> 5 & 1).as("RO").isEqualTo(1);
        assertThat(driver.offered() >>> 14 & 1).as("WRITE_ZEROES").isZero();
        assertThat(request(OUT, 0, 512, false)).isEqualTo(1);
        assertThat(request(IN, 0, 512, true)).isZero();
    }

    @Test
    void aStoreThatFailsIsAnErrorForTheGuestAndOneLineForTheHost() {
        use(new Recorded(store, new ArrayList<>(), true), 1);
        assertThat(request(IN, 0, 512, true)).isEqualTo(1);
        assertThat(request(OUT, 0, 512, false)).isEqualTo(1);
        assertThat(notices).containsExactly("the file has vanished; the guest sees I/O errors");
        assertThat(driver.needsReset()).isFalse();
    }

    @Test
    void everyQueueServesRequests() {
        use(store, 8);
        assertThat(driver.device(34, 2)).isEqualTo(8);
        assertThat(driver.offered() >>> 12 & 1).as("MQ").isEqualTo(1);
        for (int queue = 0; queue < 8; queue++) {
            header(FLUSH, 0);
            long table = MiniDriver.table(queue);
            driver.descriptor(table, 0, HEADER, 16, NEXT, 1);
            driver.descriptor(table, 1, STATUS, 1, WRITE, 0);
            driver.offer(queue, 0);
            driver.turn(queue);
            assertThat(driver.ram.getByte(STATUS)).as("queue %d", queue).isZero();
            assertThat(driver.usedIndex(queue)).isEqualTo(1);
        }
    }

    private record Recorded(BlockStore store, List<String> calls, boolean fails) implements BlockStore {
        private void call(String name) throws IOException {
            calls.add(name);
            if (fails) {
                throw new IOException("the file has vanished");
            }
        }

        @Override
        public long sizeBytes() {
            return store.sizeBytes();
        }

        @Override
        public boolean readOnly() {
            return store.readOnly();
        }

        @Override
        public void read(long offset, byte[] into, int at, int length) throws IOException {
            call("read");
        }

        @Override
        public void write(long offset, byte[] from, int at, int length) throws IOException {
            call("write");
        }

        @Override
        public void flush() throws IOException {
            call("flush");
        }

        @Override
        public void close() {}
    }
}
