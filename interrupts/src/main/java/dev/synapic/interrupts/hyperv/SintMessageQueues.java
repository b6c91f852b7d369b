// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.interrupts.routing.SintGsiAllocator;
import java.util.HashMap;
import java.util.Map;

/**
 * The VMM's message queues, one for each SINT that has producers.
 *
 * <ul>
 *   <li>Models: several message ports of one SINT, whose messages arrive in the order in which they were posted, whoever
 *       posted them.
 *   <li>Spec: TLFS, "Message Buffer Queues": one queue for each SINT of each processor.
 *   <li>Not modelled: the processor's synthetic timers, which have buffers of their own ({@link SlotTurns}).
 *   <li>Threading: any thread.
 * </ul>
 */
public final class SintMessageQueues {
    private record Place(int vpIndex, int sint) {}

    private static final class Shared {
        private final SintMessageQueue queue;
        private int users;

        Shared(SintMessageQueue queue) {
            this.queue = queue;
        }
    }

    private final SintGsiAllocator lines;
    private final SlotTurns turns;
    private final SynIcPages pages;
    private final Map<Place, Shared> byPlace = new HashMap<>();

    /** lines gives each queue its GSI, turns is the machine's, pages says where guests have their slots. */
    public SintMessageQueues(SintGsiAllocator lines, SlotTurns turns, SynIcPages pages) {
        this.lines = lines;
        this.turns = turns;
        this.pages = pages;
    }

    /** One more producer. Throws EEXIST where the SINT has a queue that is not of this book, ENOSPC without a GSI. */
    synchronized SintMessageQueue join(int vpIndex, int sint) {
        Shared shared = byPlace.computeIfAbsent(new Place(vpIndex, sint), place -> new Shared(open(place)));
        shared.users++;
        return shared.queue;
    }

    /** How much waits is the producers' to limit. */
    private SintMessageQueue open(Place place) {
        return new SintMessageQueue(
                lines, turns, pages, place.vpIndex, place.sint, Integer.MAX_VALUE, SintMessageQueue.WhenDisabled.HOLD);
    }

    /** One producer less; the last one closes the queue. */
    synchronized void leave(SintMessageQueue queue) {
        Place place = new Place(queue.line().vpIndex(), queue.line().sint());
        Shared shared = byPlace.get(place);
        if (shared != null && shared.queue == queue && --shared.users == 0) {
            byPlace.remove(place);
            queue.close();
        }
    }
}
