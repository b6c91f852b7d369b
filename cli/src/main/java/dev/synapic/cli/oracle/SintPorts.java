// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.hyperv.EventPort;
import dev.synapic.interrupts.hyperv.MessagePort;
import dev.synapic.interrupts.hyperv.SintMessageQueue;
import dev.synapic.interrupts.hyperv.SintMessageQueues;
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIcMessage;
import dev.synapic.interrupts.hyperv.SynIcPages;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.spec.hyperv.HvEventFlags;
import dev.synapic.spec.hyperv.HvStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The VMM's message and event ports: one of each for a SINT, opened by the first one who needs it. Each takes a GSI with an HV_SINT
 * route and an irqfd with resampler.
 */
final class SintPorts {
    /** GSIs from here on are the ports'. */
    static final int FIRST_GSI = 2048;

    private static final int END_GSI = 4096;
    private static final int MOST_WAITING = 1024;

    /** A SINT of a virtual processor. */
    record Place(int vp, int sint) {}

    private record Ports(MessagePort messages, EventPort events) {}

    private final GuestMemory memory;
    private final SynIcPages pages;
    private final SintGsiAllocator lines;
    private final SintMessageQueues queues;
    private final Map<Place, Ports> open = new LinkedHashMap<>();

    SintPorts(IrqChip irqChip, GuestMemory memory, SlotTurns turns, SynIcPages pages) {
        this.memory = memory;
        this.pages = pages;
        this.lines = new SintGsiAllocator(irqChip, FIRST_GSI, END_GSI);
        this.queues = new SintMessageQueues(lines, turns, pages);
    }

    /** Returns one of {@link HvStatus}. */
    int post(Place place, SynIcMessage message) {
        MessagePort port = at(place).messages;
        return port.queue().size() < MOST_WAITING ? port.post(message) : HvStatus.HV_STATUS_INSUFFICIENT_BUFFERS;
    }

    /** Returns one of {@link HvStatus}. */
    int signal(Place place, int flag) {
        return at(place).events.signal(flag);
    }

    private Ports at(Place place) {
        Ports known = open.get(place);
        if (known != null) {
            return known;
        }
        MessagePort messages = new MessagePort(queues, pages, place.vp, place.sint);
        EventPort events = new EventPort(messages.queue().line(), memory, pages, 0, HvEventFlags.FLAGS_PER_SINT);
        Ports ports = new Ports(messages, events);
        open.put(place, ports);
        return ports;
    }

    /** The SINTs that have ports, in the order in which they were opened, which is that of their GSIs. */
    List<Place> places() {
        return List.copyOf(open.keySet());
    }

    List<SintMessageQueue> queues() {
        return open.values().stream().map(ports -> ports.messages.queue()).toList();
    }

    /** Opens just these, in this order. */
    void reopen(List<Place> places) {
        if (places.equals(places())) {
            return;
        }
        open.values().forEach(ports -> ports.messages.close());
        open.clear();
        places.forEach(this::at);
    }
}
