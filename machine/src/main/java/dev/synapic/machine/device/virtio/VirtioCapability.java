// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import dev.synapic.machine.device.pci.PciCapability;

/** Says where in a BAR one of virtio's structures lies (Virtio 1.2, 4.1.4). */
class VirtioCapability extends PciCapability {
    static final int COMMON = 1;
    static final int NOTIFY = 2;
    static final int ISR = 3;
    static final int DEVICE = 4;
    static final int PCI_ACCESS = 5;

    static final int BAR = 4;
    static final int OFFSET = 8;
    static final int LENGTH = 12;
    /** Where the longer kinds go on. */
    static final int MORE = 16;

    private static final int VENDOR_SPECIFIC = 0x09;
    private static final int CAPABILITY_LENGTH = 2;
    private static final int TYPE = 3;
    private static final int BYTES = 16;

    private VirtioCapability(int type, int bar, int offset, int length, int bytes) {
        super(VENDOR_SPECIFIC, bytes);
        put(CAPABILITY_LENGTH, 1, bytes);
        put(TYPE, 1, type);
        put(BAR, 1, bar);
        put(OFFSET, 4, offset);
        put(LENGTH, 4, length);
    }

    /** For the kinds that have one word more. */
    VirtioCapability(int type, int bar, int offset, int length) {
        this(type, bar, offset, length, BYTES + 4);
    }

    static VirtioCapability of(int type, int bar, int offset, int length) {
        return new VirtioCapability(type, bar, offset, length, BYTES);
    }

    /** multiplier is how many bytes of the BAR a step of queue_notify_off is. */
    static VirtioCapability notify(int bar, int offset, int length, int multiplier) {
        VirtioCapability capability = new VirtioCapability(NOTIFY, bar, offset, length);
        capability.put(MORE, 4, multiplier);
        return capability;
    }
}
