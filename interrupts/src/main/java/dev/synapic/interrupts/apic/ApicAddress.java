// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicMode;

/**
 * What messages find an APIC by. An immutable snapshot: the owner publishes a new one at each change, senders read the
 * latest.
 *
 * @param xapicId the 8-bit id of xAPIC mode
 * @param ldr the logical destination register as the guest reads it
 * @param dfr the destination format register; all ones in x2APIC mode
 */
record ApicAddress(ApicMode mode, int xapicId, int x2apicId, int ldr, int dfr, boolean softwareEnabled) {
    static final int DFR_FLAT = 0xF;
    static final int DFR_CLUSTER = 0x0;

    /** The logical destination of x2APIC mode, derived from the APIC id (SDM vol. 3A, 12.12.10.2). */
    static int x2apicLdr(int x2apicId) {
        return (x2apicId >>> 4) << 16 | 1 << (x2apicId & 0xF);
    }

    boolean hardwareEnabled() {
        return mode != ApicMode.DISABLED;
    }

    boolean x2apic() {
        return mode == ApicMode.X2APIC;
    }

    /** Bits 31:24 of LDR. */
    int xapicLogicalId() {
        return ldr >>> 24;
    }

    /** Bits 31:28 of DFR. */
    int logicalModel() {
        return dfr >>> 28;
    }
}
