// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import dev.synapic.machine.bus.MmioDevice;

/** The window in configuration space through which a driver without the BAR's addresses reaches it (Virtio 1.2, 4.1.4.9). */
final class PciAccess extends VirtioCapability {
    private final MmioDevice registers;
    private final int bar;
    private final int barBytes;

    PciAccess(MmioDevice registers, int bar, int barBytes) {
        super(PCI_ACCESS, 0, 0, 0);
        this.registers = registers;
        this.bar = bar;
        this.barBytes = barBytes;
        allowWrites(BAR, 1, 0xFF);
        allowWrites(OFFSET, 4, 0xFFFF_FFFFL);
        allowWrites(LENGTH, 4, 0xFFFF_FFFFL);
        allowWrites(MORE, 4, 0xFFFF_FFFFL);
    }

    @Override
    protected void beforeRead(int at, int size) {
        if (at + size > MORE && usable()) {
            put(MORE, 4, registers.read(get32(OFFSET), get32(LENGTH)));
        }
    }

    @Override
    protected void written(int at, int size) {
        if (at + size > MORE && usable()) {
            int bytes = get32(LENGTH);
            registers.write(get32(OFFSET), bytes, get32(MORE) & (1L << 8 * bytes) - 1);
        }
    }

    /** 1, 2 or 4 bytes within the BAR, aligned (4.1.4.9.1). */
    private boolean usable() {
        int bytes = get32(LENGTH);
        int offset = get32(OFFSET);
        boolean width = bytes == 1 || bytes == 2 || bytes == 4;
        return (get16(BAR) & 0xFF) == bar && width && offset >= 0 && offset <= barBytes - bytes && offset % bytes == 0;
    }
}
