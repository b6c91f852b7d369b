// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvSint;
import java.util.List;

/**
 * All state of one SynIC. Activation is part of it, apart from the registers: a restore that writes registers only
 * leaves the guest without SynIC. Slots and flags are guest memory and travel with that.
 */
public record SynIcState(
        int version,
        boolean active,
        boolean zeroesPages,
        long scontrol,
        long sversion,
        long siefp,
        long simp,
        List<Long> sints) {
    public static final int CURRENT_VERSION = 1;

    public SynIcState {
        if (version != CURRENT_VERSION) {
            throw new IllegalArgumentException(
                    "SynIC state version " + version + " is unknown; this build reads version " + CURRENT_VERSION);
        }
        sints = List.copyOf(sints);
        if (sints.size() != HvSint.COUNT) {
            throw new IllegalArgumentException("a SynIC has " + HvSint.COUNT + " SINTs, the state has " + sints.size());
        }
    }
}
