// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

/** Feature bits that every kind of device has (Virtio 1.2, 6), as masks. */
final class VirtioFeature {
    static final long INDIRECT_DESC = 1L << 28;
    static final long EVENT_IDX = 1L << 29;
    static final long VERSION_1 = 1L << 32;
    static final long ACCESS_PLATFORM = 1L << 33;

    private VirtioFeature() {}
}
