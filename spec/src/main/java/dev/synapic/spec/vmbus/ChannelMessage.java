// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.vmbus;

/**
 * Channel messages: type in the first 32 bits, 32 bits of padding, then the fields. They travel as SynIC messages of type
 * 1 and are little-endian (Linux, enum vmbus_channel_message_type and following).
 */
public final class ChannelMessage {
    public static final int OFFERCHANNEL = 1;
    public static final int RESCIND_CHANNELOFFER = 2;
    public static final int REQUESTOFFERS = 3;
    public static final int ALLOFFERS_DELIVERED = 4;
    public static final int OPENCHANNEL = 5;
    public static final int OPENCHANNEL_RESULT = 6;
    public static final int CLOSECHANNEL = 7;
    public static final int GPADL_HEADER = 8;
    public static final int GPADL_BODY = 9;
    public static final int GPADL_CREATED = 10;
    public static final int GPADL_TEARDOWN = 11;
    public static final int GPADL_TORNDOWN = 12;
    public static final int RELID_RELEASED = 13;
    public static final int INITIATE_CONTACT = 14;
    public static final int VERSION_RESPONSE = 15;
    public static final int UNLOAD = 16;
    public static final int UNLOAD_RESPONSE = 17;
    public static final int MODIFYCHANNEL = 22;
    public static final int MODIFYCHANNEL_RESPONSE = 24;

    public static final int HEADER_BYTES = 8;
    public static final int OFFER_BYTES = 196;

    /** Flags of an offer. */
    public static final int ENUMERATE_DEVICE_INTERFACE = 1;

    public static final int NAMED_PIPE_MODE = 0x10;
    /** First word of a pipe's 120 bytes in its offer: each packet is a message of its own. */
    public static final int PIPE_MESSAGE_MODE = 4;

    /** NTSTATUS values of results. */
    public static final int STATUS_SUCCESS = 0;

    public static final int STATUS_INVALID_PARAMETER = 0xC000_000D;
    public static final int STATUS_INSUFFICIENT_RESOURCES = 0xC000_009A;

    /** Where guests post messages, before version 5.0 and from it on. */
    public static final int MESSAGE_CONNECTION_ID = 1;

    public static final int MESSAGE_CONNECTION_ID_4 = 4;
    /** The SINT of messages, unless a guest names another, and of channel interrupts. */
    public static final int MESSAGE_SINT = 2;

    private ChannelMessage() {}
}
