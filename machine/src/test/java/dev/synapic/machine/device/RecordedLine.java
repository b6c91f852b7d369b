// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.interrupts.routing.InterruptLine;

/** A line that a test looks at. */
final class RecordedLine implements InterruptLine {
    private boolean asserted;
    private int rises;

    @Override
    public int set(boolean now) {
        if (now && !asserted) {
            rises++;
        }
        asserted = now;
        return 1;
    }

    boolean asserted() {
        return asserted;
    }

    int rises() {
        return rises;
    }
}
