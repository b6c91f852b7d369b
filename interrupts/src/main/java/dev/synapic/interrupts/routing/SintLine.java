// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/** A producer's hold on one SINT: raise it, and hear through the resampler that the guest may have emptied the slot. */
public final class SintLine implements AutoCloseable {
    private final SintGsiAllocator allocator;
    private final int vpIndex;
    private final int sint;
    private final int gsi;
    private final EventFd trigger = new EventFd();
    private final EventFd acknowledged = new EventFd();

    SintLine(SintGsiAllocator allocator, int vpIndex, int sint, int gsi) {
        this.allocator = allocator;
        this.vpIndex = vpIndex;
        this.sint = sint;
        this.gsi = gsi;
    }

    public int vpIndex() {
        return vpIndex;
    }

    public int sint() {
        return sint;
    }

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

    public EventFd acknowledged() {
        return acknowledged;
    }

    /** Detaches from the fabric and gives the GSI back. */
    @Override
    public void close() {
        allocator.close(this);
    }
}
