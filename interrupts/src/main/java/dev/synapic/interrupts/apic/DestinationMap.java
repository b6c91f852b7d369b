// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the targets of a message without asking every APIC.
 *
 * <p>Models: tables by physical id, by flat and cluster logical id, and x2APIC logical ids derived from the physical
 * table. Where ids are not unique no table can answer, and {@link DestinationWalk} does; both always give the same
 * targets. Spec: as there. Not modelled: KVM's preference for x2APIC ids where an 8-bit id is shared. Threading:
 * immutable.
 *
 * <p>Targets are indices of the hardware-enabled APICs in ascending order of their x2APIC id.
 */
public final class DestinationMap {
    private static final int SMALLEST_MAX_APIC_ID = 255;

    private final int generation;
    private final LocalApic[] apics;
    private final ApicAddress[] addresses;
    private final int[] physical;
    private final boolean physicalIdAliased;
    private final boolean x2apicOnly;
    private final LogicalTable logical;

    private DestinationMap(int generation, LocalApic[] apics, ApicAddress[] addresses) {
        this.generation = generation;
        this.apics = apics;
        this.addresses = addresses;
        this.physical = new int[highestId(addresses) + 1];
        this.physicalIdAliased = !fillPhysical(physical, addresses);
        this.x2apicOnly = Arrays.stream(addresses).allMatch(ApicAddress::x2apic);
        this.logical = LogicalTable.of(addresses, !physicalIdAliased);
    }

    /** Of all APICs of a machine in ascending order of their x2APIC id. */
    static DestinationMap of(int generation, LocalApic[] all) {
        LocalApic[] apics = new LocalApic[all.length];
        ApicAddress[] addresses = new ApicAddress[all.length];
        int n = 0;
        for (LocalApic apic : all) {
            ApicAddress address = apic.address();
            if (address.hardwareEnabled()) {
                apics[n] = apic;
                addresses[n++] = address;
            }
        }
        return new DestinationMap(generation, Arrays.copyOf(apics, n), Arrays.copyOf(addresses, n));
    }

    private static int highestId(ApicAddress[] addresses) {
        int highest = SMALLEST_MAX_APIC_ID;
        for (ApicAddress address : addresses) {
            highest = Math.max(highest, address.x2apicId());
        }
        return highest;
    }

    /** Returns false where an id belongs to several APICs; the first keeps it. */
    private static boolean fillPhysical(int[] physical, ApicAddress[] addresses) {
        Arrays.fill(physical, -1);
        boolean unique = true;
        for (int i = 0; i < addresses.length; i++) {
            ApicAddress address = addresses[i];
            unique &= claim(physical, address.x2apic() ? address.x2apicId() : address.xapicId(), i);
            if (!address.x2apic() && address.x2apicId() > 0xFF) {
                unique &= claim(physical, address.x2apicId(), i);
            }
        }
        return unique;
    }

    private static boolean claim(int[] physical, int id, int target) {
        if (physical[id] >= 0) {
            return false;
        }
        physical[id] = target;
        return true;
    }

    /**
     * The hardware-enabled APIC with this physical id, or null. Where the id is shared, the one with the lowest x2APIC
     * id.
     */
    public @Nullable LocalApic physical(int apicId) {
        int target = physicalTarget(apicId);
        return target < 0 ? null : apics[target];
    }

    /** Highest physical id in the map, at least 255. */
    public int maxApicId() {
        return physical.length - 1;
    }

    /** How many APICs are hardware-enabled. */
    public int size() {
        return apics.length;
    }

    /** The hardware-enabled APICs in ascending order of their x2APIC id. */
    public LocalApic apic(int index) {
        return apics[index];
    }

    /** Whether a physical id belongs to several APICs; a message to it reaches all of them. */
    public boolean physicalIdAliased() {
        return physicalIdAliased;
    }

    /** Whether logical ids are mixed, shared, or have several bits. */
    public boolean logicalIdAliased() {
        return logical.model() == LogicalTable.Model.OFF;
    }

    /** Whether an 8-bit id differs from the one that the APIC had after power-on. */
    public boolean xapicIdModified() {
        for (ApicAddress address : addresses) {
            if (!address.x2apic() && address.xapicId() != (address.x2apicId() & 0xFF)) {
                return true;
            }
        }
        return false;
    }

    int generation() {
        return generation;
    }

    /** The first target above from that a message is for, or -1; from is -1 at the start. */
    int next(int from, long query) {
        int destination = DestinationWalk.destination(query);
        if (mayBroadcast(destination, query)) {
            return DestinationWalk.next(addresses, from, query);
        }
        if (!DestinationWalk.logical(query)) {
            if (physicalIdAliased) {
                return DestinationWalk.next(addresses, from, query);
            }
            return from < 0 ? physicalTarget(destination) : -1;
        }
        return switch (logical.model()) {
            case X2APIC -> nextX2apicLogical(from, destination);
            case OFF -> DestinationWalk.next(addresses, from, query);
            default -> logical.nextXapic(from, destination);
        };
    }

    private boolean mayBroadcast(int destination, long query) {
        if (destination == DestinationWalk.XAPIC_BROADCAST) {
            return !x2apicOnly || !DestinationWalk.ipi(query);
        }
        return destination == DestinationWalk.X2APIC_BROADCAST;
    }

    private int physicalTarget(int apicId) {
        return Integer.compareUnsigned(apicId, physical.length) < 0 ? physical[apicId] : -1;
    }

    /** Bit n of the low half stands for the APIC id whose low four bits are n in the cluster of the high half. */
    private int nextX2apicLogical(int from, int destination) {
        int mask = destination & 0xFFFF;
        int firstId = (destination >>> 16) << 4;
        if (from >= 0) {
            mask &= -2 << (addresses[from].x2apicId() & 0xF);
        }
        while (mask != 0) {
            int target = physicalTarget(firstId + Integer.numberOfTrailingZeros(mask));
            if (target >= 0 && addresses[target].x2apic()) {
                return target;
            }
            mask &= mask - 1;
        }
        return -1;
    }
}
