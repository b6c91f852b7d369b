// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.interrupts.routing.IrqChipException;
import dev.synapic.spec.hyperv.HvConnectionId;
import dev.synapic.spec.hyperv.HvEventFlags;
import dev.synapic.spec.hyperv.HvPort;
import dev.synapic.spec.hyperv.HvSint;
import dev.synapic.spec.hyperv.HvStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The ports and connections that a guest makes for itself: through them its processors post messages to each other and
 * signal each other's event flags.
 *
 * <ul>
 *   <li>Models: message and event ports of the guest's own partition, targeted at one processor or at any; connections to
 *       them in the same table as the VMM's; sixteen message buffers for each port; a bounded number of ports and
 *       connections.
 *   <li>Spec: TLFS, "Ports and Connections", HvCallCreatePort, HvCallDeletePort, HvCallConnectPort, HvCallDisconnectPort.
 *   <li>Not modelled: other partitions, monitor and doorbell ports, memory pools.
 *   <li>Threading: any thread. It is a listener of each SynIC of the machine, and hears there that a slot may be free.
 * </ul>
 *
 * <p>A deleted port leaves its connections in place, and useless: a port that is made later by the same id does not bring
 * them back.
 */
public final class GuestPorts implements SynIcListener {
    /** A guest has at most so many ports. */
    public static final int MOST_PORTS = 1024;
    /** A guest has at most so many connections of its own. */
    public static final int MOST_CONNECTIONS = 1024;

    private final SynIcSet processors;
    private final ConnectionTable connections;
    private final SortedMap<Integer, GuestPort> ports = new TreeMap<>();
    private final SortedMap<Integer, GuestPort> connected = new TreeMap<>();
    private final AtomicReferenceArray<@Nullable PortQueue> queues;

    /** connections is what HvCallPostMessage and HvCallSignalEvent look into. */
    public GuestPorts(SynIcSet processors, ConnectionTable connections) {
        this.processors = processors;
        this.connections = connections;
        this.queues = new AtomicReferenceArray<>(processors.limit() * HvSint.COUNT);
    }

    // ---- the guest's side; all return one of HvStatus ---------------------------------------------------------------

    /** An id that is in use is invalid. */
    synchronized int create(GuestPort.Shape shape) {
        if (!HvPort.validId(shape.id()) || ports.containsKey(shape.id())) {
            return HvStatus.HV_STATUS_INVALID_PORT_ID;
        }
        if (!isValid(shape)) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        if (!hasTarget(shape.vpIndex())) {
            return HvStatus.HV_STATUS_INVALID_VP_INDEX;
        }
        if (ports.size() >= MOST_PORTS) {
            return HvStatus.HV_STATUS_INSUFFICIENT_MEMORY;
        }
        ports.put(shape.id(), new GuestPort(this, shape, 0));
        return HvStatus.HV_STATUS_SUCCESS;
    }

    synchronized int delete(int portId) {
        GuestPort port = ports.remove(portId);
        if (port == null) {
            return HvStatus.HV_STATUS_INVALID_PORT_ID;
        }
        delete(port);
        return HvStatus.HV_STATUS_SUCCESS;
    }

    private void delete(GuestPort port) {
        port.delete();
        for (int place = 0; place < queues.length(); place++) {
            PortQueue queue = queues.get(place);
            if (queue != null) {
                queue.drop(port);
            }
        }
    }

    /** type is what the guest takes the port for. */
    synchronized int connect(int connectionId, int portId, int type) {
        if (!HvConnectionId.valid(connectionId) || connections.has(connectionId)) {
            return HvStatus.HV_STATUS_INVALID_CONNECTION_ID;
        }
        GuestPort port = ports.get(portId);
        if (port == null) {
            return HvStatus.HV_STATUS_INVALID_PORT_ID;
        }
        if (!port.isFor(type)) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        if (connected.size() >= MOST_CONNECTIONS) {
            return HvStatus.HV_STATUS_INSUFFICIENT_MEMORY;
        }
        try {
            add(connectionId, port);
        } catch (IrqChipException taken) {
            return HvStatus.HV_STATUS_INVALID_CONNECTION_ID;
        }
        return HvStatus.HV_STATUS_SUCCESS;
    }

    /** Messages that wait are delivered all the same. The VMM's connections are not the guest's to sever. */
    synchronized int disconnect(int connectionId) {
        GuestPort port = connected.remove(connectionId);
        if (port == null) {
            return HvStatus.HV_STATUS_INVALID_CONNECTION_ID;
        }
        remove(connectionId, port);
        return HvStatus.HV_STATUS_SUCCESS;
    }

    /** Null where there is no such port. */
    synchronized @Nullable GuestPort port(int portId) {
        return ports.get(portId);
    }

    private void add(int connectionId, GuestPort port) {
        if (port.isFor(HvPort.TYPE_MESSAGE)) {
            connections.addMessageHandler(connectionId, port);
        } else {
            connections.addEventHandler(connectionId, port);
        }
        connected.put(connectionId, port);
    }

    private void remove(int connectionId, GuestPort port) {
        if (port.isFor(HvPort.TYPE_MESSAGE)) {
            connections.removeMessageHandler(connectionId);
        } else {
            connections.removeEventHandler(connectionId);
        }
    }

    private boolean hasTarget(int vpIndex) {
        return vpIndex == HvPort.ANY_VP || processors.get(vpIndex) != null;
    }

    private static boolean isValid(GuestPort.Shape shape) {
        boolean flags = switch (shape.type()) {
            case HvPort.TYPE_MESSAGE -> shape.baseFlag() == 0 && shape.flagCount() == 0;
            case HvPort.TYPE_EVENT ->
                shape.baseFlag() >= 0
                        && shape.flagCount() > 0
                        && shape.baseFlag() <= HvEventFlags.FLAGS_PER_SINT - shape.flagCount();
            default -> false;
        };
        return flags && shape.sint() >= HvPort.FIRST_SINT && shape.sint() < HvSint.COUNT;
    }

    // ---- what arrives at a port -------------------------------------------------------------------------------------

    /** The queue of the port's target, or of the first processor that takes messages; null where none does. */
    @Nullable
    PortQueue queueFor(GuestPort.Shape shape) {
        if (shape.vpIndex() != HvPort.ANY_VP) {
            return queueOf(shape.vpIndex(), shape.sint());
        }
        PortQueue queue = null;
        for (int vpIndex = 0; vpIndex < processors.limit() && queue == null; vpIndex++) {
            queue = queueOf(vpIndex, shape.sint());
        }
        return queue;
    }

    private @Nullable PortQueue queueOf(int vpIndex, int sint) {
        SynIc synIc = processors.get(vpIndex);
        return synIc != null && synIc.takesMessages() ? queue(synIc, sint) : null;
    }

    private PortQueue queue(SynIc synIc, int sint) {
        int place = synIc.vpIndex() * HvSint.COUNT + sint;
        PortQueue queue = queues.get(place);
        if (queue != null) {
            return queue;
        }
        PortQueue made = new PortQueue(synIc, sint);
        PortQueue other = queues.compareAndExchange(place, null, made);
        return other == null ? made : other;
    }

    /** Sets a flag of the port's target, or of the first processor that takes events. */
    int signal(GuestPort.Shape shape, int flag) {
        if (shape.vpIndex() != HvPort.ANY_VP) {
            return signal(shape.vpIndex(), shape.sint(), flag);
        }
        int status = HvStatus.HV_STATUS_INVALID_SYNIC_STATE;
        for (int vpIndex = 0; vpIndex < processors.limit() && status != HvStatus.HV_STATUS_SUCCESS; vpIndex++) {
            status = signal(vpIndex, shape.sint(), flag);
        }
        return status;
    }

    private int signal(int vpIndex, int sint, int flag) {
        SynIc synIc = processors.get(vpIndex);
        if (synIc == null) {
            return HvStatus.HV_STATUS_INVALID_VP_INDEX;
        }
        return switch (synIc.signalEvent(sint, flag)) {
            case NEWLY_SET, ALREADY_SET -> HvStatus.HV_STATUS_SUCCESS;
            case DISABLED, MASKED, OUT_OF_RANGE -> HvStatus.HV_STATUS_INVALID_SYNIC_STATE;
        };
    }

    @Override
    public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
        PortQueue queue = queues.get(synIc.vpIndex() * HvSint.COUNT + sint);
        if (queue != null) {
            queue.retry();
        }
    }

    /** A reset empties the processor's queues (TLFS, "Message Buffer Queues"); msr is 0 then. */
    @Override
    public void pagesChanged(SynIc synIc, int msr, long control, long evtPage, long msgPage) {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            PortQueue queue = queues.get(synIc.vpIndex() * HvSint.COUNT + sint);
            if (queue == null) {
                continue;
            }
            if (msr == 0) {
                queue.clear();
            } else {
                queue.retry();
            }
        }
    }

    // ---- state ------------------------------------------------------------------------------------------------------

    /** System reset: the guest's ports and connections are gone; the VMM's stay. */
    public synchronized void reset() {
        ports.values().forEach(this::delete);
        ports.clear();
        connected.forEach(this::remove);
        connected.clear();
    }

    /**
     * All that the guest has made.
     *
     * @param messages those that wait, for each SINT in their order
     */
    public record State(int version, List<Port> ports, List<Connection> connections, List<Message> messages) {
        public static final int CURRENT_VERSION = 1;

        /** A port by its id, with what HvCallCreatePort said; postCount messages were posted to it. */
        public record Port(int id, int type, int sint, int vpIndex, int baseFlag, int flagCount, long postCount) {
            /** Throws IllegalArgumentException for what HvCallCreatePort would refuse. */
            public Port {
                GuestPort.Shape shape = new GuestPort.Shape(id, type, sint, vpIndex, baseFlag, flagCount);
                if (!HvPort.validId(id) || !isValid(shape)) {
                    throw new IllegalArgumentException("no guest can have such a port: " + shape);
                }
            }

            private GuestPort.Shape shape() {
                return new GuestPort.Shape(id, type, sint, vpIndex, baseFlag, flagCount);
            }
        }

        /** portId is -1 where the port has been deleted; type is what it was. */
        public record Connection(int id, int type, int portId) {
            static final int NO_PORT = -1;
        }

        /** A message that waits for a SINT of a processor. */
        public record Message(int portId, int vpIndex, SynIcMessage message) {}

        /** Throws IllegalArgumentException for another version, or more than a guest may have. */
        public State {
            if (version != CURRENT_VERSION) {
                throw new IllegalArgumentException(
                        "port state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
            }
            ports = List.copyOf(ports);
            connections = List.copyOf(connections);
            messages = List.copyOf(messages);
            if (ports.size() > MOST_PORTS || connections.size() > MOST_CONNECTIONS) {
                throw new IllegalArgumentException(
                        "no guest has " + ports.size() + " ports and " + connections.size() + " connections");
            }
        }
    }

    /** All that the guest has made, and the messages that wait. */
    public synchronized State save() {
        List<State.Port> savedPorts = new ArrayList<>();
        for (GuestPort port : ports.values()) {
            GuestPort.Shape shape = port.shape();
            savedPorts.add(new State.Port(
                    shape.id(),
                    shape.type(),
                    shape.sint(),
                    shape.vpIndex(),
                    shape.baseFlag(),
                    shape.flagCount(),
                    port.postCount()));
        }
        List<State.Connection> savedConnections = new ArrayList<>();
        connected.forEach((id, port) -> savedConnections.add(new State.Connection(
                id,
                port.shape().type(),
                port.isDeleted() ? State.Connection.NO_PORT : port.shape().id())));
        return new State(State.CURRENT_VERSION, savedPorts, savedConnections, savedMessages());
    }

    private List<State.Message> savedMessages() {
        List<State.Message> saved = new ArrayList<>();
        for (int place = 0; place < queues.length(); place++) {
            PortQueue queue = queues.get(place);
            if (queue == null) {
                continue;
            }
            int vpIndex = place / HvSint.COUNT;
            queue.waiting()
                    .forEach(each ->
                            saved.add(new State.Message(each.port().shape().id(), vpIndex, each.message())));
        }
        return saved;
    }

    /**
     * Takes all over; posts nothing before a slot may be free. Who waits for a slot is part of {@link SynIcState}.
     *
     * @throws IllegalArgumentException for the state of another machine, or one that no machine can have
     */
    public synchronized void restore(State state) {
        connected.forEach(this::remove);
        connected.clear();
        ports.values().forEach(GuestPort::delete);
        ports.clear();
        for (int place = 0; place < queues.length(); place++) {
            queues.set(place, null);
        }
        state.ports().forEach(this::restorePort);
        state.connections().forEach(this::restoreConnection);
        state.messages().forEach(this::restoreMessage);
    }

    private void restorePort(State.Port saved) {
        requirePossible(hasTarget(saved.vpIndex()), saved);
        GuestPort before = ports.put(saved.id(), new GuestPort(this, saved.shape(), saved.postCount()));
        requirePossible(before == null, saved);
    }

    private void restoreConnection(State.Connection saved) {
        GuestPort port = ports.get(saved.portId());
        if (saved.portId() == State.Connection.NO_PORT) {
            port = new GuestPort(this, new GuestPort.Shape(0, saved.type(), 0, 0, 0, 0), 0);
            port.delete();
        }
        requirePossible(HvConnectionId.valid(saved.id()) && !connections.has(saved.id()), saved);
        if (port == null || !port.isFor(saved.type())) {
            throw impossible(saved);
        }
        add(saved.id(), port);
    }

    private void restoreMessage(State.Message saved) {
        GuestPort port = ports.get(saved.portId());
        SynIc synIc = processors.get(saved.vpIndex());
        if (port == null || synIc == null || !port.isFor(HvPort.TYPE_MESSAGE) || !port.mayWaitAt(saved.vpIndex())) {
            throw impossible(saved);
        }
        queue(synIc, port.shape().sint()).restore(new PortQueue.Waiting(port, saved.message()));
    }

    private static void requirePossible(boolean possible, Record saved) {
        if (!possible) {
            throw impossible(saved);
        }
    }

    private static IllegalArgumentException impossible(Record saved) {
        return new IllegalArgumentException("this machine cannot have " + saved);
    }
}
