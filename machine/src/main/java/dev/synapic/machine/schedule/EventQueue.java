// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

import java.util.PriorityQueue;

/** Events of devices in virtual time. Those of equal time happen in the order in which they were planned. */
public final class EventQueue {
    private record Event(long ps, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(ps, other.ps);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long planned;

    /** Plans an action at ps. */
    public void at(long ps, Runnable action) {
        events.add(new Event(ps, planned++, action));
    }

    /** When the next event is due, or {@link VirtualTime#NEVER}. */
    public long nextPs() {
        Event next = events.peek();
        return next == null ? VirtualTime.NEVER : next.ps;
    }

    /** Carries out the next event. */
    public void runNext() {
        Event next = events.poll();
        if (next != null) {
            next.action.run();
        }
    }
}
