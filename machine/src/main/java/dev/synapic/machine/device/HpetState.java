// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import java.util.List;

/**
 * All state of an HPET; its lines' levels follow from it.
 *
 * @param count the counter while it stands still; what it read at startPs, in absolute virtual time, while it runs
 */
public record HpetState(int version, long configuration, long status, long count, long startPs, List<Timer> timers) {
    public static final int CURRENT_VERSION = 1;

    public HpetState {
        StateVersions.check("HPET", version, CURRENT_VERSION);
        if (timers.size() != Hpet.TIMERS) {
            throw new IllegalArgumentException(
                    "an HPET has %d timers, the state has %d".formatted(Hpet.TIMERS, timers.size()));
        }
        timers = List.copyOf(timers);
    }

    /** One timer; period is what the last write in periodic mode said. */
    public record Timer(long configuration, long comparator, long period, long fsbRoute) {}
}
