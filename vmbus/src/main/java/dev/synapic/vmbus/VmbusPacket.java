// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A packet that a guest has put into a channel, copied out of its memory. */
public final class VmbusPacket {
    private final int type;
    private final boolean wantsCompletion;
    private final long transactionId;
    private final byte[] payload;
    private final @Nullable List<GuestBuffer> buffers;

    VmbusPacket(
            int type,
            boolean wantsCompletion,
            long transactionId,
            byte[] payload,
            @Nullable List<GuestBuffer> buffers) {
        this.type = type;
        this.wantsCompletion = wantsCompletion;
        this.transactionId = transactionId;
        this.payload = payload;
        this.buffers = buffers;
    }

    /** One of RingLayout.PACKET_*. */
    public int type() {
        return type;
    }

    public boolean wantsCompletion() {
        return wantsCompletion;
    }

    public long transactionId() {
        return transactionId;
    }

    /** A little-endian view, filled up to a multiple of 8 bytes by the guest. */
    public ByteBuffer payload() {
        return ByteBuffer.wrap(payload)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asReadOnlyBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The RAM that a GPA-direct packet names, empty for others; null where the packet names what is not RAM. */
    public @Nullable List<GuestBuffer> buffers() {
        return buffers;
    }
}
