// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.hyperv.HvSimp;
import dev.synapic.spec.hyperv.HvSint;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Puts messages into the slots of a message page in guest memory.
 *
 * <ul>
 *   <li>Models: the hypervisor's half of the slot protocol: payload first, type last; in a busy slot, the pending flag.
 *   <li>Spec: TLFS, HV_MESSAGE and "SynIC Messages".
 *   <li>Not modelled: pages that are hidden beneath another; the page is what shows where SIMP says.
 *   <li>Threading: any thread, but one producer at a time for one slot ({@link SlotTurns} sees to that); the guest may run
 *       meanwhile.
 * </ul>
 *
 * <p>Algorithmic notes. The guest empties a slot by writing type 0, then looks at the pending flag, and writes EOM only
 * if it is set. A producer that finds the slot busy and sets the flag without looking again may set it after the guest
 * has looked: no EOM comes and its message waits for ever. Hence: set the flag first (an atomic OR, a full barrier),
 * then read the type once more. If it is 0 now, the slot is the producer's after all; if it is not, the guest has not
 * emptied the slot yet and will see the flag when it does. The price is an EOM too many now and then, which everybody
 * must tolerate anyway.
 */
public final class MessageSlot {
    /** What became of a message. */
    public enum Post {
        /** It stands in the slot; the SINT should be raised. */
        POSTED,
        /** The slot is taken; the guest was told by the pending flag to write EOM. */
        BUSY,
        /** SIMP is disabled or names a page that is not RAM, or there is no such SINT; memory is untouched. */
        DISABLED
    }

    /** Lets a test step in between two accesses. */
    interface Steps {
        Steps NONE = new Steps() {};

        default void foundBusy() {}

        default void flaggedPending() {}
    }

    private static final VarHandle WORDS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final GuestMemory memory;
    private final Steps steps;

    /** Slots in pages of memory. */
    public MessageSlot(GuestMemory memory) {
        this(memory, Steps.NONE);
    }

    MessageSlot(GuestMemory memory, Steps steps) {
        this.memory = memory;
        this.steps = steps;
    }

    /** Tries to post; simp is the raw register, as a VMM gets it with the change of a page. Never throws. */
    public Post post(long simp, int sint, SynIcMessage message) {
        return post(simp, sint, message, false);
    }

    /** As {@link #post}; othersWait sets the pending flag in the message that is posted. */
    Post post(long simp, int sint, SynIcMessage message, boolean othersWait) {
        if (!usable(simp, sint)) {
            return Post.DISABLED;
        }
        long slot = HvMessage.slotGpa(simp & HvSimp.GPA_MASK, sint);
        if (!free(slot)) {
            steps.foundBusy();
            memory.getAndBitwiseOrInt(slot + HvMessage.PAYLOAD_SIZE_OFFSET, HvMessage.MESSAGE_PENDING_IN_SIZE_WORD);
            steps.flaggedPending();
            VarHandle.fullFence();
            if (!free(slot)) {
                return Post.BUSY;
            }
        }
        fill(slot, message, othersWait);
        return Post.POSTED;
    }

    /** Whether a message could be posted now. */
    public boolean isFree(long simp, int sint) {
        return usable(simp, sint) && free(HvMessage.slotGpa(simp & HvSimp.GPA_MASK, sint));
    }

    /** Whether there is such a slot, in an enabled page in RAM. */
    boolean usable(long simp, int sint) {
        return sint >= 0
                && sint < HvSint.COUNT
                && (simp & HvSimp.ENABLE) != 0
                && memory.contains(simp & HvSimp.GPA_MASK, GuestMemory.PAGE_SIZE);
    }

    private boolean free(long slot) {
        int type = memory.getInt(slot + HvMessage.TYPE_OFFSET);
        VarHandle.acquireFence();
        return type == HvMessage.TYPE_NONE;
    }

    private void fill(long slot, SynIcMessage message, boolean othersWait) {
        int flags = othersWait ? HvMessage.MESSAGE_PENDING_IN_SIZE_WORD : 0;
        memory.putInt(slot + HvMessage.PAYLOAD_SIZE_OFFSET, message.payloadSize() | flags);
        memory.putLong(slot + HvMessage.SENDER_OFFSET, message.sender());
        copy(message.payloadBytes(), slot + HvMessage.PAYLOAD_OFFSET);
        VarHandle.releaseFence();
        // An aligned atomic write with a full barrier: the guest polls the type and must find the rest in place.
        memory.compareAndSetInt(slot + HvMessage.TYPE_OFFSET, HvMessage.TYPE_NONE, message.type());
    }

    /** In words, since a copy as a whole would make an object for the range. */
    private void copy(byte[] bytes, long gpa) {
        int at = 0;
        for (; at <= bytes.length - Long.BYTES; at += Long.BYTES) {
            memory.putLong(gpa + at, (long) WORDS.get(bytes, at));
        }
        for (; at < bytes.length; at++) {
            memory.putByte(gpa + at, bytes[at]);
        }
    }
}
