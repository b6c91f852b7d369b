// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.hyperv.HvEventFlags;
import dev.synapic.spec.hyperv.HvMessage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/** The slots of a processor by the words of the TLFS, "SynIC Messages" and "SynIC Event Flags": bytes and queues. */
final class SlotModel {
    static final int SINTS = 16;

    private final byte[] messagePage = new byte[GuestMemory.PAGE_SIZE];
    private final byte[] eventPage = new byte[GuestMemory.PAGE_SIZE];
    private final ByteBuffer messages = ByteBuffer.wrap(messagePage).order(ByteOrder.LITTLE_ENDIAN);
    private final List<Deque<Integer>> queues = new ArrayList<>();
    private boolean messagesEnabled = true;
    private boolean eventsEnabled = true;

    SlotModel() {
        for (int sint = 0; sint < SINTS; sint++) {
            queues.add(new ArrayDeque<>());
        }
    }

    /** The first who waits goes first; others queue up. A full slot is marked, so that the guest writes EOM. */
    MessageSlot.Post post(int sint, SynIcMessage message, int producer) {
        if (sint < 0 || sint >= SINTS) {
            return MessageSlot.Post.DISABLED;
        }
        Deque<Integer> queue = queues.get(sint);
        if (!messagesEnabled) {
            queue.remove(producer);
            return MessageSlot.Post.DISABLED;
        }
        boolean myTurn = queue.isEmpty() || queue.getFirst() == producer;
        if (!myTurn || isFull(sint)) {
            if (myTurn) {
                mark(sint);
            }
            if (!queue.contains(producer)) {
                queue.add(producer);
            }
            return MessageSlot.Post.BUSY;
        }
        queue.remove(producer);
        fill(sint, message, !queue.isEmpty());
        return MessageSlot.Post.POSTED;
    }

    /** For one who does not wait. */
    MessageSlot.Post tryPost(int sint, SynIcMessage message) {
        if (sint < 0 || sint >= SINTS || !messagesEnabled) {
            return MessageSlot.Post.DISABLED;
        }
        if (!queues.get(sint).isEmpty()) {
            return MessageSlot.Post.BUSY;
        }
        if (isFull(sint)) {
            mark(sint);
            return MessageSlot.Post.BUSY;
        }
        fill(sint, message, false);
        return MessageSlot.Post.POSTED;
    }

    private boolean isFull(int sint) {
        return messages.getInt(sint * HvMessage.SIZE) != HvMessage.TYPE_NONE;
    }

    private void mark(int sint) {
        messagePage[sint * HvMessage.SIZE + HvMessage.FLAGS_OFFSET] |= HvMessage.MESSAGE_PENDING;
    }

    private void fill(int sint, SynIcMessage message, boolean pending) {
        int slot = sint * HvMessage.SIZE;
        messages.putInt(slot, message.type());
        messages.putInt(slot + HvMessage.PAYLOAD_SIZE_OFFSET, message.payloadSize());
        if (pending) {
            mark(sint);
        }
        messages.putLong(slot + HvMessage.SENDER_OFFSET, message.sender());
        messages.put(slot + HvMessage.PAYLOAD_OFFSET, message.payload());
    }

    void guestWritesType(int sint, int type) {
        messages.putInt(sint * HvMessage.SIZE, type);
    }

    void leave(int sint, int producer) {
        if (sint >= 0 && sint < SINTS) {
            queues.get(sint).remove(producer);
        }
    }

    void clear() {
        queues.forEach(Deque::clear);
    }

    void setPages(boolean messagesOn, boolean eventsOn) {
        messagesEnabled = messagesOn;
        eventsEnabled = eventsOn;
    }

    EventFlags.Signal signal(int sint, int flag) {
        if (sint < 0 || sint >= SINTS || flag < 0 || flag >= HvEventFlags.FLAGS_PER_SINT) {
            return EventFlags.Signal.OUT_OF_RANGE;
        }
        if (!eventsEnabled) {
            return EventFlags.Signal.DISABLED;
        }
        int at = sint * HvEventFlags.AREA_SIZE + flag / 8;
        boolean set = (eventPage[at] & 1 << flag % 8) != 0;
        eventPage[at] |= (byte) (1 << flag % 8);
        return set ? EventFlags.Signal.ALREADY_SET : EventFlags.Signal.NEWLY_SET;
    }

    void guestClearsFlags(int sint) {
        int area = sint * HvEventFlags.AREA_SIZE;
        Arrays.fill(eventPage, area, area + HvEventFlags.AREA_SIZE, (byte) 0);
    }

    /** As the state of a SynIC names them: the first in the lowest four bits, each as its number plus one. */
    List<Integer> waiting() {
        return queues.stream()
                .map(queue -> {
                    int packed = 0;
                    int shift = 0;
                    for (int producer : queue) {
                        packed |= producer + 1 << shift;
                        shift += 4;
                    }
                    return packed;
                })
                .toList();
    }

    byte[] messagePage() {
        return messagePage;
    }

    byte[] eventPage() {
        return eventPage;
    }
}
