// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.machine.bus.IoDevice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * fw_cfg, by which a guest asks for the number of processors and the size of RAM.
 *
 * <p>Models: selector and data ports; signature, id, RAM size, NB_CPUS, MAX_CPUS, an empty file directory. Spec: QEMU's documentation
 * of fw_cfg. Not modelled: DMA, files, writes. Threading: the machine's thread.
 */
public final class FirmwareConfig implements IoDevice {
    public static final int PORT = 0x510;
    public static final int PORTS = 2;
    private static final int DATA = 1;
    private static final int SIGNATURE = 0x00;
    private static final int ID = 0x01;
    private static final int RAM_SIZE = 0x03;
    private static final int NB_CPUS = 0x05;
    private static final int MAX_CPUS = 0x0F;
    private static final int FILE_DIR = 0x19;

    private final Map<Integer, byte[]> items = new HashMap<>();
    private byte[] selected = {};
    private int position;

    public FirmwareConfig(int vcpus, long ramBytes) {
        items.put(SIGNATURE, "QEMU".getBytes(StandardCharsets.US_ASCII));
        items.put(ID, littleEndian(1, 4));
        items.put(RAM_SIZE, littleEndian(ramBytes, 8));
        items.put(NB_CPUS, littleEndian(vcpus, 2));
        items.put(MAX_CPUS, littleEndian(vcpus, 2));
        items.put(FILE_DIR, new byte[4]);
    }

    private static byte[] littleEndian(long value, int bytes) {
        byte[] eight = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return Arrays.copyOf(eight, bytes);
    }

    @Override
    public int in(int offset, int size) {
        if (offset != DATA) {
            return -1;
        }
        return position < selected.length ? selected[position++] & 0xFF : 0;
    }

    @Override
    public void out(int offset, int size, int value) {
        if (offset == 0) {
            selected = items.getOrDefault(value & 0xFFFF, new byte[0]);
            position = 0;
        }
    }
}
