// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import java.util.Random;

/** One step of a random guest on a rig; the number decides which. */
final class GuestStep {
    private GuestStep() {}

    /** Lazy EOIs that were offered come in before, and new ones are not offered. */
    static void take(FabricRig rig, long number) {
        new GuestActions(rig, new Random(number)).step();
    }

    static void offer(FabricRig rig) {
        new GuestActions(rig, new Random(0)).offer();
    }
}
