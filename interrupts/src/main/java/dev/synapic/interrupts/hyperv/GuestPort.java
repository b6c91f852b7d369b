// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvPort;
import dev.synapic.spec.hyperv.HvStatus;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One port that the guest has made, and its sixteen message buffers.
 *
 * <p>Threading: any thread. What is posted while the port is being deleted is refused or deleted with it.
 */
final class GuestPort implements ConnectionTable.MessageHandler, ConnectionTable.EventHandler {
    /** What the guest has said of a port. type is that of {@link HvPort}; flags are an event port's. */
    record Shape(int id, int type, int sint, int vpIndex, int baseFlag, int flagCount) {}

    private final GuestPorts owner;
    private final Shape shape;
    private final AtomicInteger buffersInUse = new AtomicInteger();
    private final AtomicLong postCount = new AtomicLong();
    private volatile boolean deleted;

    GuestPort(GuestPorts owner, Shape shape, long postCount) {
        this.owner = owner;
        this.shape = shape;
        this.postCount.set(postCount);
    }

    Shape shape() {
        return shape;
    }

    boolean isFor(int type) {
        return shape.type == type;
    }

    long postCount() {
        return postCount.get();
    }

    boolean isDeleted() {
        return deleted;
    }

    void delete() {
        deleted = true;
    }

    /** The message arrives with the port's id as its sender (TLFS, HV_MESSAGE). */
    @Override
    public int post(SynIcMessage message) {
        if (deleted) {
            return HvStatus.HV_STATUS_INVALID_PORT_ID;
        }
        PortQueue queue = owner.queueFor(shape);
        if (queue == null) {
            return HvStatus.HV_STATUS_INVALID_SYNIC_STATE;
        }
        if (!takeBuffer()) {
            return HvStatus.HV_STATUS_INSUFFICIENT_BUFFERS;
        }
        if (!queue.post(this, new SynIcMessage(message.type(), shape.id, message.payloadBytes()))) {
            return HvStatus.HV_STATUS_INVALID_PORT_ID;
        }
        postCount.incrementAndGet();
        return HvStatus.HV_STATUS_SUCCESS;
    }

    /** Returns whether one of the sixteen was free. */
    private boolean takeBuffer() {
        return buffersInUse.getAndUpdate(used -> Math.min(used + 1, MessagePort.BUFFERS)) < MessagePort.BUFFERS;
    }

    /** Whether one more message of this port may wait for that processor. */
    boolean mayWaitAt(int vpIndex) {
        boolean target = shape.vpIndex == HvPort.ANY_VP || shape.vpIndex == vpIndex;
        return target && buffersInUse.get() < MessagePort.BUFFERS;
    }

    /** A restored message waits, whose buffer is in use. */
    void restoreBuffer() {
        buffersInUse.incrementAndGet();
    }

    void freeBuffer() {
        buffersInUse.decrementAndGet();
    }

    @Override
    public int signal(int flag) {
        if (deleted) {
            return HvStatus.HV_STATUS_INVALID_PORT_ID;
        }
        return flag < 0 || flag >= shape.flagCount
                ? HvStatus.HV_STATUS_INVALID_PARAMETER
                : owner.signal(shape, shape.baseFlag + flag);
    }
}
