// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

/** The benchmark's guest did not do what it must, so that there is nothing to report. */
public final class GuestFailure extends RuntimeException {
    private final boolean stuck;
    private final String detail;

    GuestFailure(String message, boolean stuck, String detail) {
        super(message);
        this.stuck = stuck;
        this.detail = detail;
    }

    /** Whether the machine could make no progress (deadlock, triple fault). */
    public boolean stuck() {
        return stuck;
    }

    /** The state dump or what the guest printed last; may be empty. */
    public String detail() {
        return detail;
    }
}
