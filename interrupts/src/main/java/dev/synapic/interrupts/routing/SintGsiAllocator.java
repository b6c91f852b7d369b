// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The VMM's book of which GSI stands for which synthetic interrupt source.
 *
 * <ul>
 *   <li>Models: what QEMU's SINT routes do: a GSI per (VP, SINT) in use, its HV_SINT route, its irqfd with resampler;
 *       uses nothing of the fabric but {@link IrqChip}.
 *   <li>Spec: KVM API, KVM_IRQ_ROUTING_HV_SINT: a GSI is allocated for each configured SINT.
 *   <li>A line's GSI stays the same from open to close, whatever vector the guest writes into the SINT, masked or not,
 *       and across {@link #installRoutes}. After close it may stand for another SINT, but by then its irqfd and route
 *       are gone.
 *   <li>A SINT may have several lines, one for each of its producers: each has a GSI of its own, and hears of every
 *       acknowledgement.
 *   <li>Threading: any thread; the lock is never held while an eventfd's handler runs.
 * </ul>
 */
public final class SintGsiAllocator {
    private final IrqChip chip;
    private final int firstGsi;
    private final int endGsi;
    private final BitSet used = new BitSet();
    private final Set<SintLine> lines = new LinkedHashSet<>();

    /** Allocates GSIs firstGsi to endGsi - 1, which nobody else uses. */
    public SintGsiAllocator(IrqChip chip, int firstGsi, int endGsi) {
        if (firstGsi < 0 || endGsi > GsiRoutingTable.MAX_GSI || firstGsi >= endGsi) {
            throw new IrqChipException(
                    Errno.EINVAL, "GSI range [" + firstGsi + ", " + endGsi + ") is empty or beyond 4096");
        }
        this.chip = chip;
        this.firstGsi = firstGsi;
        this.endGsi = endGsi;
    }

    /**
     * Opens the line of a SINT. onAcknowledged runs after each EOI or EOM that may have emptied its slot; also when it
     * did not.
     */
    public SintLine open(int vpIndex, int sint, Runnable onAcknowledged) {
        SintLine line = allocate(vpIndex, sint);
        line.acknowledged().listen(() -> {
            line.countAcknowledgements(line.acknowledged().read());
            onAcknowledged.run();
        });
        try {
            chip.updateGsiRouting(table -> table.with(route(line)));
            chip.irqfdAssign(line.trigger(), line.gsi(), line.acknowledged());
        } catch (IrqChipException refused) {
            free(line);
            throw refused;
        }
        return line;
    }

    private synchronized SintLine allocate(int vpIndex, int sint) {
        int gsi = used.nextClearBit(firstGsi);
        if (gsi >= endGsi) {
            throw new IrqChipException(Errno.ENOSPC, "all GSIs in [" + firstGsi + ", " + endGsi + ") are in use");
        }
        SintLine line = new SintLine(this, vpIndex, sint, gsi);
        used.set(gsi);
        lines.add(line);
        return line;
    }

    /** Puts all routes of open lines into the table again, after somebody replaced it as a whole. */
    public void installRoutes() {
        List<SintLine> open;
        synchronized (this) {
            open = new ArrayList<>(lines);
        }
        chip.updateGsiRouting(table -> {
            GsiRoutingTable changed = table;
            for (SintLine line : open) {
                changed = changed.with(route(line));
            }
            return changed;
        });
    }

    /** How many lines are open. */
    public synchronized int size() {
        return lines.size();
    }

    void close(SintLine line) {
        synchronized (this) {
            if (!lines.contains(line)) {
                return;
            }
        }
        // The irqfd goes before the route, the GSI last: no acknowledgement of its next owner can reach this line.
        chip.irqfdDeassign(line.trigger(), line.gsi());
        chip.updateGsiRouting(table -> table.without(line.gsi()));
        line.acknowledged().close();
        free(line);
    }

    private synchronized void free(SintLine line) {
        lines.remove(line);
        used.clear(line.gsi());
    }

    private static GsiRoute route(SintLine line) {
        return new GsiRoute.HvSint(line.gsi(), line.vpIndex(), line.sint());
    }
}
