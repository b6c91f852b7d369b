// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.storage;

import dev.synapic.spec.scsi.SenseCode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What a disk says that it is (SPC-4, 6.6 and 7.8; SBC-3, 6.6). Vendor and product are those of Hyper-V's disks: Linux's
 * driver looks at the vendor.
 */
final class ScsiInquiry {
    private static final int STANDARD_BYTES = 36;
    private static final int EVPD = 0x01;
    private static final int SPC_3 = 0x05;
    private static final int HIERARCHICAL_LUNS_FORMAT_2 = 0x12;
    private static final int COMMAND_QUEUES = 0x02;
    private static final int NO_UNIT_THERE = 0x7F;
    private static final String VENDOR = "Msft    ";
    private static final String PRODUCT = "Virtual Disk    ";
    private static final String REVISION = "1.0 ";

    private static final int SUPPORTED_PAGES = 0x00;
    private static final int SERIAL_NUMBER = 0x80;
    private static final int IDENTIFICATION = 0x83;
    private static final int BLOCK_LIMITS = 0xB0;
    private static final int CHARACTERISTICS = 0xB1;
    private static final int PROVISIONING = 0xB2;
    private static final int PAGE_HEADER_BYTES = 4;

    private static final int BINARY = 0x01;
    private static final int ASCII = 0x02;
    private static final int T10_VENDOR = 0x01;
    private static final int NAA = 0x03;
    private static final long LOCALLY_ASSIGNED = 3L << 60;
    private static final long NAA_FIELD = 0xFL << 60;
    private static final long FNV_BASIS = 0xCBF2_9CE4_8422_2325L;
    private static final long FNV_PRIME = 0x100_0000_01B3L;

    private final String serial;
    private final int number;

    /** As {@link ScsiDisk}. */
    ScsiInquiry(String serial, int number) {
        this.serial = serial;
        this.number = number;
    }

    void execute(ScsiTask task) {
        boolean vital = (task.get8(1) & EVPD) != 0;
        byte[] data = vital ? page(task.get8(2)) : standard(0);
        boolean known = (task.get8(1) & ~EVPD) == 0 && (vital || task.get8(2) == 0) && data.length > 0;
        if (known) {
            task.answer(data, data.length, task.get16(3));
        } else {
            task.fail(SenseCode.INVALID_FIELD_IN_CDB);
        }
    }

    /** SPC-4, 6.6.2: where there is no unit, the controller says so, and has no vital product data. */
    static void executeAbsent(ScsiTask task) {
        if (task.get8(1) == 0 && task.get8(2) == 0) {
            task.answer(standard(NO_UNIT_THERE), STANDARD_BYTES, task.get16(3));
        } else {
            task.fail(SenseCode.INVALID_FIELD_IN_CDB);
        }
    }

    private static byte[] standard(int peripheral) {
        ByteBuffer data = ByteBuffer.allocate(STANDARD_BYTES);
        data.put((byte) peripheral).put((byte) 0).put((byte) SPC_3).put((byte) HIERARCHICAL_LUNS_FORMAT_2);
        data.put((byte) (STANDARD_BYTES - 5)).put((byte) 0).put((byte) 0).put((byte) COMMAND_QUEUES);
        return data.put(ascii(VENDOR)).put(ascii(PRODUCT)).put(ascii(REVISION)).array();
    }

    // ---- vital product data

    /** The page, or nothing where there is none. */
    private byte[] page(int code) {
        return switch (code) {
            case SUPPORTED_PAGES -> page(code, supportedPages());
            case SERIAL_NUMBER -> serial.isEmpty() ? new byte[0] : page(code, ascii(serial));
            case IDENTIFICATION -> page(code, identification());
            case BLOCK_LIMITS -> page(code, blockLimits());
            case CHARACTERISTICS -> page(code, characteristics());
            case PROVISIONING -> page(code, new byte[4]);
            default -> new byte[0];
        };
    }

    private static byte[] page(int code, byte[] content) {
        ByteBuffer page = ByteBuffer.allocate(PAGE_HEADER_BYTES + content.length);
        return page.put((byte) 0)
                .put((byte) code)
                .putShort((short) content.length)
                .put(content)
                .array();
    }

    private byte[] supportedPages() {
        byte[] all = {
            SUPPORTED_PAGES,
            (byte) SERIAL_NUMBER,
            (byte) IDENTIFICATION,
            (byte) BLOCK_LIMITS,
            (byte) CHARACTERISTICS,
            (byte) PROVISIONING
        };
        if (!serial.isEmpty()) {
            return all;
        }
        return ByteBuffer.allocate(all.length - 1)
                .put(SUPPORTED_PAGES, all[0])
                .put(1, all, 2, all.length - 2)
                .array();
    }

    /** Two names: the vendor's, and a number of this machine. A serial number makes both the same in every machine. */
    private byte[] identification() {
        byte[] name = ascii(VENDOR + (serial.isEmpty() ? "disk " + number : serial));
        long id = serial.isEmpty() ? number : hash(serial);
        ByteBuffer out = ByteBuffer.allocate(4 + name.length + 4 + Long.BYTES);
        out.put((byte) ASCII)
                .put((byte) T10_VENDOR)
                .put((byte) 0)
                .put((byte) name.length)
                .put(name);
        out.put((byte) BINARY).put((byte) NAA).put((byte) 0).put((byte) Long.BYTES);
        return out.putLong(LOCALLY_ASSIGNED | id & ~NAA_FIELD).array();
    }

    /** FNV-1a. */
    private static long hash(String text) {
        long hash = FNV_BASIS;
        for (byte b : ascii(text)) {
            hash = (hash ^ b & 0xFF) * FNV_PRIME;
        }
        return hash;
    }

    private static byte[] blockLimits() {
        byte[] content = new byte[60];
        ByteBuffer out = ByteBuffer.wrap(content);
        out.put(0, (byte) 1); // WSNZ: 0 blocks do not mean all that follow
        out.putInt(4, StorVscDevice.MOST_TRANSFER_BYTES / Disk.BLOCK_BYTES);
        out.putLong(32, ScsiDisk.MOST_SAME_BLOCKS);
        return content;
    }

    /** It does not turn. */
    private static byte[] characteristics() {
        byte[] content = new byte[60];
        content[1] = 1;
        return content;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
