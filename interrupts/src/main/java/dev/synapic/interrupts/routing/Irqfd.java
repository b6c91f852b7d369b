// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import org.jspecify.annotations.Nullable;

/**
 * The tie between an eventfd and a GSI. Without resampler a signal pulses the GSI; with one it stays asserted until
 * acknowledged.
 */
final class Irqfd implements EventFd.Waiter {
    final EventFd trigger;
    final int gsi;
    final @Nullable EventFd resample;
    private final IrqChip chip;
    private volatile boolean active = true;

    Irqfd(IrqChip chip, EventFd trigger, int gsi, @Nullable EventFd resample) {
        this.chip = chip;
        this.trigger = trigger;
        this.gsi = gsi;
        this.resample = resample;
    }

    @Override
    public void signalled() {
        if (!active) {
            return;
        }
        if (resample != null) {
            chip.irqLine(gsi, true, IrqChip.RESAMPLE_SOURCE_ID);
            if (!active) {
                // Detached meanwhile: the line may have been lowered before it was raised. A neighbour only hears of
                // it.
                chip.lowerAbandoned(gsi);
            }
        } else {
            chip.irqLine(gsi, true, IrqChip.USERSPACE_SOURCE_ID);
            chip.irqLine(gsi, false, IrqChip.USERSPACE_SOURCE_ID);
        }
    }

    @Override
    public void hungUp() {
        chip.irqfdDeassign(trigger, gsi);
    }

    /** One that was detached while the notifiers run hears nothing more. */
    void resample() {
        if (active && resample != null) {
            resample.signal();
        }
    }

    void deactivate() {
        active = false;
        trigger.detach(this);
    }
}
