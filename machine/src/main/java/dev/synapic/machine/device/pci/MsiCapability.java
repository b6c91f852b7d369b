// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import dev.synapic.interrupts.msi.MsiPort;
import org.jspecify.annotations.Nullable;

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
public final class MsiCapability {
    static final int BYTES = 16;
    private static final int ID = 0x05;
    private static final int CONTROL = 2;
    private static final int ADDRESS = 4;
    private static final int DATA = 12;
    private static final int ENABLE = 1;
    private static final int CAPABLE_OF_64_BITS = 0x80;

    private final MsiPort messages;
    private @Nullable PciFunction function;
    private int offset;

    public MsiCapability(MsiPort messages) {
        this.messages = messages;
    }

    void place(PciFunction owner, int at, int next) {
        function = owner;
        offset = at;
        owner.put16(at, ID | next << 8);
        owner.put16(at + CONTROL, CAPABLE_OF_64_BITS);
        owner.allowWrites(at + CONTROL, 2, ENABLE);
        owner.allowWrites(at + ADDRESS, 8, ~3L);
        owner.allowWrites(at + DATA, 2, 0xFFFF);
    }

    /** Whether the guest wants messages instead of the pin. */
    public boolean enabled() {
        PciFunction owner = function;
        return owner != null && (owner.get16(offset + CONTROL) & ENABLE) != 0;
    }

    /** Sends the message; returns how many local APICs accepted. */
    public int send() {
        PciFunction owner = function;
        if (owner == null || !enabled()) {
            return 0;
        }
        long address = owner.get32(offset + ADDRESS) & 0xFFFF_FFFFL | (long) owner.get32(offset + ADDRESS + 4) << 32;
        return messages.sendMsi(address, owner.get16(offset + DATA));
    }
}
