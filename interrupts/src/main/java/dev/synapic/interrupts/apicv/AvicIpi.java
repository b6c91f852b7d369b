// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.DestinationMode;
import dev.synapic.spec.x86.Icr;
import dev.synapic.spec.x86.TriggerMode;
import org.jspecify.annotations.Nullable;

/**
 * How AMD's hardware carries out a guest's write to ICR, and with what exit where it cannot.
 *
 * <ul>
 *   <li>Models: the tables of physical and logical APIC ids, requests into backing pages, doorbells, and the incomplete-IPI exit with its reason and
 *       index. All targets that can be reached have their request before the exit: the hypervisor wakes those that do not run, and sends
 *       nothing again.
 *   <li>Spec: AMD APM vol. 2, 15.29.4 (tables), 15.29.6 (IPIs), 15.29.9.1 (AVIC_INCOMPLETE_IPI).
 *   <li>Not modelled: bits of the entries that hardware sets (accessed), the guest mode bit of IRTEs; x2AVIC's table is wider, its rules are the same.
 *   <li>Threading: stateless but for its tables.
 * </ul>
 */
public final class AvicIpi {
    /** V of a physical entry. */
    public static final long VALID = 1L << 63;
    /** IR of a physical entry: the virtual processor is on a processor now. */
    public static final long IS_RUNNING = 1L << 62;
    /** The address of the backing page in a physical entry. */
    public static final long BACKING_PAGE = 0x000F_FFFF_FFFF_F000L;
    /** The APIC id of the processor that a physical entry's guest is on. */
    public static final long HOST_APIC_ID = 0xFFF;
    /** V of a logical entry; its guest APIC id is in 7:0. */
    public static final int LOGICAL_VALID = 1 << 31;

    private static final int FIRST_LEGAL_VECTOR = 16;
    private static final int FLAT_IDS = 8;
    private static final int IDS_PER_CLUSTER = 4;
    private static final int BROADCAST_CLUSTER = 15;

    /** EXITINFO2 63:32. */
    public enum Reason {
        /** Not fixed and edge-triggered: the hypervisor emulates the write. */
        INVALID_INTERRUPT_TYPE,
        /** Requests are made; a target is not on any processor. */
        TARGET_NOT_RUNNING,
        /** A destination without a valid entry. */
        INVALID_TARGET,
        /** An entry whose backing page is no memory. */
        INVALID_BACKING_PAGE,
        /** A vector below 16. */
        INVALID_IPI_VECTOR
    }

    /** An AVIC_INCOMPLETE_IPI exit: why, and the index of the entry that it is about (0 where it is about none). */
    public record IncompleteIpi(Reason reason, int index) {}

    /** What the hardware reads and does. */
    public interface Hardware {
        /** AVIC_PHYSICAL_MAX_INDEX. */
        int maxIndex();

        /** An entry of the table of physical ids, 0 to maxIndex. */
        long physicalEntry(int index);

        /** An entry of the table of logical ids: flat, one for each bit; clustered, four for each cluster. */
        int logicalEntry(int index);

        /** Sets a vector in IRR of a backing page; false where there is no memory. */
        boolean request(long backingPage, int vector);

        /** Tells the processor with that APIC id to look at its guest's IRR. */
        void doorbell(int hostApicId);
    }

    private final Hardware hardware;

    /** Of one virtual machine, whose tables that hardware reads. */
    public AvicIpi(Hardware hardware) {
        this.hardware = hardware;
    }

    /**
     * The guest whose APIC id is source writes ICR in xAPIC mode; flat is what its DFR says. Returns null where hardware did it all.
     */
    public @Nullable IncompleteIpi write(Icr icr, int source, boolean flat) {
        if (icr.deliveryMode() != DeliveryMode.FIXED || icr.triggerMode() != TriggerMode.EDGE) {
            return new IncompleteIpi(Reason.INVALID_INTERRUPT_TYPE, 0);
        }
        if (icr.vector() < FIRST_LEGAL_VECTOR) {
            return new IncompleteIpi(Reason.INVALID_IPI_VECTOR, 0);
        }
        return switch (icr.shorthand()) {
            case SELF -> send(source, icr.vector());
            case ALL_INCLUDING_SELF -> sendToAll(-1, icr.vector());
            case ALL_EXCLUDING_SELF -> sendToAll(source, icr.vector());
            case NONE -> {
                int destination = icr.xapicDestination();
                if (icr.destinationMode() == DestinationMode.LOGICAL) {
                    yield sendToLogical(destination, flat, icr.vector());
                }
                yield destination == 0xFF ? sendToAll(-1, icr.vector()) : send(destination, icr.vector());
            }
        };
    }

    /** Entries that are not valid are no targets of a broadcast. */
    private @Nullable IncompleteIpi sendToAll(int except, int vector) {
        IncompleteIpi first = null;
        for (int id = 0; id <= hardware.maxIndex(); id++) {
            if (id != except && (hardware.physicalEntry(id) & VALID) != 0) {
                first = first(first, send(id, vector));
            }
        }
        return first;
    }

    private @Nullable IncompleteIpi sendToLogical(int destination, boolean flat, int vector) {
        int cluster = destination >> IDS_PER_CLUSTER;
        if (!flat && cluster == BROADCAST_CLUSTER) {
            return sendToAll(-1, vector);
        }
        int base = flat ? 0 : cluster * IDS_PER_CLUSTER;
        IncompleteIpi first = null;
        for (int bit = 0; bit < (flat ? FLAT_IDS : IDS_PER_CLUSTER); bit++) {
            if ((destination & 1 << bit) != 0) {
                int entry = hardware.logicalEntry(base + bit);
                first = first(
                        first,
                        (entry & LOGICAL_VALID) == 0
                                ? new IncompleteIpi(Reason.INVALID_TARGET, base + bit)
                                : send(entry & 0xFF, vector));
            }
        }
        return first;
    }

    private @Nullable IncompleteIpi send(int id, int vector) {
        long entry = id > hardware.maxIndex() ? 0 : hardware.physicalEntry(id);
        if ((entry & VALID) == 0) {
            return new IncompleteIpi(Reason.INVALID_TARGET, id);
        }
        if (!hardware.request(entry & BACKING_PAGE, vector)) {
            return new IncompleteIpi(Reason.INVALID_BACKING_PAGE, id);
        }
        if ((entry & IS_RUNNING) == 0) {
            return new IncompleteIpi(Reason.TARGET_NOT_RUNNING, id);
        }
        hardware.doorbell((int) (entry & HOST_APIC_ID));
        return null;
    }

    /** What the hypervisor has to emulate goes before what it has to wake; among equals, the first. */
    private static @Nullable IncompleteIpi first(@Nullable IncompleteIpi before, @Nullable IncompleteIpi now) {
        if (before == null || now == null) {
            return before == null ? now : before;
        }
        boolean wakes = before.reason() == Reason.TARGET_NOT_RUNNING && now.reason() != Reason.TARGET_NOT_RUNNING;
        return wakes ? now : before;
    }
}
