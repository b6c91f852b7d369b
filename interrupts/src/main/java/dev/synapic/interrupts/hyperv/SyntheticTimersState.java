// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvStimerConfig;
import java.util.List;

/** All state of one processor's synthetic timers. Who waits for which slot stands in the SynIC's. */
public record SyntheticTimersState(int version, List<Timer> timers) {
    public static final int CURRENT_VERSION = 1;

    /**
     * One timer: its registers, whether it counts and when it expires (reference time, 0 where it does not count),
     * whether the signal of an expiry is still to be delivered, and of which.
     */
    public record Timer(long config, long count, boolean running, long expiry, boolean owed, long owedExpiry) {
        /** Throws IllegalArgumentException for a timer that counts with a count of 0. */
        public Timer {
            if (running && count == 0) {
                throw new IllegalArgumentException("a synthetic timer counts with a count of 0");
            }
        }

        boolean used() {
            return config != 0 || count != 0;
        }
    }

    /** Throws IllegalArgumentException for another version or number of timers. */
    public SyntheticTimersState {
        if (version != CURRENT_VERSION) {
            throw new IllegalArgumentException(
                    "synthetic timer state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
        }
        timers = List.copyOf(timers);
        if (timers.size() != HvStimerConfig.TIMERS) {
            throw new IllegalArgumentException(
                    "a processor has " + HvStimerConfig.TIMERS + " timers, the state has " + timers.size());
        }
    }
}
