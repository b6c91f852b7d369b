// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.machine.schedule.DeviceClock;
import dev.synapic.machine.schedule.DeviceTimer;
import dev.synapic.machine.schedule.EventClock;
import dev.synapic.machine.schedule.EventQueue;
import dev.synapic.machine.schedule.VirtualTime;

/** Virtual time that a test moves on; timers go off on the way. */
public final class DeviceTime implements DeviceClock {
    public static final long MICROSECOND = 1_000_000;
    public static final long MILLISECOND = 1_000 * MICROSECOND;
    public static final long SECOND = 1_000 * MILLISECOND;

    private final EventQueue events = new EventQueue();
    private final EventClock clock = new EventClock(events, () -> this.now);
    private long now;

    @Override
    public long nowPs() {
        return now;
    }

    @Override
    public DeviceTimer timer(Runnable action) {
        return clock.timer(action);
    }

    /** Lets time pass. */
    public void pass(long ps) {
        long until = now + ps;
        while (events.nextPs() <= until) {
            now = Math.max(now, events.nextPs());
            events.runNext();
        }
        now = until;
    }

    /** Whether anything is planned at all. */
    public boolean idle() {
        return events.nextPs() == VirtualTime.NEVER;
    }
}
