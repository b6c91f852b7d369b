// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.apic.DirectedEoi;
import dev.synapic.interrupts.apic.LowestPriority;
import dev.synapic.interrupts.apic.ReservedBits;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.routing.IrqChip;
import org.jspecify.annotations.Nullable;

/**
 * Which way the interrupt chips go where manuals leave a choice, or where guests rely on what KVM does.
 *
 * @param lowestPriority who takes a message with lowest-priority delivery
 * @param reservedBits what x2APIC mode says to reserved bits
 * @param directedEoi whether EOI broadcasts can be suppressed; null: as KVM, not at all with a full interrupt chip, and announced
 *     without being obeyed with a split one
 * @param ioApic version of the I/O APIC; null: 0x11 with a full interrupt chip, as KVM's, 0x20 with a split one, as QEMU's
 */
public record InterruptSwitches(
        LowestPriority lowestPriority,
        ReservedBits reservedBits,
        @Nullable DirectedEoi directedEoi,
        IoApicModel.@Nullable Version ioApic) {
    /** The manuals', and KVM's defaults where they leave a choice that a guest can see. */
    public static final InterruptSwitches STANDARD =
            new InterruptSwitches(LowestPriority.BY_PRIORITY, ReservedBits.STRICT, null, null);

    /** The manual's answer for that board. */
    public DirectedEoi directedEoi(IrqChip.Mode mode) {
        DirectedEoi chosen = directedEoi;
        DirectedEoi kvms = mode == IrqChip.Mode.SPLIT ? DirectedEoi.QUIRKED : DirectedEoi.DISABLED;
        return chosen == null ? kvms : chosen;
    }

    /** The version that the board's I/O APIC has. */
    public IoApicModel.Version ioApic(IrqChip.Mode mode) {
        IoApicModel.Version chosen = ioApic;
        IoApicModel.Version usual = mode == IrqChip.Mode.SPLIT ? IoApicModel.Version.V20 : IoApicModel.Version.V11;
        return chosen == null ? usual : chosen;
    }

    public InterruptSwitches with(LowestPriority policy) {
        return new InterruptSwitches(policy, reservedBits, directedEoi, ioApic);
    }

    public InterruptSwitches with(ReservedBits policy) {
        return new InterruptSwitches(lowestPriority, policy, directedEoi, ioApic);
    }

    /** Throws {@link ConfigurationException} for a suppression that no I/O APIC could make up for. */
    public InterruptSwitches with(DirectedEoi policy, IoApicModel.Version version) {
        if (policy == DirectedEoi.ENABLED && version == IoApicModel.Version.V11) {
            throw new ConfigurationException("directed EOI needs an I/O APIC with EOI register: choose version 0x20");
        }
        return new InterruptSwitches(lowestPriority, reservedBits, policy, version);
    }
}
