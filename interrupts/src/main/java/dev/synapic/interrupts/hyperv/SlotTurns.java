// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvSint;
import dev.synapic.spec.hyperv.HvStimerConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Whose turn it is to fill which message slot: the common owner that a slot's producers (its processor's four synthetic
 * timers, one queue of the VMM, and one of the guest's own ports) need, since {@link MessageSlot} takes one at a time.
 *
 * <ul>
 *   <li>Models: a lock and a queue of waiting producers for each slot. A producer that finds the slot taken waits; when
 *       the guest hands the slot back, all are told, and the first of the queue gets it. A message that is posted while
 *       others wait carries the pending flag, so that the guest's next EOM comes for them.
 *   <li>Spec: TLFS, "Message Buffer Queues": one queue for each SINT of each processor, in order.
 *   <li>Not modelled: the messages themselves: each producer keeps its own until its turn has come (the timer's buffer,
 *       {@link SintMessageQueue}, {@link PortQueue}), so that no producer's state is touched on another's thread.
 *   <li>Threading: any thread. The lock of a slot is held for one look at it and nothing else.
 * </ul>
 *
 * <p>Algorithmic notes. Who waits has found the slot taken with the pending flag set, or has found somebody before him
 * who did, or stands behind a message that carries the flag for his sake. In each case the message in the slot tells
 * the guest to write EOM, and EOM tells all producers. So nobody is stranded as long as who waits either posts at the
 * next acknowledgement or leaves ({@link #leave}).
 */
public final class SlotTurns {
    /** Producers 0 to 3 are the processor's synthetic timers; this one is the VMM's queue. */
    static final int VMM = HvStimerConfig.TIMERS;
    /** What waits for the guest's own ports. */
    static final int PORTS = VMM + 1;

    private static final int PRODUCERS = PORTS + 1;
    private static final int BITS = 4;
    private static final int MASK = (1 << BITS) - 1;

    /** Who waits for one slot: the first in the lowest four bits, each as its number plus one. */
    private static final class Turn {
        private int waiting;
        private boolean queued;

        boolean isOpenTo(int producer) {
            return waiting == 0 || (waiting & MASK) == producer + 1;
        }

        boolean othersWait(int producer) {
            return waiting != 0 && waiting != producer + 1;
        }

        void join(int producer) {
            int end = 0;
            for (int rest = waiting; rest != 0; rest >>>= BITS) {
                if ((rest & MASK) == producer + 1) {
                    return;
                }
                end += BITS;
            }
            waiting |= producer + 1 << end;
        }

        void leave(int producer) {
            int kept = 0;
            int end = 0;
            for (int rest = waiting; rest != 0; rest >>>= BITS) {
                int next = rest & MASK;
                if (next != producer + 1) {
                    kept |= next << end;
                    end += BITS;
                }
            }
            waiting = kept;
        }
    }

    private final MessageSlot slots;
    private final int maxVps;
    private final AtomicReferenceArray<@Nullable Turn> turns;

    /** For VP indices 0 to maxVps - 1. A machine has one, which all its producers share. */
    public SlotTurns(MessageSlot slots, int maxVps) {
        this.slots = slots;
        this.maxVps = maxVps;
        this.turns = new AtomicReferenceArray<>(maxVps * HvSint.COUNT);
    }

    /**
     * Tries to post; simp is the raw register. BUSY: the producer waits from now on, and tries again when the slot may
     * be free. Any values.
     */
    MessageSlot.Post post(int vpIndex, int sint, long simp, SynIcMessage message, int producer) {
        if (!exists(vpIndex, sint)) {
            return MessageSlot.Post.DISABLED;
        }
        Turn turn = turn(vpIndex, sint);
        synchronized (turn) {
            if (!slots.usable(simp, sint)) {
                turn.leave(producer);
                return MessageSlot.Post.DISABLED;
            }
            if (!turn.isOpenTo(producer)) {
                turn.join(producer);
                return MessageSlot.Post.BUSY;
            }
            MessageSlot.Post result = slots.post(simp, sint, message, turn.othersWait(producer));
            if (result == MessageSlot.Post.BUSY) {
                turn.join(producer);
            } else {
                turn.leave(producer);
            }
            return result;
        }
    }

    /** Posts if nobody waits and the slot is free; the producer does not wait. */
    MessageSlot.Post tryPost(int vpIndex, int sint, long simp, SynIcMessage message) {
        if (!exists(vpIndex, sint)) {
            return MessageSlot.Post.DISABLED;
        }
        Turn turn = turn(vpIndex, sint);
        synchronized (turn) {
            return turn.waiting != 0 && slots.usable(simp, sint)
                    ? MessageSlot.Post.BUSY
                    : slots.post(simp, sint, message);
        }
    }

    /** The VMM's queue of a slot: there is one. Returns false where there is one already. */
    boolean claimQueue(int vpIndex, int sint) {
        if (!exists(vpIndex, sint)) {
            return true;
        }
        Turn turn = turn(vpIndex, sint);
        synchronized (turn) {
            boolean free = !turn.queued;
            turn.queued = true;
            return free;
        }
    }

    /** The queue is gone, and what waited in it. */
    void releaseQueue(int vpIndex, int sint) {
        if (exists(vpIndex, sint)) {
            Turn turn = turn(vpIndex, sint);
            synchronized (turn) {
                turn.queued = false;
                turn.leave(VMM);
            }
        }
    }

    /** The producer has nothing to post any more. */
    void leave(int vpIndex, int sint, int producer) {
        Turn turn = exists(vpIndex, sint) ? turns.get(place(vpIndex, sint)) : null;
        if (turn != null) {
            synchronized (turn) {
                turn.leave(producer);
            }
        }
    }

    /** Nobody waits for any slot of a processor any more. */
    void clear(int vpIndex) {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            setWaiting(vpIndex, sint, 0);
        }
    }

    /** Who waits for each of a processor's slots, as it goes into a saved state. */
    List<Integer> save(int vpIndex) {
        List<Integer> waiting = new ArrayList<>(HvSint.COUNT);
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            Turn turn = exists(vpIndex, sint) ? turns.get(place(vpIndex, sint)) : null;
            waiting.add(turn == null ? 0 : turn.waiting);
        }
        return waiting;
    }

    /** Who waits must know it: queues of the VMM are restored too. */
    void restore(int vpIndex, List<Integer> waiting) {
        for (int sint = 0; sint < HvSint.COUNT; sint++) {
            setWaiting(vpIndex, sint, waiting.get(sint));
        }
    }

    /** Whether a saved queue names existing producers, each once. */
    static boolean isValid(int waiting) {
        int seen = 0;
        for (int rest = waiting; rest != 0; rest >>>= BITS) {
            int next = rest & MASK;
            if (next == 0 || next > PRODUCERS || (seen & 1 << next) != 0) {
                return false;
            }
            seen |= 1 << next;
        }
        return true;
    }

    private void setWaiting(int vpIndex, int sint, int waiting) {
        if (exists(vpIndex, sint) && (waiting != 0 || turns.get(place(vpIndex, sint)) != null)) {
            Turn turn = turn(vpIndex, sint);
            synchronized (turn) {
                turn.waiting = waiting;
            }
        }
    }

    private boolean exists(int vpIndex, int sint) {
        return vpIndex >= 0 && vpIndex < maxVps && sint >= 0 && sint < HvSint.COUNT;
    }

    private static int place(int vpIndex, int sint) {
        return vpIndex * HvSint.COUNT + sint;
    }

    private Turn turn(int vpIndex, int sint) {
        int place = place(vpIndex, sint);
        Turn turn = turns.get(place);
        if (turn != null) {
            return turn;
        }
        Turn made = new Turn();
        Turn other = turns.compareAndExchange(place, null, made);
        return other == null ? made : other;
    }
}
