// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

/** Counts changes after which what was computed from routes, redirection entries and SINTs is out of date. */
public final class ChangeCount {
    private long count;

    /** Something changed. */
    public void changed() {
        count++;
    }

    public long count() {
        return count;
    }
}
