// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

/** What every saved state of a device checks first. */
public final class StateVersions {
    private StateVersions() {}

    /** Refuses a state that this build does not know. */
    public static void check(String device, int version, int known) {
        if (version != known) {
            throw new IllegalArgumentException(
                    "%s state version %d is unknown; this build reads version %d".formatted(device, version, known));
        }
    }
}
