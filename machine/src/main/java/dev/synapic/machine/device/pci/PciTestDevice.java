// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.machine.bus.IoDevice;
import dev.synapic.machine.bus.MmioDevice;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * pci-testdev: lets a guest time and count accesses to memory and ports that somebody answers.
 *
 * <ul>
 *   <li>Models: BAR 0 in memory and BAR 1 in ports, each with a header and three tests: writes that reach the device, writes that
 *       become a signal of an eventfd, and those that do so for one value only.
 *   <li>Spec: QEMU's docs/specs/pci-testdev.
 *   <li>Not modelled: BAR 2; the eventfds are the device's own instead of a hypervisor's, so all writes cost the same.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class PciTestDevice {
    private static final PciId ID = PciId.qemu(0x1B36, 0x0005, 0, 0xFF_0000);
    private static final int MEMORY_BYTES = 4096;
    private static final int IO_BYTES = 256;

    private static final int TEST = 0;
    private static final int WIDTH = 1;
    private static final int OFFSET = 4;
    private static final int DATA = 8;
    private static final int COUNT = 12;
    private static final int NAME = 16;
    private static final int FIRST_TARGET = 0x80;
    private static final int TARGET_BYTES = 4;
    private static final int VALUE = 0xFA;

    private final Region memory = new Region("mmio");
    private final Region ports = new Region("portio");
    private final PciFunction function = new PciFunction(ID)
            .memoryBar(0, MEMORY_BYTES, new MmioDevice() {
                @Override
                public long read(long offset, int size) {
                    return memory.read((int) offset, size);
                }

                @Override
                public void write(long offset, int size, long value) {
                    memory.write((int) offset, size, (int) value);
                }
            })
            .ioBar(1, IO_BYTES, new IoDevice() {
                @Override
                public int in(int offset, int size) {
                    return ports.read(offset, size);
                }

                @Override
                public void out(int offset, int size, int value) {
                    ports.write(offset, size, value);
                }
            });

    /** For {@link PciBus#attach}. */
    public PciFunction function() {
        return function;
    }

    /** Signals of a test's eventfd so far; space is "mmio" or "portio". */
    long signals(String space, int test) {
        Region region = space.equals("mmio") ? memory : ports;
        return region.eventFds.get(test).peek();
    }

    public void reset() {
        memory.select(-1);
        ports.select(-1);
    }

    private static final class Region {
        private static final int TESTS = 3;
        private static final int DATAMATCH = 2;
        private static final List<String> NAMES = List.of("no-eventfd", "wildcard-eventfd", "datamatch-eventfd");

        private final String space;
        private final List<EventFd> eventFds = new ArrayList<>();
        private int test = -1;
        private int count;

        Region(String space) {
            this.space = space;
            for (int i = 0; i < TESTS; i++) {
                eventFds.add(new EventFd());
            }
        }

        void select(int number) {
            test = number < TESTS ? number : -1;
            count = 0;
        }

        int read(int offset, int size) {
            int value = 0;
            for (int i = size - 1; i >= 0; i--) {
                value = value << 8 | readByte(offset + i);
            }
            return value;
        }

        private int readByte(int offset) {
            if (test < 0 || offset < WIDTH) {
                return 0;
            }
            int shift = (offset & 3) * 8;
            if (offset >= NAME) {
                byte[] name = (space + "-" + NAMES.get(test)).getBytes(StandardCharsets.US_ASCII);
                return offset - NAME < name.length ? name[offset - NAME] : 0;
            }
            return switch (offset & ~3) {
                case TEST -> offset == WIDTH ? 1 : 0;
                case OFFSET -> target() >>> shift & 0xFF;
                case DATA -> VALUE >>> shift & 0xFF;
                case COUNT -> count >>> shift & 0xFF;
                default -> 0;
            };
        }

        private int target() {
            return FIRST_TARGET + test * TARGET_BYTES;
        }

        void write(int offset, int size, int value) {
            if (offset == TEST) {
                select(value & 0xFF);
            } else if (test >= 0 && offset == target()) {
                hit(size, value);
            }
        }

        private void hit(int size, int value) {
            boolean signals = test != 0 && (test != DATAMATCH || size == 1 && value == VALUE);
            if (signals) {
                eventFds.get(test).signal();
            } else {
                count++;
            }
        }
    }
}
