// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import dev.synapic.interrupts.msi.MsiPort;

/**
 * The MSI capability of a function: one vector, 64-bit address.
 *
 * <ul>
 *   <li>Models: the enable bit, address and data.
 *   <li>Spec: PCI Local Bus 3.0, 6.8.1.
 *   <li>Not modelled: several messages, masking by vector.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class MsiCapability extends PciCapability {
    private static final int BYTES = 16;
    private static final int ID = 0x05;
    private static final int CONTROL = 2;
    private static final int ADDRESS = 4;
    private static final int DATA = 12;
    private static final int ENABLE = 1;
    private static final int CAPABLE_OF_64_BITS = 0x80;

    private final MsiPort messages;

    public MsiCapability(MsiPort messages) {
        super(ID, BYTES);
        this.messages = messages;
        put(CONTROL, 2, CAPABLE_OF_64_BITS);
        allowWrites(CONTROL, 2, ENABLE);
        allowWrites(ADDRESS, 8, ~3L);
        allowWrites(DATA, 2, 0xFFFF);
    }

    /** Whether the guest wants messages instead of the pin. */
    public boolean enabled() {
        return (get16(CONTROL) & ENABLE) != 0;
    }

    @Override
    protected boolean replacesPin() {
        return enabled();
    }

    /** Sends the message; returns how many local APICs accepted. */
    public int send() {
        if (!enabled()) {
            return 0;
        }
        long address = get32(ADDRESS) & 0xFFFF_FFFFL | (long) get32(ADDRESS + 4) << 32;
        return messages.sendMsi(address, get16(DATA));
    }
}
