// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** Connects the local APICs of a machine. Skeleton. */
public final class ApicBus {
    private final Transit transit;

    public ApicBus(Transit transit, ApicListener listener) {
        this.transit = transit;
    }

    /** Adds an APIC; its constructor calls this. */
    void attach(LocalApic apic) {}

    /** APICs by order of attachment. */
    public int size() {
        return 0;
    }

    /** The immutable snapshot that finds targets, rebuilt after any change of ids, modes or enablement. */
    public DestinationMap map() {
        throw new IllegalStateException("skeleton");
    }

    /** Sends as ICR says: destination in bits 63:32 (xAPIC: 63:56). Returns how many targets accepted. */
    public int sendIpi(LocalApic source, long icr) {
        return 0;
    }

    /** Delivers an MSI (SDM vol. 3A, 12.11). Returns how many targets accepted. */
    public int sendMsi(long address, int data) {
        return 0;
    }

    /** Offers a request to one APIC: 1 where it accepts (a merged IRR bit counts), else 0. The one door for all senders. */
    public int deliver(LocalApic target, int request) {
        return 0;
    }
}
