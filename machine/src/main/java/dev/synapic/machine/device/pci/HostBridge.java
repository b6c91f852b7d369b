// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

/**
 * The host bridge at 00:00.0, by which guests tell which PC they are on.
 *
 * <p>Models: the ids of a 440FX, PAM and SMRAM registers as storage. Spec: Intel 440FX data sheet (290549), QEMU's ids. Not
 * modelled: what PAM and SMRAM do. Threading: the machine's thread.
 */
final class HostBridge {
    private static final PciId ID = PciId.qemu(0x8086, 0x1237, 2, 0x06_0000);
    private static final int FIRST_PAM = 0x59;
    private static final int LAST_PAM = 0x5F;
    private static final int SMRAM = 0x72;
    private static final int SMRAM_AT_START = 0x02;
    /** Reads and writes of 0xC0000 to 0xFFFFF go to RAM. */
    private static final int PAM_RAM = 0x33;

    private HostBridge() {}

    static PciFunction function() {
        PciFunction function = new PciFunction(ID);
        for (int pam = FIRST_PAM; pam <= LAST_PAM; pam++) {
            function.register(pam, PAM_RAM, 0x33);
        }
        return function.register(SMRAM, SMRAM_AT_START, 0x78);
    }
}
