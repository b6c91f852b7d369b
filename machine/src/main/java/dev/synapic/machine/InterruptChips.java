// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.ioapic.IoApic;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.interrupts.pic.IntrPort;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.interrupts.routing.GsiRoutingTable;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.IrqChips;
import dev.synapic.interrupts.routing.SintPort;
import dev.synapic.machine.schedule.ChangeCount;
import dev.synapic.machine.schedule.DeviceClock;
import dev.synapic.machine.schedule.DeviceTimer;
import dev.synapic.machine.schedule.VirtualTime;
import dev.synapic.spec.x86.RedirectionEntry;

/**
 * The 8259A pair and the I/O APIC of a board, and where they stand.
 *
 * <p>Models: KVM's full interrupt chip, in which devices and local APICs meet at one {@link IrqChip}; and its split one: the chips are
 * the VMM's, behind an {@link IrqChip} of its own, and the hypervisor knows each unmasked pin by an MSI route, renewed at each write
 * of its entry, to tell which EOIs the VMM must hear (KVM_CAP_SPLIT_IRQCHIP, KVM_EXIT_IOAPIC_EOI). Not modelled: a VMM without any
 * interrupt chip in the hypervisor. Threading: the machine's thread.
 */
final class InterruptChips {
    /** Until a storm of acknowledgements goes on, which KVM would not have cut off: as long as the I/O APIC's brake. */
    private static final long STORM_PAUSE_PS = 10_000_000_000L;

    private static final int PINS = IoApic.PINS;

    private final IrqChips chips;
    private final IrqChip devices;
    private final IrqChip processors;
    private final ChangeCount eoiExitChanges;
    private final DeviceClock clock;
    private final DeviceTimer brake;
    private final DeviceTimer storm;

    /**
     * extendedDestinations: the guest was told that destinations have 15 bits (MSI_EXT_DEST_ID). Ports: messages of the I/O APIC; of all
     * others; SINTs; INT of the 8259A pair.
     */
    InterruptChips(
            PcConfig pc,
            boolean extendedDestinations,
            MsiPort ioApicMessages,
            MsiPort messages,
            SintPort sints,
            IntrPort intr,
            DeviceClock clock,
            ChangeCount eoiExitChanges,
            IrqChipListener events) {
        this.clock = clock;
        this.eoiExitChanges = eoiExitChanges;
        this.brake = clock.timer(this::releaseBrake);
        this.storm = clock.timer(this::goOn);
        this.chips = new IrqChips(
                model(pc, extendedDestinations),
                ioApicMessages,
                intr,
                () -> clock.nowPs() / VirtualTime.PS_PER_NANOSECOND,
                new Entries(),
                PicListener.NONE);
        IrqChipListener listener = new Changes(events);
        this.devices = new IrqChip(IrqChip.Mode.FULL, messages, sints, chips, listener);
        devices.setGsiRouting(GsiRoutingTable.pc().entries());
        this.processors = pc.irqchip() == IrqChip.Mode.SPLIT
                ? IrqChip.split(messages, sints, listener, PINS, (apic, vector) -> chips.eoi(apic, vector, true))
                : devices;
    }

    private static IoApicModel model(PcConfig pc, boolean extendedDestinations) {
        IoApicModel.Version version = pc.switches().ioApic(pc.irqchip());
        if (pc.remapsInterrupts()) {
            return IoApicModel.V20.with(IoApicModel.Destination.REMAPPABLE);
        }
        IoApicModel model = version == IoApicModel.Version.V20 ? IoApicModel.V20 : IoApicModel.V11;
        return extendedDestinations ? model.with(IoApicModel.Destination.FIFTEEN_BITS) : model;
    }

    IrqChips chips() {
        return chips;
    }

    /** Where devices have their lines. */
    IrqChip devices() {
        return devices;
    }

    /** What local APICs tell of their EOIs, and where SINTs have their routes. */
    IrqChip processors() {
        return processors;
    }

    private void releaseBrake() {
        chips.ioApic().expire();
    }

    private void goOn() {
        devices.runDeferredAcks();
        processors.runDeferredAcks();
    }

    /** What the guest's writes to redirection entries mean for others. */
    private final class Entries implements IoApicListener {
        @Override
        public void entryWritten(int pin, long before, long after) {
            eoiExitChanges.changed();
            // A masked pin keeps its route, for what is under way.
            if (isSplit() && (after & RedirectionEntry.MASKED) == 0) {
                GsiRoute.Msi route = new GsiRoute.Msi(pin, IoApic.messageAddress(after), IoApic.messageData(after));
                processors.updateGsiRouting(table -> table.without(pin).with(route));
            }
        }

        @Override
        public void stormDelayed(int pin, long entry, long resumeNanos) {
            brake.set(VirtualTime.psOfNanos(resumeNanos));
        }
    }

    @SuppressWarnings("ReferenceEquality") // one object or two
    private boolean isSplit() {
        return processors != devices;
    }

    private final class Changes implements IrqChipListener {
        private final IrqChipListener events;

        Changes(IrqChipListener events) {
            this.events = events;
        }

        @Override
        public void lineSet(int gsi, boolean level, int sourceId, int result) {
            events.lineSet(gsi, level, sourceId, result);
        }

        @Override
        public void eoiExitsChanged() {
            eoiExitChanges.changed();
            events.eoiExitsChanged();
        }

        @Override
        public void acknowledged(int gsi) {
            events.acknowledged(gsi);
        }

        @Override
        public void ackStorm(int gsi) {
            storm.set(clock.nowPs() + STORM_PAUSE_PS);
            events.ackStorm(gsi);
        }
    }
}
