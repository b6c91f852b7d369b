// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/**
 * What devices do in virtual time: planned events, those of equal time in the order in which they were planned, and deadlines of timed
 * devices, which are asked anew after every change.
 */
public final class EventQueue {
    private record Event(long ps, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(ps, other.ps);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private final List<TimedDevice> devices = new ArrayList<>();
    private final ChangeCount changes;
    private long planned;
    private long asked = -1;
    private long devicesPs = VirtualTime.NEVER;

    /** changes tells when the deadlines of devices may have moved. */
    public EventQueue(ChangeCount changes) {
        this.changes = changes;
    }

    /** Plans an action at ps. */
    public void at(long ps, Runnable action) {
        events.add(new Event(ps, planned++, action));
    }

    /** Minds a device's deadlines from now on. */
    public void add(TimedDevice device) {
        devices.add(device);
        changes.changed();
    }

    /** When the next event or deadline is due, or {@link VirtualTime#NEVER}. */
    public long nextPs() {
        if (asked != changes.count()) {
            asked = changes.count();
            devicesPs = VirtualTime.NEVER;
            for (TimedDevice device : devices) {
                devicesPs = Math.min(devicesPs, VirtualTime.psOfNanos(device.nextDeadlineNanos()));
            }
        }
        Event next = events.peek();
        return next == null ? devicesPs : Math.min(next.ps, devicesPs);
    }

    /** Carries out what is due next; a deadline comes before an event of the same time. */
    public void runNext() {
        long ps = nextPs();
        changes.changed();
        if (devicesPs == ps) {
            for (TimedDevice device : devices) {
                if (VirtualTime.psOfNanos(device.nextDeadlineNanos()) <= ps) {
                    device.expire();
                }
            }
            return;
        }
        Event next = events.poll();
        if (next != null) {
            next.action.run();
        }
    }
}
