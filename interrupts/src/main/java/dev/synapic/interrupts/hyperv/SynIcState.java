// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvSint;
import java.util.List;

/**
 * All state of one SynIC. Activation is part of it, apart from the registers: a restore that writes registers only
 * leaves the guest without SynIC. Slots and flags are guest memory and travel with that. waiting holds, for each SINT,
 * which producers wait for its slot ({@link SlotTurns}).
 */
public record SynIcState(
        int version,
        boolean active,
        boolean zeroesPages,
        long scontrol,
        long sversion,
        long siefp,
        long simp,
        List<Long> sints,
        List<Integer> waiting) {
    public static final int CURRENT_VERSION = 2;

    /** Throws IllegalArgumentException for another version, number of SINTs, or order of those who wait. */
    public SynIcState {
        if (version != CURRENT_VERSION) {
            throw new IllegalArgumentException(
                    "SynIC state version " + version + " is unknown; this build reads version " + CURRENT_VERSION);
        }
        sints = List.copyOf(sints);
        if (sints.size() != HvSint.COUNT) {
            throw new IllegalArgumentException("a SynIC has " + HvSint.COUNT + " SINTs, the state has " + sints.size());
        }
        waiting = List.copyOf(waiting);
        if (waiting.size() != HvSint.COUNT || !waiting.stream().allMatch(SlotTurns::isValid)) {
            throw new IllegalArgumentException("who waits for the slots is not as a SynIC saves it: " + waiting);
        }
    }
}
