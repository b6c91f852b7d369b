// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.interrupts.routing.Errno;
import dev.synapic.interrupts.routing.IrqChipException;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.interrupts.routing.SintLine;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * The queue of messages for one SINT, on the VMM's side. Those who share it: {@link SintMessageQueues}.
 *
 * <ul>
 *   <li>Models: the message queue of a SINT: the head goes into the slot as soon as that is free, the rest waits, in
 *       order. Tries again when another message is posted, when the resampler reports EOI or EOM, and when the guest
 *       changes its pages.
 *   <li>Spec: TLFS, "SynIC Messages": with the page disabled or the slot taken a message stays queued and no interrupt
 *       is generated.
 *   <li>While the guest has SynIC or page disabled messages are held (the manual's rule) or dropped, as the owner
 *       chooses.
 *   <li>The processor's synthetic timers may use the same SINT: {@link SlotTurns} lets each have its turn.
 *   <li>A SINT has one queue: a second one is refused (EEXIST).
 *   <li>Not modelled: the SINT's mask, which a VMM cannot see: the message stands
 *       in the slot and its interrupt is lost.
 *   <li>Threading: any thread; the lock is not held while the line is raised.
 * </ul>
 */
public final class SintMessageQueue implements AutoCloseable {
    /** What happens to messages while SCONTROL or SIMP is disabled, or SIMP names no RAM. */
    public enum WhenDisabled {
        HOLD,
        DROP
    }

    /** What became of a posted message at once. */
    public enum Outcome {
        /** It stands in the slot. */
        DELIVERED,
        /** It waits. */
        QUEUED,
        /** It is gone: the guest has its pages disabled. */
        DROPPED,
        /** It is gone: the queue is full, or closed. */
        REFUSED
    }

    private final SlotTurns turns;
    private final SynIcPages pages;
    private final int vpIndex;
    private final int sint;
    private final int capacity;
    private final WhenDisabled rule;
    private final ArrayDeque<SynIcMessage> waiting = new ArrayDeque<>();
    private final IntConsumer pageWatcher = this::pageChanged;
    private final SintLine line;
    private boolean closed;
    private long dropped;

    /**
     * Opens a line from lines, claims the SINT in turns, and watches pages; capacity is how many messages may wait.
     * Throws EEXIST where the SINT has a queue, ENOSPC where no GSI is left.
     */
    public SintMessageQueue(
            SintGsiAllocator lines,
            SlotTurns turns,
            SynIcPages pages,
            int vpIndex,
            int sint,
            int capacity,
            WhenDisabled rule) {
        this.turns = turns;
        this.pages = pages;
        this.vpIndex = vpIndex;
        this.sint = sint;
        this.capacity = capacity;
        this.rule = rule;
        if (!turns.claimQueue(vpIndex, sint)) {
            throw new IrqChipException(Errno.EEXIST, "SINT " + sint + " of VP " + vpIndex + " has a queue; share it");
        }
        this.line = open(lines);
        pages.watch(pageWatcher);
    }

    private SintLine open(SintGsiAllocator lines) {
        try {
            return lines.open(vpIndex, sint, this::retry);
        } catch (IrqChipException refused) {
            turns.releaseQueue(vpIndex, sint);
            throw refused;
        }
    }

    /** Puts a message behind those that wait, and into the slot if that is free, which raises the SINT. Waits for no guest. */
    public Outcome post(SynIcMessage message) {
        return post(message, capacity);
    }

    /** As {@link #post}, where at most so many messages of the same sender may wait. */
    Outcome post(SynIcMessage message, int ofSender) {
        boolean posted;
        Outcome outcome;
        synchronized (this) {
            if (closed || waiting.size() >= capacity || waitingOf(message.sender()) >= ofSender) {
                return Outcome.REFUSED;
            }
            waiting.add(message);
            long droppedBefore = dropped;
            posted = deliver();
            if (!waiting.isEmpty()) {
                outcome = Outcome.QUEUED;
            } else {
                outcome = dropped == droppedBefore ? Outcome.DELIVERED : Outcome.DROPPED;
            }
        }
        if (posted) {
            line.raise();
        }
        return outcome;
    }

    private int waitingOf(long sender) {
        int count = 0;
        for (SynIcMessage message : waiting) {
            if (message.sender() == sender) {
                count++;
            }
        }
        return count;
    }

    /** Messages that wait for their slot. */
    public synchronized int size() {
        return waiting.size();
    }

    /** How many were lost to {@link WhenDisabled#DROP}. */
    public synchronized long dropped() {
        return dropped;
    }

    /** The GSI of the queue's line. */
    public int gsi() {
        return line.gsi();
    }

    /** The line behind the queue, for a producer that also raises the SINT for event flags. */
    public SintLine line() {
        return line;
    }

    /** Gives the line back; what waits is gone. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            waiting.clear();
            turns.releaseQueue(vpIndex, sint);
        }
        pages.unwatch(pageWatcher);
        line.close();
    }

    /** The messages that wait, and how many were lost. */
    public record State(int version, List<SynIcMessage> waiting, long dropped) {
        public static final int CURRENT_VERSION = 1;

        /** Throws IllegalArgumentException for a version that this build does not read. */
        public State {
            if (version != CURRENT_VERSION) {
                throw new IllegalArgumentException(
                        "queue state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
            }
            waiting = List.copyOf(waiting);
        }
    }

    /** The messages that wait; the one in the slot is guest memory. */
    public synchronized State save() {
        return new State(State.CURRENT_VERSION, List.copyOf(waiting), dropped);
    }

    /** Takes all over; posts nothing before the next acknowledgement, change of pages or message. */
    public synchronized void restore(State state) {
        waiting.clear();
        waiting.addAll(state.waiting());
        dropped = state.dropped();
    }

    private void pageChanged(int changedVpIndex) {
        if (changedVpIndex == vpIndex) {
            retry();
        }
    }

    private void retry() {
        boolean posted;
        synchronized (this) {
            posted = deliver();
        }
        if (posted) {
            line.raise();
        }
    }

    /** Moves messages into the slot until it stays taken; where more wait, the last look also sets the pending flag. */
    private boolean deliver() {
        boolean posted = false;
        while (!waiting.isEmpty()) {
            switch (turns.post(vpIndex, sint, pages.simp(vpIndex), waiting.getFirst(), SlotTurns.VMM)) {
                case POSTED -> {
                    waiting.remove();
                    posted = true;
                }
                case BUSY -> {
                    return posted;
                }
                case DISABLED -> {
                    dropAsRuled();
                    return posted;
                }
            }
        }
        return posted;
    }

    private void dropAsRuled() {
        if (rule == WhenDisabled.DROP) {
            dropped += waiting.size();
            waiting.clear();
        }
    }
}
