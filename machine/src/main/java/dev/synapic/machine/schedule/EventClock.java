// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

import java.util.function.LongSupplier;

/**
 * The devices' clock in a machine: its timers are events. An event that its timer no longer needs stays planned and does nothing;
 * a timer has at most one for each time that it was set to an earlier instant.
 */
public final class EventClock implements DeviceClock {
    private final EventQueue events;
    private final LongSupplier nowPs;

    public EventClock(EventQueue events, LongSupplier nowPs) {
        this.events = events;
        this.nowPs = nowPs;
    }

    @Override
    public long nowPs() {
        return nowPs.getAsLong();
    }

    @Override
    public DeviceTimer timer(Runnable action) {
        return new Timer(action);
    }

    private final class Timer implements DeviceTimer {
        private final Runnable action;
        private long deadlinePs = VirtualTime.NEVER;
        private long plannedPs = VirtualTime.NEVER;

        Timer(Runnable action) {
            this.action = action;
        }

        @Override
        public void set(long ps) {
            deadlinePs = ps;
            if (ps < plannedPs) {
                plannedPs = ps;
                events.at(ps, () -> due(ps));
            }
        }

        private void due(long ps) {
            if (ps != plannedPs) {
                return;
            }
            plannedPs = VirtualTime.NEVER;
            if (deadlinePs <= ps) {
                deadlinePs = VirtualTime.NEVER;
                action.run();
            } else {
                set(deadlinePs);
            }
        }
    }
}
