// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.List;

/**
 * The routing's own state. Levels of sources and resamplers stand in the chips'; irqfds, notifiers and source ids are
 * the VMM's, who makes them anew.
 *
 * @param routes the table, in its order
 * @param deferredAcks GSIs whose acknowledgement waits since a storm was cut off
 */
public record IrqChipState(int version, List<GsiRoute> routes, List<Integer> deferredAcks) {
    public static final int CURRENT_VERSION = 1;

    /**
     * Throws IllegalArgumentException for another version, or a deferred GSI that is out of range; routes are checked
     * by {@link IrqChip#restore}.
     */
    public IrqChipState {
        if (version != CURRENT_VERSION) {
            throw new IllegalArgumentException(
                    "routing state version " + version + " is unknown; this build reads version " + CURRENT_VERSION);
        }
        routes = List.copyOf(routes);
        deferredAcks = List.copyOf(deferredAcks);
        for (int gsi : deferredAcks) {
            if (gsi < 0 || gsi >= GsiRoutingTable.MAX_GSI) {
                throw new IllegalArgumentException(
                        "gsi " + gsi + " of a deferred acknowledgement is not below " + GsiRoutingTable.MAX_GSI);
            }
        }
    }
}
