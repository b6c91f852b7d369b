// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.interrupts.msi.MsiMessage;
import dev.synapic.spec.x86.DestinationMode;
import dev.synapic.spec.x86.DestinationShorthand;
import dev.synapic.spec.x86.Icr;
import dev.synapic.spec.x86.Msi;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * Connects the local APICs of a machine: finds the targets of a message and offers it to each.
 *
 * <p>Models: IPIs with every destination mode and shorthand, messages of devices (MSI, I/O APIC), lowest-priority
 * arbitration by a named policy. Spec: SDM vol. 3A, 12.6, 12.11 and 12.12.10. Not modelled: focus processors, the time
 * that a message takes (that is {@link Transit}'s). Threading: send and look up from any
 * thread; APICs join while the machine is built.
 *
 * <p>Targets are served in ascending order of their x2APIC id.
 */
public final class ApicBus {
    private static final VarHandle GENERATION;

    static {
        try {
            GENERATION = MethodHandles.lookup().findVarHandle(ApicBus.class, "generation", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Transit transit;
    private final ApicListener listener;
    private final LowestPriority lowestPriority;
    private volatile LocalApic[] apics = {};
    /**
     * Counts changes of addresses; a map of an older generation is stale. A changer counts after it has published the
     * change.
     */
    private volatile int generation;

    private volatile DestinationMap map = DestinationMap.of(0, apics);

    private volatile Runnable addressListener = () -> {};

    /** Arbitrates by processor priority. */
    public ApicBus(Transit transit, ApicListener listener) {
        this(transit, listener, LowestPriority.BY_PRIORITY);
    }

    /** transit takes accepted requests to their targets, listener watches, lowestPriority arbitrates. */
    public ApicBus(Transit transit, ApicListener listener, LowestPriority lowestPriority) {
        this.transit = transit;
        this.listener = listener;
        this.lowestPriority = lowestPriority;
    }

    /** Adds an APIC; its constructor calls this. */
    void attach(LocalApic apic) {
        join(apic);
        addressChanged();
    }

    private synchronized void join(LocalApic apic) {
        for (LocalApic other : apics) {
            if (other.x2ApicId() == apic.x2ApicId()) {
                throw new IllegalArgumentException(
                        "APIC id " + apic.x2ApicId() + " is taken; give every processor an id of its own");
            }
        }
        LocalApic[] more = Arrays.copyOf(apics, apics.length + 1);
        more[apics.length] = apic;
        Arrays.sort(more, Comparator.comparingInt(LocalApic::x2ApicId));
        apics = more;
    }

    /** An APIC has published a new address. */
    void addressChanged() {
        GENERATION.getAndAdd(this, 1);
        addressListener.run();
    }

    /** Who hears, on the changer's thread, of each change of ids, modes or enablement; {@link #map} shows it already. */
    public void onAddressChange(Runnable listener) {
        addressListener = listener;
    }

    /** How many APICs are attached, enabled or not. */
    public int size() {
        return apics.length;
    }

    /** The immutable snapshot that finds targets, rebuilt after any change of ids, modes or enablement. */
    public DestinationMap map() {
        DestinationMap current = map;
        return current.generation() == generation ? current : rebuild();
    }

    private synchronized DestinationMap rebuild() {
        // The number is read before the addresses: a change in between leaves a map that is stale again at its next
        // use.
        int number = generation;
        if (map.generation() != number) {
            map = DestinationMap.of(number, apics);
        }
        return map;
    }

    /** Sends as ICR says: destination in bits 63:32 (xAPIC: 63:56). Returns how many targets accepted. */
    public int sendIpi(LocalApic source, long icr) {
        int request = ApicRequest.of(icr);
        int accepted = switch (DestinationShorthand.of((int) icr)) {
            case NONE -> deliverTo(ipiQuery(source, icr), request);
            case SELF -> deliver(source, request);
            case ALL_INCLUDING_SELF -> deliverToAll(null, request);
            case ALL_EXCLUDING_SELF -> deliverToAll(source, request);
        };
        listener.sent(source, icr, accepted);
        return accepted;
    }

    private static long ipiQuery(LocalApic source, long icr) {
        int destination = (int) (source.x2ApicMode() ? icr >>> 32 : icr >>> 56);
        return DestinationWalk.query(destination, (icr & Icr.LOGICAL) != 0, true);
    }

    /**
     * Sends a device's message: an I/O APIC's or an MSI's after decoding. A destination of 0xFF reaches all. Returns
     * how many targets accepted.
     */
    public int send(int destination, DestinationMode mode, int request) {
        boolean logical = mode == DestinationMode.LOGICAL;
        int accepted = deliverTo(DestinationWalk.query(destination, logical, false), request);
        listener.sent(null, (long) destination << 32 | mode.bits() | request, accepted);
        return accepted;
    }

    /**
     * Sends a message whose destination has 32 bits, as a remapping unit in extended mode makes them (VT-d, 5.1.3): 0xFF
     * is one id of x2APIC mode there, and all ones reach all. Returns how many targets accepted.
     */
    public int sendExtended(int destination, DestinationMode mode, int request) {
        int accepted = deliverTo(DestinationWalk.query(destination, mode == DestinationMode.LOGICAL, true), request);
        listener.sent(null, (long) destination << 32 | mode.bits() | request, accepted);
        return accepted;
    }

    /**
     * Delivers an MSI (SDM vol. 3A, 12.11). Returns how many targets accepted. One for a remapping unit, or in a mode
     * that messages do not have, reaches nobody.
     */
    public int sendMsi(long address, int data) {
        if (!MsiMessage.deliverable(address, data)) {
            return 0;
        }
        // Data bit 14 is not looked at: an MSI asserts.
        int request = ApicRequest.edge(MsiMessage.delivery(address, data), Msi.vector(data))
                | Msi.triggerMode(data).bits();
        return send(Msi.destination(address), Msi.destinationMode(address), request);
    }

    /** Whether a message to this address is for this APIC. */
    public static boolean reaches(LocalApic target, long address) {
        return !Msi.remappable(address)
                && DestinationWalk.matches(
                        target.address(), DestinationWalk.query(Msi.destination(address), Msi.logical(address), false));
    }

    /** Whether a message to this address can be for this APIC: only a remapping unit knows where its messages end. */
    public static boolean mayReach(LocalApic target, long address) {
        return Msi.remappable(address) || reaches(target, address);
    }

    /** Whether a device's message with this destination is for this APIC. */
    public boolean matches(LocalApic target, int destination, DestinationMode mode) {
        long query = DestinationWalk.query(destination, mode == DestinationMode.LOGICAL, false);
        return DestinationWalk.matches(target.address(), query);
    }

    /**
     * Offers a request to one APIC: 1 where it accepts (a merged IRR bit counts), else 0. The one door for all senders.
     */
    public int deliver(LocalApic target, int request) {
        if (target.accepts(request)) {
            transit.carry(target, request);
            return 1;
        }
        refuse(target, request);
        return 0;
    }

    void carry(LocalApic target, int request) {
        transit.carry(target, request);
    }

    private void refuse(LocalApic target, int request) {
        if (target.notesIllegalVector(request)) {
            transit.carry(target, request);
        }
        listener.refused(target, request);
    }

    private int deliverToAll(@Nullable LocalApic except, int request) {
        DestinationMap targets = map();
        int accepted = 0;
        for (int i = 0; i < targets.size(); i++) {
            LocalApic target = targets.apic(i);
            if (target != except) {
                accepted += deliver(target, request);
            }
        }
        return accepted;
    }

    private int deliverTo(long query, int request) {
        DestinationMap targets = map();
        if (ApicRequest.lowestPriority(request) && arbitrates(query)) {
            return deliverToLowest(targets, query, request);
        }
        int accepted = 0;
        for (int i = targets.next(-1, query); i >= 0; i = targets.next(i, query)) {
            accepted += deliver(targets.apic(i), request);
        }
        return accepted;
    }

    /** A physical broadcast with lowest priority goes to all, as a fixed one. */
    private static boolean arbitrates(long query) {
        int destination = DestinationWalk.destination(query);
        return DestinationWalk.logical(query)
                || (destination != DestinationWalk.XAPIC_BROADCAST && destination != DestinationWalk.X2APIC_BROADCAST);
    }

    private int deliverToLowest(DestinationMap targets, long query, int request) {
        int best = lowestPriority == LowestPriority.BY_VECTOR
                ? byVector(targets, query, request)
                : byPriority(targets, query, request);
        if (best < 0) {
            return refuseByLast(targets, query, request);
        }
        return deliver(targets.apic(best), request);
    }

    /** Nobody accepts; one is told, for its error status. */
    private int refuseByLast(DestinationMap targets, long query, int request) {
        int last = -1;
        for (int i = targets.next(-1, query); i >= 0; i = targets.next(i, query)) {
            last = i;
        }
        return last < 0 ? 0 : deliver(targets.apic(last), request);
    }

    private static int byPriority(DestinationMap targets, long query, int request) {
        int best = -1;
        for (int i = targets.next(-1, query); i >= 0; i = targets.next(i, query)) {
            LocalApic candidate = targets.apic(i);
            if (candidate.accepts(request)
                    && (best < 0
                            || candidate.processorPriority()
                                    < targets.apic(best).processorPriority())) {
                best = i;
            }
        }
        return best;
    }

    private static int byVector(DestinationMap targets, long query, int request) {
        int candidates = 0;
        for (int i = targets.next(-1, query); i >= 0; i = targets.next(i, query)) {
            candidates += targets.apic(i).accepts(request) ? 1 : 0;
        }
        if (candidates == 0) {
            return -1;
        }
        int rank = ApicRequest.vector(request) % candidates;
        for (int i = targets.next(-1, query); i >= 0; i = targets.next(i, query)) {
            if (targets.apic(i).accepts(request) && rank-- == 0) {
                return i;
            }
        }
        // Another thread disabled an APIC in between.
        return -1;
    }
}
