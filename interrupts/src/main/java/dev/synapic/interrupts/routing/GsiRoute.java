// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/** One entry of a GSI routing table, as KVM_SET_GSI_ROUTING takes it ({@link KvmIrqRoutingCodec} has the binary form). */
public sealed interface GsiRoute {
    /** 0 to {@link GsiRoutingTable#MAX_GSI} - 1 in a table; an entry by itself is not checked. */
    int gsi();

    /** A pin of a chip: 0 master PIC, 1 slave PIC, 2 IOAPIC. */
    record IrqChipPin(int gsi, int chip, int pin) implements GsiRoute {}

    /** A message; the address's upper half in x2APIC format where its bits 31:8 are not zero. */
    record Msi(int gsi, long address, int data) implements GsiRoute {}

    /**
     * A synthetic interrupt source; vpIndex is the VP index, neither APIC id nor vCPU number. Both are checked at
     * delivery only.
     */
    record HvSint(int gsi, int vpIndex, int sint) implements GsiRoute {}
}
