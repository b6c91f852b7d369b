// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;
import dev.synapic.interrupts.ioapic.IoApic;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.ioapic.IoApicPins;
import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.interrupts.pic.IntrPort;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.pic.PicPair;
import dev.synapic.interrupts.pic.PicPins;
import java.util.function.LongSupplier;

/**
 * The interrupt chips of a PC, 8259A pair and I/O APIC, as pins for the routing: chip 0 master, 1 slave, 2 I/O APIC.
 *
 * <p>Threading: as the chips; {@link #connect} before anything else.
 */
public final class IrqChips implements PinPort {
    public static final int MASTER = 0;
    public static final int SLAVE = 1;
    public static final int IOAPIC = 2;

    private static final int PINS_PER_PIC = 8;

    private final IoApic ioApic;
    private final PicPair pic;
    private volatile PinEvents events = PinEvents.NONE;

    /**
     * Ports: messages of the I/O APIC, INT of the 8259A pair, time in nanoseconds; then who watches.
     */
    public IrqChips(
            IoApicModel model,
            MsiPort messages,
            IntrPort intr,
            LongSupplier nanos,
            IoApicListener ioApicListener,
            PicListener picListener) {
        ioApic = new IoApic(model, messages, nanos, new FromIoApic(), ioApicListener);
        pic = new PicPair(intr, new FromPic(), picListener);
    }

    /** For the bus that maps its window, and for whoever expires it. */
    public IoApic ioApic() {
        return ioApic;
    }

    /** For the bus that maps its ports, and for the processor that takes its interrupts. */
    public PicPair pic() {
        return pic;
    }

    @Override
    public void connect(PinEvents routing) {
        events = routing;
    }

    @Override
    public boolean hasPin(int chip, int pin) {
        return switch (chip) {
            case MASTER, SLAVE -> pin >= 0 && pin < PINS_PER_PIC;
            case IOAPIC -> pin >= 0 && pin < IoApic.PINS;
            default -> false;
        };
    }

    @Override
    public int setPin(int chip, int pin, boolean level, int sourceId) {
        return chip == IOAPIC ? ioApic.set(pin, level, sourceId) : pic.set(chip * PINS_PER_PIC + pin, level, sourceId);
    }

    @Override
    public void eoi(LocalApic apic, int vector, boolean levelTriggered) {
        ioApic.eoi(apic, vector, levelTriggered);
    }

    @Override
    public void collectEoiExits(LocalApic apic, VectorBitmap into) {
        ioApic.collectEoiExits(apic, into);
    }

    private final class FromIoApic implements IoApicPins {
        @Override
        public void acknowledged(int pin) {
            events.acknowledged(IOAPIC, pin);
        }

        @Override
        public boolean awaitsAcknowledgement(int pin) {
            return events.awaitsAcknowledgement(IOAPIC, pin);
        }

        @Override
        public void masked(int pin, boolean masked) {
            events.masked(IOAPIC, pin, masked);
        }

        @Override
        public void resample(int pin) {
            events.resample(IOAPIC, pin);
        }
    }

    private final class FromPic implements PicPins {
        @Override
        public void acknowledged(int pin) {
            events.acknowledged(pin / PINS_PER_PIC, pin % PINS_PER_PIC);
        }

        @Override
        public void masked(int pin, boolean masked) {
            events.masked(pin / PINS_PER_PIC, pin % PINS_PER_PIC, masked);
        }
    }
}
