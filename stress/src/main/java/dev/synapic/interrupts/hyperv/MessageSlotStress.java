// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvMessage;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The protocol of a message slot between its producers and a running guest (TLFS, "SynIC Messages"). */
public final class MessageSlotStress {
    private static final long CONTENT = 0x1122_3344_5566_7788L;
    private static final int FIRST = 1;
    private static final int SECOND = 2;

    private MessageSlotStress() {}

    private static int flag(boolean value) {
        return value ? 1 : 0;
    }

    private static SynIcMessage message(int type) {
        byte[] payload = new byte[Long.BYTES];
        ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).putLong(CONTENT);
        return new SynIcMessage(type, 0, payload);
    }

    /** A guest takes what is in the slot: type 0, then a look at the flag. Returns whether it writes EOM. */
    private static boolean empty(GuestSlots slot) {
        slot.putType(HvMessage.TYPE_NONE);
        VarHandle.fullFence();
        return slot.pending();
    }

    /** r1: posted; r2: the guest writes EOM. The slot was taken. */
    @JCStressTest
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "The producer waits, and the EOM will come.")
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "The slot was free in time.")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Posted at the second look: an EOM too many.")
    @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "The producer waits for an EOM that never comes.")
    @State
    public static class PendingFlagAgainstEmptying {
        private final GuestSlots slot = new GuestSlots();
        private final MessageSlot messages = new MessageSlot(GuestSlots.MEMORY);

        public PendingFlagAgainstEmptying() {
            slot.putType(FIRST);
        }

        @Actor
        public void producer(II_Result r) {
            r.r1 = flag(messages.post(slot.register(), slot.sint(), message(SECOND)) == MessageSlot.Post.POSTED);
        }

        @Actor
        public void guest(II_Result r) {
            r.r2 = flag(empty(slot));
        }
    }

    /** r1: the guest sees the type; r2: it sees the payload. */
    @JCStressTest
    @Outcome(
            id = {"0, 0", "0, 1", "1, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "Nothing yet, or all of it.")
    @Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "A message without its content.")
    @State
    public static class PayloadBeforeType {
        private final GuestSlots slot = new GuestSlots();
        private final MessageSlot messages = new MessageSlot(GuestSlots.MEMORY);

        @Actor
        public void producer() {
            messages.post(slot.register(), slot.sint(), message(FIRST));
        }

        @Actor
        public void guest(II_Result r) {
            r.r1 = slot.type();
            VarHandle.acquireFence();
            r.r2 = flag(GuestSlots.MEMORY.getLong(slot.gpa() + HvMessage.PAYLOAD_OFFSET) == CONTENT);
        }
    }

    /**
     * One producer waits, another one comes, and the guest empties the slot and, where the flag says so, lets who waits try
     * again. r1: producers that wait and would not be told; r2: messages posted.
     */
    @JCStressTest
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "One is posted, and an EOM to come tells the other.")
    @Outcome(
            id = {"0, 0", "0, 2"},
            expect = Expect.FORBIDDEN,
            desc = "The free slot was given to none, or to two.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A producer waits, and nothing tells the guest to write EOM.")
    @State
    public static class TwoProducersAgainstEmptying {
        private final GuestSlots slot = new GuestSlots();
        private final SlotTurns turns = new SlotTurns(new MessageSlot(GuestSlots.MEMORY), 1);
        private int first;
        private int second;

        public TwoProducersAgainstEmptying() {
            slot.putType(FIRST);
            post(SlotTurns.VMM);
        }

        private int post(int producer) {
            MessageSlot.Post result = turns.post(0, slot.sint(), slot.register(), message(producer + SECOND), producer);
            return flag(result == MessageSlot.Post.POSTED);
        }

        @Actor
        public void producer() {
            first = post(0);
        }

        @Actor
        public void guest() {
            if (empty(slot)) {
                second = post(SlotTurns.VMM);
            }
        }

        @Arbiter
        public void rest(II_Result r) {
            int waiting = turns.save(0).get(slot.sint());
            boolean told = slot.type() != HvMessage.TYPE_NONE && slot.pending();
            r.r1 = waiting == 0 || told ? 0 : waiting;
            r.r2 = first + second;
        }
    }

    /** r1: messages posted to a free slot by two at once; r2: the one who waits is told of by the flag. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "One has the slot, the other waits for its EOM.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Two messages in one slot, or one waits for nothing.")
    @State
    public static class TwoProducers {
        private final GuestSlots slot = new GuestSlots();
        private final SlotTurns turns = new SlotTurns(new MessageSlot(GuestSlots.MEMORY), 1);
        private int first;
        private int second;

        private int post(int producer) {
            MessageSlot.Post result = turns.post(0, slot.sint(), slot.register(), message(producer + SECOND), producer);
            return flag(result == MessageSlot.Post.POSTED);
        }

        @Actor
        public void producer() {
            first = post(0);
        }

        @Actor
        public void otherProducer() {
            second = post(SlotTurns.VMM);
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r1 = first + second;
            r.r2 = flag(turns.save(0).get(slot.sint()) != 0 && slot.pending());
        }
    }

    /** r1, r2: each of two signals of one flag says that it is new. */
    @JCStressTest
    @Outcome(
            id = {"1, 0", "0, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "One is news, and raises the SINT.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Nobody raises, or both.")
    @State
    public static class TwoSignalsOfOneFlag {
        private final GuestSlots slot = new GuestSlots();

        private int signal() {
            return flag(EventFlags.signal(GuestSlots.MEMORY, slot.register(), slot.sint(), 9)
                    == EventFlags.Signal.NEWLY_SET);
        }

        @Actor
        public void producer(II_Result r) {
            r.r1 = signal();
        }

        @Actor
        public void otherProducer(II_Result r) {
            r.r2 = signal();
        }
    }

    /** r1: flags of the word when all is over; r2: the guest found flag 0 and took it. */
    @JCStressTest
    @Outcome(
            id = {"3, 0", "2, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "Each flag is set, or was taken.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A flag was lost to its neighbour or to the guest.")
    @State
    public static class FlagsAgainstClearing {
        private final GuestSlots slot = new GuestSlots();

        @Actor
        public void producer() {
            EventFlags.signal(GuestSlots.MEMORY, slot.register(), slot.sint(), 0);
            EventFlags.signal(GuestSlots.MEMORY, slot.register(), slot.sint(), 1);
        }

        @Actor
        public void guest(II_Result r) {
            r.r2 = slot.takeFlag(1);
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r1 = GuestSlots.MEMORY.getInt(slot.gpa());
        }
    }
}
