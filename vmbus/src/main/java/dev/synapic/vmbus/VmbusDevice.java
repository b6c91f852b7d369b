// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus;

import java.util.UUID;

/** A device that is offered on the bus. All calls come on the machine's thread. */
public interface VmbusDevice {
    /** A word for reports. */
    String name();

    /** What it is: the guest's drivers look for it. */
    UUID interfaceId();

    /** Which one it is. */
    UUID instanceId();

    /**
     * Whether it is offered as a pipe of messages: each packet then begins with its type and size
     * ({@link dev.synapic.spec.vmbus.ChannelMessage#PIPE_MESSAGE_MODE}).
     */
    default boolean isMessagePipe() {
        return false;
    }

    /** The guest has opened the channel; it may be used until {@link #closed}. */
    void opened(VmbusChannel channel);

    void received(VmbusChannel channel, VmbusPacket packet);

    /** The channel is gone, by the guest's wish or the bus's. */
    void closed();
}
