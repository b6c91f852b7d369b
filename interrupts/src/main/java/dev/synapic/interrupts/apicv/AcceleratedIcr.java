// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.DestinationMode;
import dev.synapic.spec.x86.DestinationShorthand;
import dev.synapic.spec.x86.Icr;
import dev.synapic.spec.x86.TriggerMode;

/** Which writes to ICR hardware carries out without the hypervisor. Threading: stateless. */
public final class AcceleratedIcr {
    private static final int FIRST_LEGAL_VECTOR = 16;
    /** Bits 31:20, 17:16, 13 and 12, which self-IPI and IPI virtualization want clear. */
    private static final long MUST_BE_ZERO = Icr.X2APIC_RESERVED | Icr.BUSY;

    private AcceleratedIcr() {}

    /** A fixed, edge-triggered interrupt with a legal vector. */
    public static boolean plain(Icr icr) {
        return icr.deliveryMode() == DeliveryMode.FIXED
                && icr.triggerMode() == TriggerMode.EDGE
                && icr.vector() >= FIRST_LEGAL_VECTOR;
    }

    /** Self-IPI virtualization of the page's ICR (SDM vol. 3C, 31.4.3.2, "APIC-Write Emulation"). */
    public static boolean selfIpi(Icr icr) {
        return plain(icr) && (icr.bits() & MUST_BE_ZERO) == 0 && icr.shorthand() == DestinationShorthand.SELF;
    }

    /** IPI virtualization: to one physical destination, without shorthand (SDM vol. 3C, 31.1.6). */
    public static boolean toOne(Icr icr, boolean x2apic) {
        return plain(icr)
                && (icr.bits() & MUST_BE_ZERO) == 0
                && icr.shorthand() == DestinationShorthand.NONE
                && icr.destinationMode() == DestinationMode.PHYSICAL
                && !broadcast(icr, x2apic);
    }

    /** A physical destination that means everybody. */
    public static boolean broadcast(Icr icr, boolean x2apic) {
        return x2apic ? icr.x2apicDestination() == -1 : icr.xapicDestination() == 0xFF;
    }
}
