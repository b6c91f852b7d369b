// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/**
 * Where routes to the pins of an IOAPIC or PIC end. The chips that implement it come with the IOAPIC work; until then a
 * machine uses {@link #ABSENT}, which makes every IRQCHIP route invalid.
 */
public interface PinPort {
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

    boolean hasPin(int chip, int pin);

    /** Returns targets reached, 0 coalesced, or a negated {@link Errno}. */
    int setPin(int chip, int pin, boolean level, int sourceId);
}
