// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/** What happened in the fabric of one machine, counted while the guest ran. */
public final class InterruptCounters {
    private long ipisSent;
    private long accepted;
    private long coalesced;
    private long acknowledged;
    private long eois;

    void sent() {
        ipisSent++;
    }

    void arrived(boolean merged) {
        accepted++;
        if (merged) {
            coalesced++;
        }
    }

    void taken() {
        acknowledged++;
    }

    void ended() {
        eois++;
    }

    /** ICR writes that sent something, and bus sends of front ends. */
    public long ipisSent() {
        return ipisSent;
    }

    /** Requests that arrived at an APIC, merged ones included. */
    public long accepted() {
        return accepted;
    }

    /** Requests that found their IRR bit set. */
    public long coalesced() {
        return coalesced;
    }

    /** Vectors that processors took. */
    public long acknowledged() {
        return acknowledged;
    }

    public long eois() {
        return eois;
    }
}
