// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** Who takes a message with lowest-priority delivery; the manual leaves it to the model (SDM vol. 3A, 12.6.2.4). */
public enum LowestPriority {
    /** The target with the lowest processor priority; among equals the one with the lowest APIC id. */
    BY_PRIORITY,
    /**
     * The target whose rank is the vector modulo the number of targets, as chipsets do for one vector's sake and KVM by
     * default. Only targets that accept are counted, so that no message is lost on a hole in the destination.
     */
    BY_VECTOR
}
