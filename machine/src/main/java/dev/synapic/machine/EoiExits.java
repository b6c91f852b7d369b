// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apicv.EoiExitBitmap;
import dev.synapic.interrupts.apicv.EoiExitSource;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.machine.schedule.ChangeCount;

/**
 * The EOI-exit bitmap of one virtual CPU, computed anew when it is asked after something changed: a SINT, a redirection entry, a route,
 * a listener of a line.
 */
final class EoiExits {
    private final EoiExitBitmap bitmap = new EoiExitBitmap();
    private final SynIc synIc;
    private final LocalApic apic;
    private final EoiExitSource chips;
    private final ChangeCount changes;
    private long loaded = -1;

    EoiExits(SynIc synIc, LocalApic apic, EoiExitSource chips, ChangeCount changes) {
        this.synIc = synIc;
        this.apic = apic;
        this.chips = chips;
        this.changes = changes;
    }

    /** Whether the EOI of this vector leaves the guest. */
    boolean exits(int vector) {
        long now = changes.count();
        if (loaded != now) {
            loaded = now;
            bitmap.load(synIc, apic, chips);
        }
        return bitmap.exits(vector);
    }
}
