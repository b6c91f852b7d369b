// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.Arrays;

/**
 * All resampling irqfds of one GSI: they share the line, which falls once per acknowledgement before any of them is
 * told.
 */
final class Resampler implements AckNotifier {
    private static final Irqfd[] NONE = {};

    private final IrqChip chip;
    private volatile Irqfd[] members = NONE;

    Resampler(IrqChip chip) {
        this.chip = chip;
    }

    /** Under the chip's lock, as {@link #remove}. */
    void add(Irqfd irqfd) {
        Irqfd[] longer = Arrays.copyOf(members, members.length + 1);
        longer[longer.length - 1] = irqfd;
        members = longer;
    }

    void remove(Irqfd irqfd) {
        members = Arrays.stream(members).filter(other -> other != irqfd).toArray(Irqfd[]::new);
    }

    boolean isEmpty() {
        return members.length == 0;
    }

    @Override
    public void acknowledged(int gsi) {
        chip.irqLine(gsi, false, IrqChip.RESAMPLE_SOURCE_ID);
        for (Irqfd irqfd : members) {
            irqfd.resample();
        }
    }
}
