// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvSimp;
import dev.synapic.spec.hyperv.HvStatus;

/**
 * A message port on the VMM's side: what guests post to its connection goes to one SINT of one processor.
 *
 * <ul>
 *   <li>Models: sixteen message buffers of its own; the statuses by which HvCallPostMessage answers.
 *   <li>Spec: TLFS, "Guest Message Buffers", HvCallPostMessage.
 *   <li>Not modelled: HV_ANY_VP.
 *   <li>Threading: any thread.
 * </ul>
 */
public final class MessagePort implements ConnectionTable.MessageHandler, AutoCloseable {
    /** Messages that wait at most. */
    public static final int BUFFERS = 16;

    private final SintMessageQueues queues;
    private final SynIcPages pages;
    private final int vpIndex;
    private final SintMessageQueue queue;
    private boolean closed;

    /** Shares the queue of the SINT with its other ports. Each port has a connection of its own. */
    public MessagePort(SintMessageQueues queues, SynIcPages pages, int vpIndex, int sint) {
        this.queues = queues;
        this.pages = pages;
        this.vpIndex = vpIndex;
        this.queue = queues.join(vpIndex, sint);
    }

    @Override
    public int post(SynIcMessage message) {
        if (!pages.exists(vpIndex)) {
            return HvStatus.HV_STATUS_INVALID_VP_INDEX;
        }
        if (!new HvSimp(pages.simp(vpIndex)).enabled()) {
            return HvStatus.HV_STATUS_INVALID_SYNIC_STATE;
        }
        return switch (queue.post(message, BUFFERS)) {
            case DELIVERED, QUEUED -> HvStatus.HV_STATUS_SUCCESS;
            case DROPPED, REFUSED -> HvStatus.HV_STATUS_INSUFFICIENT_BUFFERS;
        };
    }

    /** The SINT's queue, which other ports of the SINT share. */
    public SintMessageQueue queue() {
        return queue;
    }

    /** What waits is delivered yet if the queue has other ports, else gone. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            queues.leave(queue);
        }
    }
}
