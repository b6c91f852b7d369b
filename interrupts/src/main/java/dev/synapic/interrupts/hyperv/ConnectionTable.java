// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.interrupts.routing.Errno;
import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.IrqChipException;
import dev.synapic.spec.hyperv.HvConnectionId;
import dev.synapic.spec.hyperv.HvStatus;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a machine: where a guest's HvCallPostMessage and HvCallSignalEvent go. Those that the guest makes
 * stand beside the VMM's ({@link GuestPorts}).
 *
 * <ul>
 *   <li>Models: handlers for messages and for events by connection id; eventfds as event handlers
 *       (KVM_HYPERV_EVENTFD).
 *   <li>Spec: TLFS, "Ports and Connections"; KVM API, KVM_HYPERV_EVENTFD.
 *   <li>Messages and events have a table each, as KVM and its VMMs have: one id may stand in both.
 *   <li>Not modelled: monitored connections, doorbells.
 *   <li>Threading: any thread. A handler runs on the calling vCPU's thread, and may still run when it has just been
 *       removed.
 * </ul>
 */
public final class ConnectionTable {
    /** Takes a guest's message. */
    @FunctionalInterface
    public interface MessageHandler {
        /** The message's sender is the connection id. Returns one of {@link HvStatus}. */
        int post(SynIcMessage message);
    }

    /** Takes a guest's event. */
    @FunctionalInterface
    public interface EventHandler {
        /** flag is 0 to 65535, relative to the port. Returns one of {@link HvStatus}. */
        int signal(int flag);
    }

    /** Handlers of one kind. A look-up needs neither a lock nor an object for the id. */
    private static final class Handlers<H> {
        private final SortedMap<Integer, H> byId = new TreeMap<>();
        private volatile Snapshot<H> snapshot = new Snapshot<>(byId);

        synchronized void add(int connectionId, H handler) {
            if (!HvConnectionId.valid(connectionId)) {
                throw new IrqChipException(Errno.EINVAL, "connection 0x%x: ids have 24 bits".formatted(connectionId));
            }
            if (byId.putIfAbsent(connectionId, handler) != null) {
                throw new IrqChipException(
                        Errno.EEXIST, "connection 0x%x has a handler; remove it first".formatted(connectionId));
            }
            snapshot = new Snapshot<>(byId);
        }

        synchronized void remove(int connectionId) {
            if (byId.remove(connectionId) == null) {
                throw new IrqChipException(Errno.ENOENT, "connection 0x%x has no handler".formatted(connectionId));
            }
            snapshot = new Snapshot<>(byId);
        }

        @Nullable
        H get(int connectionId) {
            return snapshot.get(connectionId);
        }
    }

    /** What stood in a map. */
    private static final class Snapshot<H> {
        private final int[] ids;
        private final List<H> handlers;

        Snapshot(SortedMap<Integer, H> byId) {
            ids = byId.keySet().stream().mapToInt(Integer::intValue).toArray();
            handlers = List.copyOf(byId.values());
        }

        @Nullable
        H get(int connectionId) {
            int at = Arrays.binarySearch(ids, connectionId);
            return at < 0 ? null : handlers.get(at);
        }
    }

    private final Handlers<MessageHandler> messages = new Handlers<>();
    private final Handlers<EventHandler> events = new Handlers<>();

    // ---- the VMM's side ---------------------------------------------------------------------------------------------

    /** Throws EINVAL for an id beyond 24 bits, EEXIST for one that has a message handler. */
    public void addMessageHandler(int connectionId, MessageHandler handler) {
        messages.add(connectionId, handler);
    }

    /** Throws ENOENT where there is none. */
    public void removeMessageHandler(int connectionId) {
        messages.remove(connectionId);
    }

    /** Throws EINVAL for an id beyond 24 bits, EEXIST for one that has an event handler. */
    public void addEventHandler(int connectionId, EventHandler handler) {
        events.add(connectionId, handler);
    }

    /** Throws ENOENT where there is none; also takes an eventfd away. */
    public void removeEventHandler(int connectionId) {
        events.remove(connectionId);
    }

    /** KVM_HYPERV_EVENTFD: flag 0 of the connection signals the eventfd; there is no other flag. */
    public void assignEventFd(int connectionId, EventFd eventFd) {
        addEventHandler(connectionId, flag -> {
            if (flag != 0) {
                return HvStatus.HV_STATUS_INVALID_PARAMETER;
            }
            eventFd.signal();
            return HvStatus.HV_STATUS_SUCCESS;
        });
    }

    /** KVM_HYPERV_EVENTFD_DEASSIGN; throws ENOENT where nothing is assigned. */
    public void deassignEventFd(int connectionId) {
        removeEventHandler(connectionId);
    }

    // ---- the guest's side -------------------------------------------------------------------------------------------

    /** Whether a handler of either kind stands there. */
    boolean has(int connectionId) {
        return messages.get(connectionId) != null || events.get(connectionId) != null;
    }

    /** Any id. Returns one of {@link HvStatus}. */
    int post(int connectionId, SynIcMessage message) {
        MessageHandler handler = messages.get(connectionId);
        return handler == null ? missing(connectionId, events) : handler.post(message);
    }

    /** Any id and flag. Returns one of {@link HvStatus}. */
    int signal(int connectionId, int flag) {
        EventHandler handler = events.get(connectionId);
        return handler == null ? missing(connectionId, messages) : handler.signal(flag);
    }

    /** There is no such connection, or its port is of the other kind. */
    private static int missing(int connectionId, Handlers<?> otherKind) {
        return otherKind.get(connectionId) == null
                ? HvStatus.HV_STATUS_INVALID_CONNECTION_ID
                : HvStatus.HV_STATUS_INVALID_PORT_ID;
    }
}
