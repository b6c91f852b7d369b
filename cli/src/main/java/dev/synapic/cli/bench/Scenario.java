// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

/** What one operation of the benchmark is; the position is the number on the guest's marker port. */
public enum Scenario {
    DRY_RUN("dry-run", "Dry-run"),
    /** The handler's work as a local call, as published under this name: no IPI. */
    SELF("self", "Self-IPI"),
    /** A real IPI to itself; not in the published table. */
    SELF_IPI("self-ipi", "Self-IPI, real"),
    NORMAL("normal", "Normal IPI"),
    BROADCAST("broadcast", "Broadcast IPI"),
    BROADCAST_LOCK("broadcast-lock", "Broadcast lock");

    private final String option;
    private final String label;

    Scenario(String option, String label) {
        this.option = option;
        this.label = label;
    }

    /** As on our command line and the guest's. */
    public String option() {
        return option;
    }

    /** As in the published table. */
    public String label() {
        return label;
    }
}
