// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

/** What a guest asks of its machine through synthetic registers. Called on the asking vCPU's thread. */
public interface PartitionPort {
    PartitionPort NONE = new PartitionPort() {};

    /** The guest wrote RESET: it wants to begin anew. */
    default void reset() {}

    /** The guest wrote CRASH_CTL: it has come to its end. */
    default void crashed(GuestCrash crash) {}
}
