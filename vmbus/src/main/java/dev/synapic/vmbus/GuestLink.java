// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus;

import dev.synapic.interrupts.hyperv.EventFlags;
import dev.synapic.interrupts.hyperv.SintMessageQueue;
import dev.synapic.interrupts.hyperv.SynIcMessage;
import dev.synapic.interrupts.routing.IrqChipException;
import dev.synapic.interrupts.routing.SintLine;
import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.vmbus.ChannelMessage;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The way to the guest: messages to the SINT that it named, event flags of SINT 2 on any processor. */
final class GuestLink {
    /** Messages that wait at most; a guest that does not take them may post no more. */
    static final int MOST_WAITING = 64;

    /** Answers to one message, of which offers are the most. */
    static final int MOST_ANSWERS = 256;

    private final VmbusPorts ports;
    private final Map<Integer, SintLine> lines = new HashMap<>();
    private @Nullable SintMessageQueue queue;
    private int vpIndex = -1;
    private int sint = -1;
    private long sent;
    private long lost;

    GuestLink(VmbusPorts ports) {
        this.ports = ports;
    }

    /** Messages go there from now on; false where somebody else uses that SINT. */
    boolean target(int newVpIndex, int newSint) {
        if (queue != null && vpIndex == newVpIndex && sint == newSint) {
            return true;
        }
        closeQueue();
        try {
            queue = new SintMessageQueue(
                    ports.lines(),
                    ports.turns(),
                    ports.pages(),
                    newVpIndex,
                    newSint,
                    MOST_WAITING + MOST_ANSWERS,
                    SintMessageQueue.WhenDisabled.HOLD);
        } catch (IrqChipException taken) {
            return false;
        }
        vpIndex = newVpIndex;
        sint = newSint;
        return true;
    }

    boolean isFull() {
        SintMessageQueue messages = queue;
        return messages != null && messages.size() >= MOST_WAITING;
    }

    void post(ByteBuffer content) {
        SintMessageQueue messages = queue;
        byte[] payload = new byte[content.capacity()];
        content.get(0, payload);
        SynIcMessage message = new SynIcMessage(HvMessage.TYPE_CHANNEL, ChannelMessage.MESSAGE_CONNECTION_ID, payload);
        if (messages != null && messages.post(message) != SintMessageQueue.Outcome.REFUSED) {
            sent++;
        } else {
            lost++;
        }
    }

    /** Sets the channel's flag on that processor; true where that raised an interrupt. */
    boolean interrupt(int target, int relid) {
        EventFlags.Signal result =
                EventFlags.signal(ports.memory(), ports.pages().siefp(target), ChannelMessage.MESSAGE_SINT, relid);
        if (result != EventFlags.Signal.NEWLY_SET) {
            return false;
        }
        SintLine line = line(target);
        if (line == null) {
            lost++;
            return false;
        }
        line.raise();
        return true;
    }

    /** Null where all GSIs are taken, which a guest can bring about through other devices. */
    private @Nullable SintLine line(int target) {
        SintLine open = lines.get(target);
        if (open != null) {
            return open;
        }
        try {
            SintLine line = ports.lines().open(target, ChannelMessage.MESSAGE_SINT, () -> {});
            lines.put(target, line);
            return line;
        } catch (IrqChipException taken) {
            return null;
        }
    }

    long sent() {
        return sent;
    }

    long lost() {
        return lost;
    }

    /** Messages that wait are gone. */
    void close() {
        closeQueue();
        lines.values().forEach(SintLine::close);
        lines.clear();
    }

    private void closeQueue() {
        if (queue != null) {
            queue.close();
            queue = null;
        }
    }
}
