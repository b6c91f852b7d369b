// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

/**
 * Who a PCI function is (PCI Local Bus 3.0, 6.2.1).
 *
 * @param classCode base class, subclass and programming interface in bits 23:0
 */
public record PciId(int vendor, int device, int revision, int classCode, int subsystemVendor, int subsystem) {
    /** The subsystem that QEMU's functions report. */
    private static final int RED_HAT_QUMRANET = 0x1AF4;

    private static final int QEMU = 0x1100;

    /** A function of QEMU's machines, with their subsystem. */
    public static PciId qemu(int vendor, int device, int revision, int classCode) {
        return new PciId(vendor, device, revision, classCode, RED_HAT_QUMRANET, QEMU);
    }
}
