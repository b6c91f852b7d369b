// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import dev.synapic.interrupts.apic.EoiListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;

/**
 * Where routes to the pins of an IOAPIC or PIC end: {@link IrqChips}, or {@link #ABSENT}, which makes every IRQCHIP
 * route invalid.
 */
public interface PinPort extends EoiListener {
    PinPort ABSENT = new PinPort() {
        @Override
        public boolean hasPin(int chip, int pin) {
            return false;
        }

        @Override
        public int setPin(int chip, int pin, boolean level, int sourceId) {
            return -Errno.ENXIO;
        }
    };

    /** Whether a route may lead to the pin; chips as in {@link GsiRoute.IrqChipPin}, any values may be asked. */
    boolean hasPin(int chip, int pin);

    /** Returns targets reached, 0 coalesced, {@link IrqChip#IGNORED} or a negated {@link Errno}. */
    int setPin(int chip, int pin, boolean level, int sourceId);

    /** The routing introduces itself, once. */
    default void connect(PinEvents events) {}

    @Override
    default void eoi(LocalApic apic, int vector, boolean levelTriggered) {}

    /** Adds the vectors whose EOI on this APIC the chips must see. */
    default void collectEoiExits(LocalApic apic, VectorBitmap into) {}
}
