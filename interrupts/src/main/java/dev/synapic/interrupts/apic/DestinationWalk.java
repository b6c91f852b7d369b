// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/**
 * The architectural search for targets: ask every APIC whether a message is for it.
 *
 * <p>Models: physical and logical destinations of xAPIC and x2APIC mode and what happens between the modes. Spec: SDM
 * vol. 3A, 12.6.2 and 12.12.10; across modes KVM's rules, since the manual leaves them open. Not modelled: cluster
 * broadcast of the serial APIC bus. Threading: stateless.
 */
final class DestinationWalk {
    static final int XAPIC_BROADCAST = 0xFF;
    static final int X2APIC_BROADCAST = -1;

    private static final long LOGICAL = 1L << 32;
    private static final long IPI = 1L << 33;

    private DestinationWalk() {}

    /** What a message looks for, packed in a long. ipi: the sender is an APIC, not a device. */
    static long query(int destination, boolean logical, boolean ipi) {
        return Integer.toUnsignedLong(destination) | (logical ? LOGICAL : 0) | (ipi ? IPI : 0);
    }

    static int destination(long query) {
        return (int) query;
    }

    static boolean logical(long query) {
        return (query & LOGICAL) != 0;
    }

    static boolean ipi(long query) {
        return (query & IPI) != 0;
    }

    /** The first index after from whose APIC the message is for, or -1. */
    static int next(ApicAddress[] addresses, int from, long query) {
        for (int i = from + 1; i < addresses.length; i++) {
            if (matches(addresses[i], query)) {
                return i;
            }
        }
        return -1;
    }

    /** Whether a message is for this APIC. */
    static boolean matches(ApicAddress target, long query) {
        if (!target.hardwareEnabled()) {
            return false;
        }
        int destination = destination(query);
        if (target.x2apic()) {
            // Devices know 8-bit destinations only: their broadcast reaches x2APIC mode as well.
            boolean widened = destination == XAPIC_BROADCAST && !ipi(query);
            if (destination == X2APIC_BROADCAST || widened) {
                return true;
            }
            return logical(query) ? matchesX2apicLogical(target, destination) : destination == target.x2apicId();
        }
        if (destination == XAPIC_BROADCAST) {
            return true;
        }
        return logical(query) ? matchesXapicLogical(target, destination) : matchesXapicPhysical(target, destination);
    }

    private static boolean matchesXapicPhysical(ApicAddress target, int destination) {
        // An id above 255 cannot be meant for anybody's 8-bit id. Waking such a processor, still in xAPIC mode, works
        // this way.
        return destination == (destination >>> 8 == 0 ? target.xapicId() : target.x2apicId());
    }

    private static boolean matchesX2apicLogical(ApicAddress target, int destination) {
        int ldr = target.ldr();
        return ldr >>> 16 == destination >>> 16 && (ldr & destination & 0xFFFF) != 0;
    }

    private static boolean matchesXapicLogical(ApicAddress target, int destination) {
        int id = target.xapicLogicalId();
        return switch (target.logicalModel()) {
            case ApicAddress.DFR_FLAT -> (id & destination) != 0;
            case ApicAddress.DFR_CLUSTER -> id >> 4 == destination >>> 4 && (id & destination & 0xF) != 0;
            default -> false;
        };
    }
}
