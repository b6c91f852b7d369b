// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/** A device that a board may or may not have. */
public enum PcDevice {
    /** The 8254. */
    PIT,
    /** COM1. */
    SERIAL_PORT,
    /** Port 0xE9. */
    DEBUG_CONSOLE,
    PC_TESTDEV,
    PCI_TESTDEV,
    /** QEMU's device for learners: registers, interrupts, DMA. */
    EDU,
    /** Random bytes as the seed decides them. */
    VIRTIO_RNG,
    /** A console beside COM1, with the same output; what is typed goes to it as soon as its driver is there. */
    VIRTIO_CONSOLE,
    /** Needs {@link CpuFeature#HV_SYNIC}. */
    HYPERV_TESTDEV,
    /** VMBus and what hangs on it: {@link VmbusBoard}. Needs {@link CpuFeature#HV_SYNIC}. */
    VMBUS
}
