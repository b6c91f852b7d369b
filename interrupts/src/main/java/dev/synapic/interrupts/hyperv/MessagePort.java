// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.interrupts.routing.SintLine;
import dev.synapic.spec.hyperv.HvSimp;
import dev.synapic.spec.hyperv.HvStatus;

/**
 * A message port on the VMM's side: what guests post to its connection goes to one SINT of one processor.
 *
 * <ul>
 *   <li>Models: sixteen message buffers; the statuses by which HvCallPostMessage answers.
 *   <li>Spec: TLFS, "Guest Message Buffers", HvCallPostMessage.
 *   <li>Not modelled: HV_ANY_VP.
 *   <li>Threading: any thread.
 * </ul>
 */
public final class MessagePort implements ConnectionTable.MessageHandler, AutoCloseable {
    /** Messages that wait at most. */
    public static final int BUFFERS = 16;

    private final SynIcPages pages;
    private final int vpIndex;
    private final SintMessageQueue queue;

    /** Opens the line of the SINT; throws EEXIST where somebody else has it. */
    public MessagePort(SintGsiAllocator lines, SlotTurns turns, SynIcPages pages, int vpIndex, int sint) {
        this.pages = pages;
        this.vpIndex = vpIndex;
        this.queue =
                new SintMessageQueue(lines, turns, pages, vpIndex, sint, BUFFERS, SintMessageQueue.WhenDisabled.HOLD);
    }

    @Override
    public int post(SynIcMessage message) {
        if (!pages.exists(vpIndex)) {
            return HvStatus.HV_STATUS_INVALID_VP_INDEX;
        }
        if (!new HvSimp(pages.simp(vpIndex)).enabled()) {
            return HvStatus.HV_STATUS_INVALID_SYNIC_STATE;
        }
        return switch (queue.post(message)) {
            case DELIVERED, QUEUED -> HvStatus.HV_STATUS_SUCCESS;
            case DROPPED, REFUSED -> HvStatus.HV_STATUS_INSUFFICIENT_BUFFERS;
        };
    }

    /** The line behind the port, for an event port of the same SINT. */
    public SintLine line() {
        return queue.line();
    }

    public SintMessageQueue queue() {
        return queue;
    }

    @Override
    public void close() {
        queue.close();
    }
}
