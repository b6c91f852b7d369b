// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import org.jspecify.annotations.Nullable;

/** A line into a GSI, with a source id of its own. */
final class GsiLine implements InterruptLine, AckNotifier, MaskNotifier {
    private final IrqChip chip;
    private final int gsi;
    private final int sourceId;
    private volatile @Nullable Listener listener;
    private volatile boolean closed;

    GsiLine(IrqChip chip, int gsi, int sourceId) {
        this.chip = chip;
        this.gsi = gsi;
        this.sourceId = sourceId;
    }

    @Override
    public int set(boolean asserted) {
        return closed ? IrqChip.IGNORED : chip.irqLine(gsi, asserted, sourceId);
    }

    @Override
    public synchronized void listen(@Nullable Listener next) {
        boolean was = listener != null;
        listener = next;
        if (next != null && !was) {
            chip.addAckNotifier(gsi, this);
            chip.addMaskNotifier(gsi, this);
        } else if (next == null && was) {
            chip.removeAckNotifier(gsi, this);
            chip.removeMaskNotifier(gsi, this);
        }
    }

    @Override
    public void acknowledged(int ended) {
        Listener now = listener;
        if (now != null) {
            now.acknowledged();
        }
    }

    @Override
    public void masked(int changed, boolean masked) {
        Listener now = listener;
        if (now != null && !masked) {
            now.unmasked();
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        listen(null);
        lower();
        closed = true;
        chip.freeSourceId(sourceId);
    }
}
