// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.synapic.spec.vmbus.VstorPacket;
import dev.synapic.vmbus.GuestDriver;
import dev.synapic.vmbus.storage.StorVscDriver.Outcome;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The controller's protocol, as drivers/scsi/storvsc_drv.c speaks it. */
class StorVscDeviceTest {
    private static final int TEST_UNIT_READY = 0x00;
    private static final int INQUIRY = 0x12;
    private static final int REPORT_LUNS = 0xA0;

    private final TestDisk disk = new TestDisk(64);

    /** storvsc_channel_init asks for 6.2, 6.0 and 5.1 in turn; OpenVMM: 4.2 and 2.0 are older Windows. */
    @Test
    void versionsFromVistaToWindows10AreSpokenAndTheDriverMayAskAgain() {
        for (int version : new int[] {0x0602, 0x0600, 0x0501, 0x0402, 0x0200}) {
            StorVscDriver driver = new StorVscDriver(List.of());
            assertThat(driver.status(StorVscDriver.request(7))).isZero();
            assertThat(driver.status(StorVscDriver.request(9).putShort(12, (short) 0x0702)))
                    .as("STATUS_REVISION_MISMATCH")
                    .isEqualTo(0xC0000059);
            ByteBuffer answer = driver.exchange(StorVscDriver.request(9).putShort(12, (short) version));
            assertThat(answer.getInt(8)).as("version %x", version).isZero();
            assertThat(answer.getShort(12)).isEqualTo((short) version);
        }
    }

    /** storvsc_probe takes max_sectors from max_transfer_bytes; handle_multichannel_storage needs the flag to ask. */
    @Test
    void propertiesTellOf256KibAndNoSubChannels() {
        StorVscDriver driver = new StorVscDriver(List.of());
        driver.status(StorVscDriver.request(7));
        driver.status(StorVscDriver.request(9).putShort(12, (short) 0x0602));
        ByteBuffer properties = driver.exchange(StorVscDriver.request(10));
        assertThat(properties.getShort(16)).as("sub-channels").isZero();
        assertThat(properties.getInt(20)).as("flags").isZero();
        assertThat(properties.getInt(24)).as("bytes").isEqualTo(0x40000);
    }

    /** OpenVMM, storvsp, process_primary. */
    @Test
    void initializationHasItsOrderAndCommandsComeAfterIt() {
        StorVscDriver driver = new StorVscDriver(List.of(new ScsiDisk(disk, "", 1)));
        assertThat(driver.status(StorVscDriver.request(10))).isEqualTo(0xC0000184);
        assertThat(driver.status(StorVscDriver.request(7))).isZero();
        assertThat(driver.status(StorVscDriver.request(8))).isEqualTo(0xC0000184);
        assertThat(driver.execute(0, TEST_UNIT_READY).status()).isEqualTo(0xC0000184);
        driver.guest.close();
        driver.guest.open();
        driver.initialize(0x0602);
        assertThat(driver.execute(0, TEST_UNIT_READY)).isEqualTo(new Outcome(0, 1, 0, 0, -1));
        assertThat(driver.status(StorVscDriver.request(7)))
                .as("initializing twice")
                .isEqualTo(0xC0000184);
        assertThat(driver.device.mistakes()).isEqualTo(4);
    }

    /** storvsc_host_reset_handler; OpenVMM: resets are no-ops. */
    @Test
    void resetsSucceedAndSubChannelsAreRefused() {
        StorVscDriver driver = StorVscDriver.ready(disk);
        for (int reset = VstorPacket.RESET_LUN; reset <= VstorPacket.RESET_BUS; reset++) {
            assertThat(driver.status(StorVscDriver.request(reset))).isZero();
        }
        assertThat(driver.status(StorVscDriver.request(13))).isZero();
        assertThat(driver.status(StorVscDriver.request(13).putShort(12, (short) 3)))
                .isEqualTo(0xC000000D);
        assertThat(driver.status(StorVscDriver.request(12)))
                .as("no Fibre Channel adapter")
                .isEqualTo(0xC0000010);
        assertThat(driver.status(StorVscDriver.request(99))).isEqualTo(0xC0000184);
    }

    /** OpenVMM, send_vmbus_packet: Windows wants exactly the size of its version. */
    @Test
    void answerIsAsLongAsItsQuestion() {
        StorVscDriver driver = new StorVscDriver(List.of());
        assertThat(driver.exchange(StorVscDriver.request(7)).capacity()).isEqualTo(64);
        ByteBuffer old = GuestDriver.little(48).putInt(0, 9).putShort(12, (short) 0x0402);
        assertThat(driver.exchange(old).capacity()).isEqualTo(48);
        ByteBuffer tooShort = driver.exchange(GuestDriver.little(8).putInt(0, 10));
        assertThat(tooShort.getInt(8)).isEqualTo(0xC000000D);
    }

    /** scsi_scan.c: peripheral qualifier 3 ends the scan of a target; storvsc_handle_error: 0x20 removes a unit. */
    @Test
    void unitsThatAreNotThereSaySo() {
        StorVscDriver driver = StorVscDriver.ready(disk);
        int[][] absent = {{0, 0, 1}, {0, 1, 0}, {1, 0, 0}, {255, 255, 255}};
        for (int[] at : absent) {
            Outcome inquiry = driver.execute(StorVscDriver.srb(at[0], at[1], at[2], 36, INQUIRY, 0, 0, 0, 36, 0), 36);
            assertThat(inquiry).isEqualTo(new Outcome(0, 1, 0, 36, -1));
            assertThat(driver.data(1)[0]).isEqualTo((byte) 0x7F);
            Outcome vital = driver.execute(StorVscDriver.srb(at[0], at[1], at[2], 36, INQUIRY, 1, 0, 0, 36, 0), 36);
            assertThat(vital.sense()).isEqualTo(0x052400);
            Outcome other = driver.execute(StorVscDriver.srb(at[0], at[1], at[2], 0, TEST_UNIT_READY), 0);
            assertThat(other).isEqualTo(new Outcome(0xC00000C0, 0x20, 0, 0, -1));
        }
    }

    /** SPC-4, 6.33; the LUNs' format is SAM-5, 4.7.7.2. */
    @Test
    void reportLunsListsTheUnitsOfTheTarget() {
        StorVscDriver driver = StorVscDriver.ready(
                new ScsiDisk(disk, "A", 1), new ScsiDisk(new TestDisk(8), "B", 2), new ScsiDisk(disk, "C", 3));
        Outcome all = driver.execute(64, REPORT_LUNS, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0);
        assertThat(all).isEqualTo(new Outcome(0, 1, 0, 32, -1));
        assertThat(ByteBuffer.wrap(driver.data(32)).getInt(0)).isEqualTo(24);
        assertThat(ByteBuffer.wrap(driver.data(32)).getLong(24)).isEqualTo(0x0002_0000_0000_0000L);
        assertThat(driver.execute(64, REPORT_LUNS, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0)
                        .transferred())
                .as("as much as is allocated")
                .isEqualTo(16);
        assertThat(driver.execute(64, REPORT_LUNS, 0, 1, 0, 0, 0, 0, 0, 0, 64, 0, 0)
                        .transferred())
                .as("no well-known units")
                .isEqualTo(8);
        assertThat(driver.execute(64, REPORT_LUNS, 0, 0, 0, 0, 0, 0, 0, 0, 15, 0, 0)
                        .sense())
                .isEqualTo(0x052400);
        ByteBuffer elsewhere = StorVscDriver.srb(0, 1, 0, 64, REPORT_LUNS, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0);
        assertThat(driver.execute(elsewhere, 64).transferred()).isEqualTo(8);
    }

    @Test
    void eachUnitIsADiskOfItsOwn() {
        TestDisk other = new TestDisk(8);
        StorVscDriver driver = StorVscDriver.ready(new ScsiDisk(disk, "", 1), new ScsiDisk(other, "", 2));
        driver.memory().fill(StorVscDriver.BUFFER, 512, (byte) 7);
        ByteBuffer write = StorVscDriver.srb(0, 0, 1, 512, 0x2A, 0, 0, 0, 0, 3, 0, 0, 1, 0);
        assertThat(driver.execute(write, 512).srbStatus()).isEqualTo(1);
        assertThat(other.content[3 * 512]).isEqualTo((byte) 7);
        assertThat(disk.content).containsOnly(0);
    }

    @Test
    void requestWhoseMemoryOrLengthsMakeNoSenseIsInvalid() {
        StorVscDriver driver = StorVscDriver.ready(disk);
        Outcome invalid = new Outcome(0xC000000D, 6, 0, 0, -1);
        ByteBuffer moreThanItsMemory = StorVscDriver.srb(0, 0, 0, 513, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
        assertThat(driver.execute(moreThanItsMemory, 512)).isEqualTo(invalid);
        ByteBuffer withoutMemory = StorVscDriver.srb(0, 0, 0, 512, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
        assertThat(driver.execute(withoutMemory, 0)).isEqualTo(invalid);
        ByteBuffer negative = StorVscDriver.srb(0, 0, 0, -1, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
        assertThat(driver.execute(negative, 512)).isEqualTo(invalid);
        assertThat(driver.execute(StorVscDriver.srb(0, 0, 0, 0, TEST_UNIT_READY).put(20, (byte) 17), 0))
                .isEqualTo(invalid);
        assertThat(driver.execute(StorVscDriver.srb(0, 0, 0, 0, TEST_UNIT_READY).put(20, (byte) 0), 0))
                .isEqualTo(invalid);
        driver.guest.send(500, GuestDriver.bytes(moreThanItsMemory.putInt(24, 512)), 1L << 40, 512);
        assertThat(StorVscDriver.outcome(driver.guest.completion(500)))
                .as("no RAM")
                .isEqualTo(invalid);
    }

    @Test
    void packetsThatWantNoCompletionOrAreNoneOfDataGetNone() {
        StorVscDriver driver = StorVscDriver.ready(disk);
        driver.guest.put(6, 0, 7, new byte[0], StorVscDriver.request(4).array());
        driver.guest.put(11, 1, 7, new byte[0], StorVscDriver.request(4).array());
        assertThat(driver.guest.get()).isNull();
        assertThat(driver.device.mistakes()).isEqualTo(2);
    }

    @Test
    void controllerHas64DisksAtMost() {
        List<ScsiDisk> many = Collections.nCopies(65, new ScsiDisk(disk, "", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new StorVscDevice(StorVscDriver.INSTANCE, many));
    }

    /** Requests of any content: nothing is thrown, and every one is answered. The seed is fixed. */
    @Test
    void anyRequestIsBorneAndAnswered() {
        Random random = new Random(20261127);
        int[] opcodes = {
            0, 3, 8, 0xA, 0x12, 0x1A, 0x1B, 0x25, 0x28, 0x2A, 0x35, 0x41, 0x5A, 0x88, 0x8A, 0x91, 0x93, 0x9E, 0xA0
        };
        StorVscDriver driver = StorVscDriver.ready(disk);
        byte[] payload = new byte[64];
        for (int i = 0; i < 20_000; i++) {
            random.nextBytes(payload);
            int bytes = random.nextInt(1, 3000);
            ByteBuffer srb = StorVscDriver.srb(0, 0, random.nextInt(8) / 7, bytes);
            srb.put(20, (byte) random.nextInt(18)).put(28, payload, 0, 20);
            srb.put(28, (byte) opcodes[random.nextInt(opcodes.length)]);
            if (random.nextBoolean()) {
                srb.putLong(29, 0).putLong(36, 0).put(33, payload[1]).put(37, payload[2]);
            }
            if (random.nextInt(20) == 0) {
                srb.put(0, payload, 0, 28);
            }
            driver.guest.send(i, GuestDriver.bytes(srb), GuestDriver.FREE + random.nextInt(100_000), bytes);
            assertThat(driver.guest.completion(i).getInt(0)).isEqualTo(VstorPacket.COMPLETE_IO);
        }
    }
}
