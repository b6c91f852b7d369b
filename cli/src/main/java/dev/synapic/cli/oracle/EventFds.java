// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.interrupts.routing.EventFd;
import java.util.HashMap;
import java.util.Map;

/** The client's eventfds by name. A signal that no irqfd takes is an event that the client hears. */
final class EventFds {
    static final int LONGEST_NAME = 64;
    private static final int MOST = 4096;

    private final Map<String, EventFd> byName = new HashMap<>();
    private final EventLog log;

    EventFds(EventLog log) {
        this.log = log;
    }

    /** The eventfd of that name; the first one who names it makes it. */
    EventFd get(String name) {
        EventFd known = byName.get(name);
        if (known != null) {
            return known;
        }
        if (byName.size() >= MOST) {
            throw new BadRequest("there are " + MOST + " eventfds already; use one of them");
        }
        EventFd made = new EventFd();
        made.listen(() -> log.add(EventLog.EVENTFD, "eventfd", name, "count", made.read()));
        byName.put(name, made);
        return made;
    }
}
