// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.concurrent.atomic.AtomicLong;

/** A producer's hold on one SINT: raise it, and hear through the resampler that the guest may have emptied the slot. */
public final class SintLine implements AutoCloseable {
    private final SintGsiAllocator allocator;
    private final int vpIndex;
    private final int sint;
    private final int gsi;
    private final EventFd trigger = new EventFd();
    private final EventFd acknowledged = new EventFd();
    private final AtomicLong acknowledgements = new AtomicLong();

    SintLine(SintGsiAllocator allocator, int vpIndex, int sint, int gsi) {
        this.allocator = allocator;
        this.vpIndex = vpIndex;
        this.sint = sint;
        this.gsi = gsi;
    }

    /** The VP index of the SINT's processor; neither APIC id nor vCPU number. */
    public int vpIndex() {
        return vpIndex;
    }

    /** The SINT's number; 0 to 15 where it exists, which is checked when it is raised. */
    public int sint() {
        return sint;
    }

    /** The GSI that is routed to the SINT while the line is open. */
    public int gsi() {
        return gsi;
    }

    /** Raises the SINT; what became of it is not told, as through any irqfd. */
    public void raise() {
        trigger.signal();
    }

    /** The irqfd's two ends, for a VMM that hands them on. */
    public EventFd trigger() {
        return trigger;
    }

    /** The resample eventfd, signalled at each EOI or EOM of the SINT; its listener is the allocator's. */
    public EventFd acknowledged() {
        return acknowledged;
    }

    /** How often the resampler has reported an EOI or EOM so far. */
    public long acknowledgements() {
        return acknowledgements.get();
    }

    void countAcknowledgements(long more) {
        acknowledgements.addAndGet(more);
    }

    /** Detaches from the fabric and gives the GSI back. */
    @Override
    public void close() {
        allocator.close(this);
    }
}
