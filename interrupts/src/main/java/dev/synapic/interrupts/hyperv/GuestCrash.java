// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvCrashControl;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a guest reports of its own end (TLFS, "Partition Crash Enlightenment").
 *
 * @param parameters P0 to P4, whose meaning is the guest's
 * @param message the text that the guest left in memory, or null
 */
public record GuestCrash(List<Long> parameters, @Nullable String message) {
    /** Throws IllegalArgumentException for another number of parameters than five. */
    public GuestCrash {
        parameters = List.copyOf(parameters);
        if (parameters.size() != HvCrashControl.PARAMETERS) {
            throw new IllegalArgumentException(
                    "a crash has " + HvCrashControl.PARAMETERS + " parameters: " + parameters);
        }
    }
}
