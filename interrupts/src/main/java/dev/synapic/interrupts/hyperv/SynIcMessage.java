// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvMessage;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A message on its way to a slot: type, sender and at most 240 bytes of payload. Immutable. */
public final class SynIcMessage {
    private final int type;
    private final long sender;
    private final byte[] payload;

    /** sender is the port, connection or partition that the guest shall see; 0 for the hypervisor's own. */
    public SynIcMessage(int type, long sender, byte[] payload) {
        if (type == HvMessage.TYPE_NONE) {
            throw new IllegalArgumentException("type 0 means an empty slot; a message needs another one");
        }
        if (payload.length > HvMessage.MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException(
                    "a message carries at most " + HvMessage.MAX_PAYLOAD_BYTES + " bytes, got " + payload.length);
        }
        this.type = type;
        this.sender = sender;
        this.payload = payload.clone();
    }

    /** One of the types of {@link HvMessage}, or a guest's own; never 0, which means an empty slot. */
    public int type() {
        return type;
    }

    /** What stands at offset 8 of the slot: a port, connection or partition; 0 for the hypervisor's own. */
    public long sender() {
        return sender;
    }

    /** 0 to 240 bytes. */
    public int payloadSize() {
        return payload.length;
    }

    /** A copy. */
    public byte[] payload() {
        return payload.clone();
    }

    /** The message's own array, for the one who copies it into the guest. */
    byte[] payloadBytes() {
        return payload;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SynIcMessage message
                && type == message.type
                && sender == message.sender
                && Arrays.equals(payload, message.payload);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * type + Long.hashCode(sender)) + Arrays.hashCode(payload);
    }

    @Override
    public String toString() {
        return HvMessage.typeName(type) + " from " + sender + ", " + payload.length + " bytes";
    }
}
