// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The messages of the guest's own ports that wait for one slot, in the order in which they were posted.
 *
 * <p>Spec: TLFS, "Message Buffer Queues". Threading: any thread; the lock is not held while the SINT is raised.
 */
final class PortQueue {
    record Waiting(GuestPort port, SynIcMessage message) {}

    private final SynIc synIc;
    private final int sint;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();

    PortQueue(SynIc synIc, int sint) {
        this.synIc = synIc;
        this.sint = sint;
    }

    /** The port has taken a buffer for it. Returns false where the port has been deleted meanwhile. */
    boolean post(GuestPort port, SynIcMessage message) {
        List<SynIcMessage> posted;
        synchronized (this) {
            if (port.isDeleted()) {
                port.freeBuffer();
                return false;
            }
            waiting.add(new Waiting(port, message));
            posted = deliver();
        }
        tell(posted);
        return true;
    }

    /** The slot may be free. */
    void retry() {
        List<SynIcMessage> posted;
        synchronized (this) {
            posted = deliver();
        }
        tell(posted);
    }

    private List<SynIcMessage> deliver() {
        List<SynIcMessage> posted = List.of();
        while (!waiting.isEmpty()) {
            Waiting first = waiting.getFirst();
            if (synIc.offerMessage(sint, first.message, SlotTurns.PORTS) != MessageSlot.Post.POSTED) {
                return posted;
            }
            waiting.remove();
            first.port.freeBuffer();
            posted = posted.isEmpty() ? new ArrayList<>() : posted;
            posted.add(first.message);
        }
        return posted;
    }

    private void tell(List<SynIcMessage> posted) {
        for (SynIcMessage message : posted) {
            synIc.tellPosted(sint, message);
        }
    }

    /** A deleted port's messages are lost, delivered or not (TLFS, HvDeletePort). */
    synchronized void drop(GuestPort port) {
        for (Iterator<Waiting> each = waiting.iterator(); each.hasNext(); ) {
            if (each.next().port == port) {
                each.remove();
                port.freeBuffer();
            }
        }
        leaveIfEmpty();
    }

    /** The processor's SynIC was reset, and with it its queues. */
    synchronized void clear() {
        waiting.forEach(each -> each.port.freeBuffer());
        waiting.clear();
        leaveIfEmpty();
    }

    private void leaveIfEmpty() {
        if (waiting.isEmpty()) {
            synIc.stopWaiting(sint, SlotTurns.PORTS);
        }
    }

    synchronized List<Waiting> waiting() {
        return List.copyOf(waiting);
    }

    /** Posts nothing before the slot may be free. */
    synchronized void restore(Waiting message) {
        message.port.restoreBuffer();
        waiting.add(message);
    }
}
