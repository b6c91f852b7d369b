// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.machine.bus.IoBus;
import dev.synapic.machine.bus.IoDevice;
import dev.synapic.machine.bus.MmioBus;
import dev.synapic.machine.bus.MmioDevice;
import dev.synapic.machine.bus.PinLines;
import java.util.Arrays;

/**
 * What guests that test interrupts and I/O talk to.
 *
 * <ul>
 *   <li>Models: QEMU's pc-testdev: a storage port at 0xE0 (1, 2 or 4 bytes) and the same storage by bytes at 0xE8, interrupt lines
 *       0 to 23 at 0x2000, which a byte raises or lowers, 64 KiB of memory at 0xFF000000 that every access leaves the guest for.
 *   <li>Spec: how QEMU's device and kvm-unit-tests use it.
 *   <li>Not modelled: port 0xE4 takes a page's address and does nothing, since there is no host page to unmap; 0xE9 to 0xEB, of
 *       which the debug console has one.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class PcTestDevice {
    public static final int STORAGE_PORT = 0xE0;
    public static final int FLUSH_PORT = 0xE4;
    public static final int STORAGE_BYTE_PORT = 0xE8;
    public static final int IRQ_PORT = 0x2000;
    public static final int IRQ_LINES = 24;
    public static final long MEMORY = 0xFF00_0000L;
    public static final int MEMORY_BYTES = 0x1_0000;

    private final PinLines lines;
    private final byte[] memory = new byte[MEMORY_BYTES];
    private int storage;

    /** lines are the GSIs. */
    public PcTestDevice(PinLines lines) {
        this.lines = lines;
    }

    public void attach(IoBus io, MmioBus mmio) {
        io.attach(STORAGE_PORT, 4, new Storage());
        io.attach(FLUSH_PORT, 4, new IoDevice() {});
        io.attach(STORAGE_BYTE_PORT, 1, new Storage());
        io.attach(IRQ_PORT, IRQ_LINES, new Lines());
        mmio.attach(MEMORY, MEMORY_BYTES, new Memory());
    }

    public void reset() {
        storage = 0;
        Arrays.fill(memory, (byte) 0);
        for (int gsi = 0; gsi < IRQ_LINES; gsi++) {
            lines.set(gsi, false);
        }
    }

    private final class Storage implements IoDevice {
        @Override
        public int in(int offset, int size) {
            return storage >>> offset * 8;
        }

        @Override
        public void out(int offset, int size, int value) {
            int mask = (size == 4 ? -1 : (1 << size * 8) - 1) << offset * 8;
            storage = storage & ~mask | value << offset * 8 & mask;
        }
    }

    private final class Lines implements IoDevice {
        @Override
        public void out(int offset, int size, int value) {
            if (size == 1) {
                lines.set(offset, value != 0);
            }
        }
    }

    private final class Memory implements MmioDevice {
        @Override
        public long read(long offset, int size) {
            long value = 0;
            for (int i = size - 1; i >= 0; i--) {
                value = value << 8 | memory[(int) offset + i] & 0xFF;
            }
            return value;
        }

        @Override
        public void write(long offset, int size, long value) {
            for (int i = 0; i < size; i++) {
                memory[(int) offset + i] = (byte) (value >> i * 8);
            }
        }
    }
}
