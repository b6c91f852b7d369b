// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** Skeleton. */
public final class DestinationMap {
    /** The hardware-enabled APIC with this physical id, or null. */
    public LocalApic physical(int apicId) {
        return null;
    }

    /** Highest physical id in the map. */
    public int maxApicId() {
        return 0;
    }
}
