// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.hyperv.ConnectionTable;
import dev.synapic.interrupts.hyperv.EventFlags;
import dev.synapic.interrupts.hyperv.MessagePort;
import dev.synapic.interrupts.hyperv.SintMessageQueues;
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIcPages;
import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.IrqChipException;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.interrupts.routing.SintLine;
import dev.synapic.machine.bus.IoDevice;
import java.util.HashMap;
import java.util.Map;

/**
 * The port by which a guest that tests a SynIC makes routes to SINTs and connections, and raises SINTs.
 *
 * <ul>
 *   <li>Models: QEMU's hyperv-testdev at its port: a 32-bit write is a command: SINT in 7:0, VP index in 15:8, command
 *       in 23:16, connection id in 31:24. Commands 1, 2 and 3 create, destroy and raise a route; 4 and 5 create and
 *       destroy a connection that sends each message on to the SINT; 6 and 7 one that sets the event flag whose number
 *       is the connection's. Reads give 0.
 *   <li>Spec: what kvm-unit-tests' x86/hyperv.c writes.
 *   <li>Like a VMM it uses only the fabric's outside: irqfds with resamplers, the connection table, eventfds, and the
 *       page addresses that the guest has told.
 *   <li>A SINT may have one route and any number of connections.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class HypervTestDevice implements IoDevice {
    public static final int PORT = 0x3000;
    public static final int PORTS = 4;
    private static final int CREATE_ROUTE = 1;
    private static final int DESTROY_ROUTE = 2;
    private static final int RAISE = 3;
    private static final int CREATE_MESSAGE_CONNECTION = 4;
    private static final int DESTROY_MESSAGE_CONNECTION = 5;
    private static final int CREATE_EVENT_CONNECTION = 6;
    private static final int DESTROY_EVENT_CONNECTION = 7;

    private record EventConnection(SintLine line, EventFd signals) {}

    private final SintGsiAllocator lines;
    private final SintMessageQueues queues;
    private final SynIcPages pages;
    private final ConnectionTable connections;
    private final GuestMemory memory;
    /** By SINT and VP index, as the command holds them. */
    private final Map<Integer, SintLine> routes = new HashMap<>();

    private final Map<Integer, MessagePort> messageConnections = new HashMap<>();
    private final Map<Integer, EventConnection> eventConnections = new HashMap<>();
    private long refused;

    public HypervTestDevice(
            SintGsiAllocator lines,
            SlotTurns turns,
            SynIcPages pages,
            ConnectionTable connections,
            GuestMemory memory) {
        this.lines = lines;
        this.queues = new SintMessageQueues(lines, turns, pages);
        this.pages = pages;
        this.connections = connections;
        this.memory = memory;
    }

    @Override
    public int in(int offset, int size) {
        return 0;
    }

    @Override
    public void out(int offset, int size, int value) {
        if (offset != 0 || size != 4) {
            refused++;
            return;
        }
        try {
            command(value >> 16 & 0xFF, value & 0xFFFF, value >>> 24);
        } catch (IrqChipException taken) {
            refused++;
        }
    }

    private void command(int command, int key, int connectionId) {
        switch (command) {
            case CREATE_ROUTE -> createRoute(key);
            case DESTROY_ROUTE -> destroyRoute(key);
            case RAISE -> raise(key);
            case CREATE_MESSAGE_CONNECTION -> createMessageConnection(key, connectionId);
            case DESTROY_MESSAGE_CONNECTION -> destroyMessageConnection(connectionId);
            case CREATE_EVENT_CONNECTION -> createEventConnection(key, connectionId);
            case DESTROY_EVENT_CONNECTION -> destroyEventConnection(connectionId);
            default -> refused++;
        }
    }

    private static int sint(int key) {
        return key & 0xFF;
    }

    private static int vpIndex(int key) {
        return key >> 8;
    }

    private void createRoute(int key) {
        if (routes.containsKey(key)) {
            refused++;
        } else {
            routes.put(key, lines.open(vpIndex(key), sint(key), () -> {}));
        }
    }

    private void destroyRoute(int key) {
        SintLine line = routes.remove(key);
        if (line == null) {
            refused++;
        } else {
            line.close();
        }
    }

    private void raise(int key) {
        SintLine line = routes.get(key);
        if (line == null) {
            refused++;
        } else {
            line.raise();
        }
    }

    private void createMessageConnection(int key, int connectionId) {
        MessagePort port = new MessagePort(queues, pages, vpIndex(key), sint(key));
        try {
            connections.addMessageHandler(connectionId, port);
        } catch (IrqChipException taken) {
            port.close();
            throw taken;
        }
        messageConnections.put(connectionId, port);
    }

    private void destroyMessageConnection(int connectionId) {
        MessagePort port = messageConnections.remove(connectionId);
        if (port == null) {
            refused++;
            return;
        }
        connections.removeMessageHandler(connectionId);
        port.close();
    }

    private void createEventConnection(int key, int connectionId) {
        SintLine line = lines.open(vpIndex(key), sint(key), () -> {});
        EventFd signals = new EventFd();
        signals.listen(() -> {
            signals.read();
            signal(line, connectionId);
        });
        try {
            connections.assignEventFd(connectionId, signals);
        } catch (IrqChipException taken) {
            line.close();
            throw taken;
        }
        eventConnections.put(connectionId, new EventConnection(line, signals));
    }

    private void signal(SintLine line, int flag) {
        EventFlags.Signal result = EventFlags.signal(memory, pages.siefp(line.vpIndex()), line.sint(), flag);
        if (result == EventFlags.Signal.NEWLY_SET) {
            line.raise();
        }
    }

    private void destroyEventConnection(int connectionId) {
        EventConnection connection = eventConnections.remove(connectionId);
        if (connection == null) {
            refused++;
            return;
        }
        connections.deassignEventFd(connectionId);
        connection.signals.close();
        connection.line.close();
    }

    /** Commands of the guest that made no sense: unknown, or about something that is taken or not there. */
    public long refused() {
        return refused;
    }
}
