// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.vmbus.storage.StorVscDriver.Outcome;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Commands of SPC-4 and SBC-3, as they come through the channel. Numbers are those of the standards. */
class ScsiDiskTest {
    private static final int BLOCKS = 700;
    private static final int LBA_OUT_OF_RANGE = 0x052100;
    private static final int INVALID_FIELD_IN_CDB = 0x052400;

    private final TestDisk disk = new TestDisk(BLOCKS);
    private final StorVscDriver driver = StorVscDriver.ready(disk);

    private static Outcome good(int transferred) {
        return new Outcome(0, 1, 0, transferred, -1);
    }

    /** CHECK CONDITION, SRB_STATUS_ERROR with valid sense data, STATUS_IO_DEVICE_ERROR. */
    private static Outcome sense(int code) {
        return new Outcome(0xC0000185, 0x84, 2, 0, code);
    }

    private ByteBuffer big(int bytes) {
        return ByteBuffer.wrap(driver.data(bytes));
    }

    // ---- blocks

    /** SBC-3, 5.11, 5.12, 5.14 and their writes: LBA at 2 (21 bits at 1), number of blocks at 4, 7 or 10. */
    @Test
    void blocksAreWrittenAndReadBackByAllThreeSizesOfCommands() {
        int[][] commands = {
            {0x0A, 0, 1, 44, 2, 0},
            {0x2A, 0, 0, 0, 1, 44, 0, 0, 2, 0},
            {0x8A, 0, 0, 0, 0, 0, 0, 0, 1, 44, 0, 0, 0, 2, 0, 0}
        };
        byte[] content = new byte[1024];
        for (int[] command : commands) {
            new Random(command[0]).nextBytes(content);
            driver.memory().putBytes(StorVscDriver.BUFFER, content, 0, 1024);
            assertThat(driver.execute(1024, command)).isEqualTo(good(1024));
            assertThat(Arrays.copyOfRange(disk.content, 300 * 512, 302 * 512)).isEqualTo(content);
            driver.memory().fill(StorVscDriver.BUFFER, 1024, (byte) 0);
            command[0] -= 2;
            assertThat(driver.execute(1024, command)).isEqualTo(good(1024));
            assertThat(driver.data(1024)).isEqualTo(content);
        }
    }

    @Test
    void transfersLargerThanAChunkAreWhole() {
        new Random(1).nextBytes(disk.content);
        int bytes = 512 * 512;
        assertThat(driver.execute(bytes, 0x28, 0, 0, 0, 0, 5, 0, 2, 0, 0)).isEqualTo(good(bytes));
        assertThat(driver.data(bytes)).isEqualTo(Arrays.copyOfRange(disk.content, 5 * 512, 517 * 512));
        assertThat(driver.execute(bytes, 0x2A, 0, 0, 0, 0, 100, 0, 2, 0, 0)).isEqualTo(good(bytes));
        assertThat(Arrays.copyOfRange(disk.content, 100 * 512, 612 * 512)).isEqualTo(driver.data(bytes));
    }

    /** SBC-3, 5.11: a transfer length of 0 is 256 blocks in the 6-byte commands, and none in the others. */
    @Test
    void lengthOf0Is256BlocksInTheSmallCommandsAndNoneInTheOthers() {
        assertThat(driver.execute(256 * 512, 0x08, 0, 0, 0, 0, 0)).isEqualTo(good(256 * 512));
        assertThat(driver.execute(512, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0)).isEqualTo(good(0));
    }

    /** SBC-3, 4.5. */
    @Test
    void blocksBeyondTheEndAreOutOfRange() {
        int last = BLOCKS - 1;
        assertThat(driver.execute(512, 0x28, 0, 0, 0, last >> 8, last, 0, 0, 1, 0))
                .isEqualTo(good(512));
        assertThat(driver.execute(1024, 0x28, 0, 0, 0, last >> 8, last, 0, 0, 2, 0))
                .isEqualTo(sense(LBA_OUT_OF_RANGE));
        assertThat(driver.execute(512, 0x2A, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 1, 0))
                .isEqualTo(sense(LBA_OUT_OF_RANGE));
        assertThat(driver.execute(512, 0x88, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0))
                .as("an LBA of 64 bits, and its end overflows")
                .isEqualTo(sense(LBA_OUT_OF_RANGE));
        assertThat(driver.execute(512, 0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0))
                .isEqualTo(sense(LBA_OUT_OF_RANGE));
        int end = BLOCKS;
        assertThat(driver.execute(0, 0x28, 0, 0, 0, end >> 8, end, 0, 0, 0, 0))
                .as("no blocks at the end")
                .isEqualTo(good(0));
        assertThat(driver.execute(0, 0x28, 0, 0, 0, end >> 8, end + 1, 0, 0, 0, 0))
                .isEqualTo(sense(LBA_OUT_OF_RANGE));
    }

    @Test
    void commandForMoreThanItsMemoryIsRefusedWhole() {
        assertThat(driver.execute(1023, 0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0)).isEqualTo(sense(INVALID_FIELD_IN_CDB));
        driver.memory().fill(StorVscDriver.BUFFER, 1024, (byte) 1);
        assertThat(driver.execute(1023, 0x2A, 0, 0, 0, 0, 0, 0, 0, 2, 0)).isEqualTo(sense(INVALID_FIELD_IN_CDB));
        assertThat(disk.content).containsOnly(0);
        assertThat(driver.execute(2048, 0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0))
                .as("more memory than blocks")
                .isEqualTo(good(1024));
    }

    /** SBC-3, 5.8: without protection information, RDPROTECT and WRPROTECT other than 0 are invalid. */
    @Test
    void protectionInformationIsRefused() {
        assertThat(driver.execute(512, 0x28, 0x20, 0, 0, 0, 0, 0, 0, 1, 0)).isEqualTo(sense(INVALID_FIELD_IN_CDB));
        assertThat(driver.execute(512, 0x2A, 0x60, 0, 0, 0, 0, 0, 0, 1, 0)).isEqualTo(sense(INVALID_FIELD_IN_CDB));
    }

    /** SBC-3, 4.15: FUA writes are on the medium when they end; others are after SYNCHRONIZE CACHE. */
    @Test
    void cacheIsFlushedByForcedWritesAndByCommand() {
        driver.execute(512, 0x2A, 0, 0, 0, 0, 0, 0, 0, 1, 0);
        assertThat(disk.flushes).isZero();
        driver.execute(512, 0x2A, 0x08, 0, 0, 0, 0, 0, 0, 1, 0);
        assertThat(disk.flushes).isEqualTo(1);
        assertThat(driver.execute(0, 0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0)).isEqualTo(good(0));
        assertThat(driver.execute(0, 0x91, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0))
                .isEqualTo(good(0));
        assertThat(disk.flushes).isEqualTo(3);
        assertThat(driver.execute(0, 0x35, 0, 1, 0, 0, 0, 0, 0, 0, 0)).isEqualTo(sense(LBA_OUT_OF_RANGE));
    }

    /** SBC-3, 5.42 and 5.43; 0 blocks are invalid where WSNZ says so. */
    @Test
    void oneBlockIsWrittenToMany() {
        driver.memory().fill(StorVscDriver.BUFFER, 512, (byte) 0x5A);
        assertThat(driver.execute(512, 0x41, 0, 0, 0, 0, 1, 0, 0, 3, 0)).isEqualTo(good(512));
        assertThat(Arrays.copyOfRange(disk.content, 512, 4 * 512)).containsOnly(0x5A);
        assertThat(disk.content[511]).isZero();
        assertThat(disk.content[4 * 512]).isZero();
        assertThat(driver.execute(512, 0x93, 0, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 2, 0, 0, 0))
                .isEqualTo(good(512));
        assertThat(Arrays.copyOfRange(disk.content, 100 * 512, 612 * 512)).containsOnly(0x5A);
        assertThat(disk.content[612 * 512]).isZero();
        assertThat(driver.execute(512, 0x93, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
                .isEqualTo(sense(INVALID_FIELD_IN_CDB));
        assertThat(driver.execute(512, 0x93, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0))
                .as("more than the block limits say")
                .isEqualTo(sense(INVALID_FIELD_IN_CDB));
        assertThat(driver.execute(512, 0x41, 0x08, 0, 0, 0, 1, 0, 0, 3, 0))
                .as("unmapping")
                .isEqualTo(sense(INVALID_FIELD_IN_CDB));
    }

    @Test
    void readOnlyDiskIsWriteProtected() {
        TestDisk fixed = new TestDisk(8);
        fixed.readOnly = true;
        StorVscDriver reader = StorVscDriver.ready(fixed);
        assertThat(reader.execute(512, 0x2A, 0, 0, 0, 0, 0, 0, 0, 1, 0)).isEqualTo(sense(0x072700));
        assertThat(reader.execute(512, 0x41, 0, 0, 0, 0, 0, 0, 0, 1, 0)).isEqualTo(sense(0x072700));
        assertThat(reader.execute(512, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0)).isEqualTo(good(512));
        assertThat(reader.execute(192, 0x1A, 0, 0x3F, 0, 192, 0).srbStatus()).isEqualTo(1);
        assertThat(reader.data(4)[2] & 0x80).as("the write-protect bit").isEqualTo(0x80);
    }

    /** SPC-4, table D.1: 11/00 unrecovered read error, 0C/00 write error, with MEDIUM ERROR. */
    @Test
    void mediumThatFailsIsAMediumErrorAndTheDiskGoesOn() {
        disk.failing = true;
        assertThat(driver.execute(512, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0)).isEqualTo(sense(0x031100));
        assertThat(driver.execute(512, 0x2A, 0, 0, 0, 0, 0, 0, 0, 1, 0)).isEqualTo(sense(0x030C00));
        assertThat(driver.execute(512, 0x41, 0, 0, 0, 0, 0, 0, 0, 1, 0)).isEqualTo(sense(0x030C00));
        assertThat(driver.execute(0, 0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0)).isEqualTo(sense(0x030C00));
        disk.failing = false;
        assertThat(driver.execute(512, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0)).isEqualTo(good(512));
    }

    // ---- the unit

    /** SBC-3, 5.15 and 5.16: the last LBA and the size of a block. */
    @Test
    void capacityIsTheLastBlock() {
        assertThat(driver.execute(8, 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0)).isEqualTo(good(8));
        assertThat(big(8).getInt(0)).isEqualTo(BLOCKS - 1);
        assertThat(big(8).getInt(4)).isEqualTo(512);
        assertThat(driver.execute(32, 0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0))
                .isEqualTo(good(32));
        assertThat(big(32).getLong(0)).isEqualTo(BLOCKS - 1);
        assertThat(big(32).getInt(8)).isEqualTo(512);
        assertThat(driver.execute(32, 0x9E, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0))
                .isEqualTo(sense(INVALID_FIELD_IN_CDB));
    }

    /** SBC-3, 5.15: READ CAPACITY (10) says FFFFFFFFh where its 32 bits are too few. */
    @Test
    void largeDiskNeedsTheLargeCommand() {
        Disk large = new Disk() {
            @Override
            public long sizeBytes() {
                return 1L << 42;
            }

            @Override
            public boolean readOnly() {
                return false;
            }

            @Override
            public void read(long offset, byte[] into, int at, int length) {
                into[at] = (byte) (offset >> 40);
            }

            @Override
            public void write(long offset, byte[] from, int at, int length) {}

            @Override
            public void flush() {}
        };
        StorVscDriver far = StorVscDriver.ready(large);
        far.execute(8, 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        assertThat(far.data(4)).containsOnly(-1);
        far.execute(32, 0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0);
        assertThat(ByteBuffer.wrap(far.data(8)).getLong()).isEqualTo((1L << 33) - 1);
        assertThat(far.execute(512, 0x88, 0, 0, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0))
                .isEqualTo(good(512));
        assertThat(far.data(1)[0]).as("bits 47:40 of the offset").isEqualTo((byte) 3);
    }

    /** SPC-4, 6.6.2; storvsc_device_configure compares the vendor. */
    @Test
    void inquiryTellsOfADiskOfHyperV() {
        assertThat(driver.execute(36, 0x12, 0, 0, 0, 36, 0)).isEqualTo(good(36));
        byte[] data = driver.data(36);
        assertThat(data[0]).as("a disk, and it is there").isZero();
        assertThat(data[2]).as("SPC-3").isEqualTo((byte) 5);
        assertThat(data[4]).as("bytes that follow").isEqualTo((byte) 31);
        assertThat(new String(data, 8, 28, StandardCharsets.US_ASCII)).isEqualTo("Msft    Virtual Disk    1.0 ");
        assertThat(driver.execute(36, 0x12, 0, 0, 0, 5, 0))
                .as("as much as is allocated")
                .isEqualTo(good(5));
        assertThat(driver.execute(36, 0x12, 0, 0x80, 0, 36, 0)).isEqualTo(sense(INVALID_FIELD_IN_CDB));
    }

    /** SPC-4, 7.8, and SBC-3, 6.6. */
    @Test
    void vitalProductDataNameThePagesTheSerialNumberAndTheLimits() {
        StorVscDriver named = StorVscDriver.ready(new ScsiDisk(disk, "D1", 1));
        assertThat(named.execute(255, 0x12, 1, 0, 0, 255, 0)).isEqualTo(good(10));
        assertThat(named.data(10))
                .isEqualTo(new byte[] {0, 0, 0, 6, 0, (byte) 0x80, (byte) 0x83, (byte) 0xB0, (byte) 0xB1, (byte) 0xB2});
        assertThat(named.execute(255, 0x12, 1, 0x80, 0, 255, 0)).isEqualTo(good(6));
        assertThat(named.data(6)).isEqualTo(new byte[] {0, (byte) 0x80, 0, 2, 'D', '1'});
        named.execute(255, 0x12, 1, 0xB0, 0, 255, 0);
        ByteBuffer limits = ByteBuffer.wrap(named.data(64));
        assertThat(limits.getShort(2)).isEqualTo((short) 60);
        assertThat(limits.getInt(8)).as("blocks of a transfer").isEqualTo(512);
        assertThat(limits.getLong(36)).as("blocks of one WRITE SAME").isEqualTo(65536);
        named.execute(255, 0x12, 1, 0xB1, 0, 255, 0);
        assertThat(ByteBuffer.wrap(named.data(64)).getShort(4))
                .as("it does not turn")
                .isEqualTo((short) 1);
        assertThat(named.execute(255, 0x12, 1, 0xB2, 0, 255, 0)).isEqualTo(good(8));
        assertThat(named.execute(255, 0x12, 1, 0xB9, 0, 255, 0)).isEqualTo(sense(INVALID_FIELD_IN_CDB));
    }

    /** SPC-4, 7.8.6: a T10 vendor name and a locally assigned NAA number. */
    @Test
    void identificationTellsDisksApart() {
        StorVscDriver several =
                StorVscDriver.ready(new ScsiDisk(disk, "", 1), new ScsiDisk(disk, "", 2), new ScsiDisk(disk, "D1", 3));
        String[] names = new String[3];
        long[] numbers = new long[3];
        for (int lun = 0; lun < 3; lun++) {
            several.execute(StorVscDriver.srb(0, 0, lun, 255, 0x12, 1, 0x83, 0, 255, 0), 255);
            ByteBuffer page = ByteBuffer.wrap(several.data(255));
            int length = page.get(7);
            names[lun] = new String(page.array(), 8, length, StandardCharsets.US_ASCII);
            assertThat(page.getInt(8 + length)).as("binary, NAA, 8 bytes").isEqualTo(0x01030008);
            numbers[lun] = page.getLong(12 + length);
            assertThat(numbers[lun] >>> 60).as("locally assigned").isEqualTo(3);
        }
        assertThat(names).containsExactly("Msft    disk 1", "Msft    disk 2", "Msft    D1");
        assertThat(numbers).doesNotHaveDuplicates();
    }

    @Test
    void diskWithoutASerialNumberHasNoPageForIt() {
        assertThat(driver.execute(255, 0x12, 1, 0, 0, 255, 0)).isEqualTo(good(9));
        assertThat(driver.data(9)).doesNotContain(0x80);
        assertThat(driver.execute(255, 0x12, 1, 0x80, 0, 255, 0)).isEqualTo(sense(INVALID_FIELD_IN_CDB));
    }

    /** SPC-4, 7.5.2 and SBC-3, 6.5.5: WCE is bit 2 of byte 2; sd.c reads page 08h for the cache, 3Fh for write protection. */
    @Test
    void modePagesTellOfTheWriteCache() {
        assertThat(driver.execute(192, 0x1A, 8, 8, 0, 192, 0)).isEqualTo(good(24));
        byte[] data = driver.data(24);
        assertThat(data[0]).as("bytes that follow").isEqualTo((byte) 23);
        assertThat(data[2]).as("FUA, no write protection").isEqualTo((byte) 0x10);
        assertThat(Arrays.copyOfRange(data, 4, 7)).isEqualTo(new byte[] {8, 18, 4});
        assertThat(driver.execute(192, 0x5A, 8, 0x3F, 0, 0, 0, 0, 0, 192, 0)).isEqualTo(good(40));
        byte[] all = driver.data(40);
        assertThat(all[1]).isEqualTo((byte) 38);
        assertThat(all[8]).isEqualTo((byte) 0x08);
        assertThat(all[28]).isEqualTo((byte) 0x0A);
        driver.execute(192, 0x1A, 8, 0x48, 0, 192, 0);
        assertThat(driver.data(7)[6]).as("nothing can be changed").isZero();
        assertThat(driver.execute(192, 0x1A, 8, 0xC8, 0, 192, 0)).isEqualTo(sense(0x053900));
        assertThat(driver.execute(192, 0x1A, 8, 0x1C, 0, 192, 0)).isEqualTo(sense(INVALID_FIELD_IN_CDB));
        assertThat(driver.execute(192, 0x1A, 8, 8, 5, 192, 0)).isEqualTo(sense(INVALID_FIELD_IN_CDB));
    }

    /** SBC-3, 5.25; SPC-4, table D.1: 04/02 initializing command required. */
    @Test
    void stoppedUnitIsNotReadyUntilItIsStarted() {
        assertThat(driver.execute(0, 0x1B, 0, 0, 0, 0, 0)).isEqualTo(good(0));
        assertThat(disk.flushes).isEqualTo(1);
        assertThat(driver.execute(0, 0, 0, 0, 0, 0, 0)).isEqualTo(sense(0x020402));
        assertThat(driver.execute(512, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0)).isEqualTo(sense(0x020402));
        assertThat(driver.execute(18, 3, 0, 0, 0, 18, 0)).isEqualTo(good(18));
        assertThat(driver.data(14)).containsSequence(4, 2);
        assertThat(driver.execute(36, 0x12, 0, 0, 0, 36, 0)).as("inquiry").isEqualTo(good(36));
        assertThat(driver.execute(0, 0x1B, 0, 0, 0, 1, 0)).isEqualTo(good(0));
        assertThat(driver.execute(0, 0, 0, 0, 0, 0, 0)).isEqualTo(good(0));
        assertThat(driver.execute(0, 0x1B, 0, 0, 0, 2, 0)).as("ejecting").isEqualTo(sense(INVALID_FIELD_IN_CDB));
    }

    /** SPC-4, table D.1: 20/00. MAINTENANCE IN, PERSISTENT RESERVE IN, UNMAP. */
    @Test
    void commandsThatAreNotThereAreInvalid() {
        for (int opcode : new int[] {0xA3, 0x5E, 0x42, 0xFF}) {
            assertThat(driver.execute(64, opcode, 0, 0, 0, 0, 0, 0, 0, 64, 0)).isEqualTo(sense(0x052000));
        }
    }
}
