// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

/**
 * What firmware leaves in CMOS memory for whoever asks it for the size of RAM.
 *
 * <p>Spec: IBM PC AT Technical Reference (0x14 to 0x18, 0x2E, 0x30); the bytes 0x34, 0x5B and 0x5F are the convention of Bochs' and
 * QEMU's firmware.
 */
public record CmosMemory(long ramBytes, long ramBelow4GiB, int vcpus) {
    public static final int BYTES = 128;

    private static final int EQUIPMENT = 0x14;
    /** A coprocessor and a pointing device. */
    private static final int EQUIPMENT_VALUE = 0x06;

    private static final int BASE_KIB = 0x15;
    private static final int EXTENDED_KIB = 0x17;
    private static final int CHECKSUM = 0x2E;
    private static final int EXTENDED_KIB_TOO = 0x30;
    private static final int ABOVE_16_MIB = 0x34;
    private static final int BOOT_ORDER = 0x3D;
    /** The first hard disk. */
    private static final int BOOT_ORDER_VALUE = 0x02;

    private static final int ABOVE_4_GIB = 0x5B;
    private static final int OTHER_PROCESSORS = 0x5F;
    private static final long MIB = 1 << 20;
    private static final int MOST_KIB = 0xFFFF;

    void copyTo(byte[] cmos) {
        long extendedKib = Math.min(MOST_KIB, Math.max(0, ramBelow4GiB - MIB) >> 10);
        long above16Mib = Math.min(MOST_KIB, Math.max(0, ramBelow4GiB - 16 * MIB) >> 16);
        cmos[EQUIPMENT] = EQUIPMENT_VALUE;
        word(cmos, BASE_KIB, 640);
        word(cmos, EXTENDED_KIB, extendedKib);
        word(cmos, EXTENDED_KIB_TOO, extendedKib);
        word(cmos, ABOVE_16_MIB, above16Mib);
        cmos[BOOT_ORDER] = BOOT_ORDER_VALUE;
        long above4Gib = ramBytes - ramBelow4GiB >> 16;
        word(cmos, ABOVE_4_GIB, above4Gib);
        cmos[ABOVE_4_GIB + 2] = (byte) (above4Gib >> 16);
        cmos[OTHER_PROCESSORS] = (byte) (vcpus - 1);
        int sum = 0;
        for (int i = 0x10; i < CHECKSUM; i++) {
            sum += cmos[i] & 0xFF;
        }
        cmos[CHECKSUM] = (byte) (sum >> 8);
        cmos[CHECKSUM + 1] = (byte) sum;
    }

    private static void word(byte[] cmos, int at, long value) {
        cmos[at] = (byte) value;
        cmos[at + 1] = (byte) (value >> 8);
    }
}
