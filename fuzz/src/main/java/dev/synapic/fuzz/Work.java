// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

/**
 * Counts what one request of a guest or VMM makes the fabric do: every message, line, notification and event that comes
 * out of it. More than {@value #MOST} are an endless loop, or as good as one.
 */
final class Work {
    /**
     * A storm that the fabric follows until it cuts it off has 64 rounds, in each of which all 24 pins with all their
     * listeners may take part.
     */
    static final int MOST = 20_000;

    private int steps;

    /** A request begins. */
    void begin() {
        steps = 0;
    }

    /** So far in this request. */
    int steps() {
        return steps;
    }

    void step() {
        if (++steps > MOST) {
            throw new AssertionError("a request caused more than " + MOST + " events");
        }
    }
}
