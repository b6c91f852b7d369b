// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.interrupts.pic.IntrPort;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.IrqChips;
import dev.synapic.interrupts.routing.PcInterruptChips;
import dev.synapic.interrupts.routing.SintPort;
import dev.synapic.machine.schedule.ChangeCount;
import dev.synapic.machine.schedule.DeviceClock;
import dev.synapic.machine.schedule.DeviceTimer;
import dev.synapic.machine.schedule.VirtualTime;

/** The interrupt chips of a board ({@link PcInterruptChips}) with what lets them wait in virtual time. Threading: the machine's thread. */
final class InterruptChips {
    /** Until a storm of acknowledgements goes on, which KVM would not have cut off: as long as the I/O APIC's brake. */
    private static final long STORM_PAUSE_PS = 10_000_000_000L;

    private final PcInterruptChips wired;
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
        this.wired = new PcInterruptChips(
                pc.irqchip(),
                model(pc, extendedDestinations),
                ioApicMessages,
                messages,
                sints,
                intr,
                () -> clock.nowPs() / VirtualTime.PS_PER_NANOSECOND,
                new Entries(),
                new Changes(events));
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
        return wired.chips();
    }

    /** Where devices have their lines. */
    IrqChip devices() {
        return wired.devices();
    }

    /** What local APICs tell of their EOIs, and where SINTs have their routes. */
    IrqChip processors() {
        return wired.processors();
    }

    private void releaseBrake() {
        chips().ioApic().expire();
    }

    private void goOn() {
        devices().runDeferredAcks();
        processors().runDeferredAcks();
    }

    /** What the guest's writes to redirection entries mean for others. */
    private final class Entries implements IoApicListener {
        @Override
        public void entryWritten(int pin, long before, long after) {
            eoiExitChanges.changed();
        }

        @Override
        public void stormDelayed(int pin, long entry, long resumeNanos) {
            brake.set(VirtualTime.psOfNanos(resumeNanos));
        }
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
