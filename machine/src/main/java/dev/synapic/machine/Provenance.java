// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.machine.schedule.Inbox;
import java.util.Arrays;

/** Remembers for each vector of one virtual CPU who sent its latest request, when, and from where. */
public final class Provenance {
    private static final int VECTORS = 256;
    private static final int NOBODY = -2;

    private final long[] ps = new long[VECTORS];
    private final int[] sender = new int[VECTORS];
    private final long[] rip = new long[VECTORS];

    Provenance() {
        Arrays.fill(sender, NOBODY);
    }

    void note(Inbox inbox) {
        int vector = inbox.firstRequest() & 0xFF;
        ps[vector] = inbox.firstPs();
        sender[vector] = inbox.firstSender();
        rip[vector] = inbox.firstSenderRip();
    }

    /** Says who sent a vector, in words. */
    public String describe(int vector) {
        if (sender[vector] == NOBODY) {
            return "from its own APIC";
        }
        String who = sender[vector] < 0
                ? "from a device"
                : "from vcpu %d at rip 0x%x".formatted(sender[vector], rip[vector]);
        return "%s, took effect at %.3f us".formatted(who, ps[vector] / 1e6);
    }
}
