// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import dev.synapic.interrupts.ioapic.IoApic;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.interrupts.pic.IntrPort;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.spec.x86.RedirectionEntry;
import java.util.function.LongSupplier;

/**
 * The 8259A pair and the I/O APIC of a PC, wired to the routing as KVM has it.
 *
 * <p>Models: KVM's full interrupt chip, in which devices and local APICs meet at one {@link IrqChip}; and its split one: the
 * chips are the VMM's, behind an {@link IrqChip} of its own, and the hypervisor knows each unmasked pin by an MSI route,
 * renewed at each write of its entry, to tell which EOIs the VMM must hear (KVM_CAP_SPLIT_IRQCHIP, KVM_EXIT_IOAPIC_EOI). Not
 * modelled: a VMM without any interrupt chip in the hypervisor. Threading: as the chips.
 */
public final class PcInterruptChips {
    private final IrqChips chips;
    private final IrqChip devices;
    private final IrqChip processors;

    /**
     * Ports: messages of the I/O APIC; of all others; SINTs; INT of the 8259A pair; time in nanoseconds. Then who watches
     * the I/O APIC and the routing.
     */
    public PcInterruptChips(
            IrqChip.Mode mode,
            IoApicModel model,
            MsiPort ioApicMessages,
            MsiPort messages,
            SintPort sints,
            IntrPort intr,
            LongSupplier nanos,
            IoApicListener ioApicListener,
            IrqChipListener listener) {
        if (mode == IrqChip.Mode.NONE) {
            throw new IllegalArgumentException("a PC has interrupt chips: give FULL or SPLIT");
        }
        chips = new IrqChips(model, ioApicMessages, intr, nanos, new Entries(ioApicListener), PicListener.NONE);
        devices = new IrqChip(IrqChip.Mode.FULL, messages, sints, chips, listener);
        devices.setGsiRouting(GsiRoutingTable.pc().entries());
        processors = mode == IrqChip.Mode.SPLIT
                ? IrqChip.split(messages, sints, listener, IoApic.PINS, (apic, vector) -> chips.eoi(apic, vector, true))
                : devices;
    }

    /** The 8259A pair and the I/O APIC, for the buses that map them. */
    public IrqChips chips() {
        return chips;
    }

    /** Where devices have their lines. */
    public IrqChip devices() {
        return devices;
    }

    /** What local APICs tell of their EOIs, and where SINTs have their routes. */
    public IrqChip processors() {
        return processors;
    }

    /** Whether the chips stand on the VMM's side of a split. */
    @SuppressWarnings("ReferenceEquality") // one object or two
    public boolean isSplit() {
        return processors != devices;
    }

    /** What the guest's writes to redirection entries mean for the hypervisor. */
    private final class Entries implements IoApicListener {
        private final IoApicListener listener;

        Entries(IoApicListener listener) {
            this.listener = listener;
        }

        @Override
        public void lineSet(int pin, long entry, boolean level, int result) {
            listener.lineSet(pin, entry, level, result);
        }

        @Override
        public void entryWritten(int pin, long before, long after) {
            listener.entryWritten(pin, before, after);
            // A masked pin keeps its route, for what is under way.
            if (isSplit() && (after & RedirectionEntry.MASKED) == 0) {
                GsiRoute.Msi route = new GsiRoute.Msi(pin, IoApic.messageAddress(after), IoApic.messageData(after));
                processors.updateGsiRouting(table -> table.without(pin).with(route));
            }
        }

        @Override
        public void ended(int pin, int vector) {
            listener.ended(pin, vector);
        }

        @Override
        public void stormDelayed(int pin, long entry, long resumeNanos) {
            listener.stormDelayed(pin, entry, resumeNanos);
        }
    }
}
