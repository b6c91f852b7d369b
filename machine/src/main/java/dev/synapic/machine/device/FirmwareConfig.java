// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.bus.IoDevice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * fw_cfg, by which a guest asks for what its machine is made of.
 *
 * <ul>
 *   <li>Models: selector (0x510), data (0x511) and DMA (0x514) ports; signature, id, RAM size, processors, boot device; named
 *       files with their directory, sorted by name.
 *   <li>Spec: QEMU's documentation of fw_cfg.
 *   <li>Not modelled: writes to items (DMA reports an error, the data port drops them), kernel, initrd and command line, NUMA.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class FirmwareConfig implements IoDevice {
    public static final int PORT = 0x510;
    public static final int PORTS = 12;
    private static final int DATA = 1;
    private static final int DMA = 4;

    private static final int SIGNATURE = 0x00;
    private static final int ID = 0x01;
    private static final int UUID = 0x02;
    private static final int RAM_SIZE = 0x03;
    private static final int NO_GRAPHIC = 0x04;
    private static final int NB_CPUS = 0x05;
    private static final int BOOT_DEVICE = 0x0C;
    private static final int MAX_CPUS = 0x0F;
    private static final int FILE_DIR = 0x19;
    private static final int FIRST_FILE = 0x20;

    private static final int ID_TRADITIONAL = 1;
    private static final int ID_DMA = 2;
    private static final long DMA_SIGNATURE = 0x5145_4D55_2043_4647L;
    private static final int DMA_ERROR = 1;
    private static final int DMA_READ = 1 << 1;
    private static final int DMA_SKIP = 1 << 2;
    private static final int DMA_SELECT = 1 << 3;
    private static final int DMA_WRITE = 1 << 4;
    private static final int DMA_BYTES = 16;

    private static final int DIRECTORY_ENTRY_BYTES = 64;
    private static final int NAME_BYTES = 56;

    private final GuestMemory memory;
    private final Map<Integer, byte[]> items = new HashMap<>();
    private int key;
    private byte[] selected = {};
    private int position;
    private long dmaAddress;

    /** memory is what DMA reads and writes; files are the named items. */
    public FirmwareConfig(int vcpus, GuestMemory memory, Map<String, byte[]> files) {
        this.memory = memory;
        items.put(SIGNATURE, "QEMU".getBytes(StandardCharsets.US_ASCII));
        items.put(ID, littleEndian(ID_TRADITIONAL | ID_DMA, 4));
        items.put(UUID, new byte[16]);
        items.put(RAM_SIZE, littleEndian(memory.size(), 8));
        items.put(NO_GRAPHIC, littleEndian(1, 2));
        items.put(NB_CPUS, littleEndian(vcpus, 2));
        items.put(MAX_CPUS, littleEndian(vcpus, 2));
        items.put(BOOT_DEVICE, littleEndian('c', 2));
        addFiles(new TreeMap<>(files));
        select(SIGNATURE);
    }

    private void addFiles(SortedMap<String, byte[]> files) {
        ByteBuffer directory = ByteBuffer.allocate(4 + files.size() * DIRECTORY_ENTRY_BYTES);
        directory.putInt(files.size());
        int next = FIRST_FILE;
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            byte[] name = file.getKey().getBytes(StandardCharsets.US_ASCII);
            if (name.length >= NAME_BYTES) {
                throw new IllegalArgumentException(
                        "a file's name in fw_cfg is shorter than %d: %s".formatted(NAME_BYTES, file.getKey()));
            }
            directory.putInt(file.getValue().length).putShort((short) next).putShort((short) 0);
            directory.put(Arrays.copyOf(name, NAME_BYTES));
            items.put(next++, file.getValue().clone());
        }
        items.put(FILE_DIR, directory.array());
    }

    private static byte[] littleEndian(long value, int bytes) {
        byte[] eight = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return Arrays.copyOf(eight, bytes);
    }

    private void select(int wanted) {
        key = wanted;
        selected = items.getOrDefault(key, new byte[0]);
        position = 0;
    }

    @Override
    public int in(int offset, int size) {
        if (offset == DATA) {
            return position < selected.length ? selected[position++] & 0xFF : 0;
        }
        if (offset < DMA) {
            return -1;
        }
        int lastByte = offset - DMA + size;
        int value = (int) (DMA_SIGNATURE >>> 64 - 8 * lastByte);
        return Integer.reverseBytes(value) >>> 32 - 8 * size;
    }

    /** The DMA port is big-endian; writing its lower half starts the transfer. */
    @Override
    public void out(int offset, int size, int value) {
        if (offset == 0) {
            select(value & 0xFFFF);
        } else if (size == 4 && offset == DMA) {
            dmaAddress = (Integer.reverseBytes(value) & 0xFFFF_FFFFL) << 32;
        } else if (size == 4 && offset == DMA + 4) {
            long address = dmaAddress | Integer.reverseBytes(value) & 0xFFFF_FFFFL;
            dmaAddress = 0;
            transfer(address);
        }
    }

    /** A control structure: control, length and address, big-endian; the control word becomes 0, or the error bit. */
    private void transfer(long structure) {
        if (!memory.contains(structure, DMA_BYTES)) {
            return;
        }
        int control = Integer.reverseBytes(memory.getInt(structure));
        int length = Integer.reverseBytes(memory.getInt(structure + 4));
        long address = Long.reverseBytes(memory.getLong(structure + 8));
        if ((control & DMA_SELECT) != 0) {
            select(control >>> 16);
        }
        boolean done = true;
        if ((control & DMA_READ) != 0) {
            done = copy(address, length & 0xFFFF_FFFFL);
        } else if ((control & DMA_WRITE) != 0) {
            done = false;
        } else if ((control & DMA_SKIP) != 0) {
            advance(length & 0xFFFF_FFFFL);
        }
        memory.putInt(structure, done ? 0 : Integer.reverseBytes(DMA_ERROR));
    }

    /** Behind the item's end there are zeros. */
    private boolean copy(long address, long length) {
        if (!memory.contains(address, length)) {
            return false;
        }
        int available = (int) Math.min(length, selected.length - position);
        memory.putBytes(address, selected, position, available);
        memory.fill(address + available, length - available, (byte) 0);
        advance(length);
        return true;
    }

    private void advance(long bytes) {
        position = (int) Math.min(selected.length, position + bytes);
    }

    // ---- state

    public void reset() {
        select(SIGNATURE);
        dmaAddress = 0;
    }

    public FirmwareConfigState save() {
        return new FirmwareConfigState(FirmwareConfigState.CURRENT_VERSION, key, position, dmaAddress);
    }

    public void restore(FirmwareConfigState state) {
        select(state.key());
        position = Math.clamp(state.position(), 0, selected.length);
        dmaAddress = state.dmaAddress();
    }
}
