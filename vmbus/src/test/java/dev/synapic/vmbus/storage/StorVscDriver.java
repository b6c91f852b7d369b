// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.vmbus.VstorPacket;
import dev.synapic.vmbus.GuestDriver;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/** What drivers/scsi/storvsc_drv.c does, with one controller. */
final class StorVscDriver {
    /** Where commands have their data: not the start of a page. */
    static final long BUFFER = GuestDriver.FREE + 0x200;

    static final UUID INSTANCE = UUID.fromString("2450ee40-33bf-4fbd-892e-9fb06e9214cf");

    /**
     * How a command ended.
     *
     * @param sense key, code and qualifier, as SenseCode has them; -1 without sense data
     */
    record Outcome(int status, int srbStatus, int scsiStatus, int transferred, int sense) {}

    final StorVscDevice device;
    final GuestDriver guest;
    private long transaction;

    StorVscDriver(List<ScsiDisk> disks) {
        device = new StorVscDevice(INSTANCE, disks);
        guest = new GuestDriver(device);
    }

    static StorVscDriver ready(ScsiDisk... disks) {
        StorVscDriver driver = new StorVscDriver(List.of(disks));
        driver.initialize(VstorPacket.VERSION_WIN10);
        return driver;
    }

    static StorVscDriver ready(Disk disk) {
        return ready(new ScsiDisk(disk, "", 1));
    }

    void initialize(int version) {
        assertThat(status(request(VstorPacket.BEGIN_INITIALIZATION))).isZero();
        assertThat(status(request(VstorPacket.QUERY_PROTOCOL_VERSION).putShort(12, (short) version)))
                .isZero();
        assertThat(status(request(VstorPacket.QUERY_PROPERTIES))).isZero();
        assertThat(status(request(VstorPacket.END_INITIALIZATION))).isZero();
    }

    GuestMemory memory() {
        return guest.memory();
    }

    static ByteBuffer request(int operation) {
        return GuestDriver.little(VstorPacket.BYTES).putInt(0, operation);
    }

    ByteBuffer exchange(ByteBuffer request) {
        guest.send(++transaction, GuestDriver.bytes(request));
        return guest.completion(transaction);
    }

    /** NTSTATUS of the completion. */
    int status(ByteBuffer request) {
        ByteBuffer answer = exchange(request);
        assertThat(answer.getInt(0)).as("operation").isEqualTo(VstorPacket.COMPLETE_IO);
        return answer.getInt(8);
    }

    static ByteBuffer srb(int path, int target, int lun, int bytes, int... cdb) {
        ByteBuffer srb = request(VstorPacket.EXECUTE_SRB);
        srb.putShort(12, (short) 52).put(17, (byte) path).put(18, (byte) target).put(19, (byte) lun);
        srb.put(20, (byte) cdb.length).put(21, (byte) 20).putInt(24, bytes);
        for (int i = 0; i < cdb.length; i++) {
            srb.put(28 + i, (byte) cdb[i]);
        }
        return srb;
    }

    /** A command for LUN 0 whose data have so many bytes at {@link #BUFFER}. */
    Outcome execute(int bytes, int... cdb) {
        return execute(srb(0, 0, 0, bytes, cdb), bytes);
    }

    Outcome execute(ByteBuffer srb, int bytes) {
        if (bytes == 0) {
            guest.send(++transaction, GuestDriver.bytes(srb));
        } else {
            guest.send(++transaction, GuestDriver.bytes(srb), BUFFER, bytes);
        }
        return outcome(guest.completion(transaction));
    }

    static Outcome outcome(ByteBuffer answer) {
        int srbStatus = answer.get(14) & 0xFF;
        boolean valid = (srbStatus & VstorPacket.SRB_AUTOSENSE_VALID) != 0;
        int sense = valid ? answer.get(30) << 16 | (answer.get(40) & 0xFF) << 8 | answer.get(41) & 0xFF : -1;
        if (valid) {
            assertThat(answer.get(28)).as("fixed format, current").isEqualTo((byte) 0x70);
            assertThat(answer.get(21)).as("bytes of sense data").isEqualTo((byte) 18);
        }
        return new Outcome(answer.getInt(8), srbStatus, answer.get(15), answer.getInt(24), sense);
    }

    /** What stands in the buffer of commands. */
    byte[] data(int bytes) {
        byte[] data = new byte[bytes];
        memory().getBytes(BUFFER, data, 0, bytes);
        return data;
    }
}
