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
    /** Needs {@link CpuFeature#HV_SYNIC}. */
    HYPERV_TESTDEV
}
