// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

/** Hears that a step begins, so that somebody notices when none does any more. */
@FunctionalInterface
interface Heartbeat {
    Heartbeat NONE = () -> {};

    void beat();
}
