// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.vmbus;

/**
 * A ring buffer: a page of control, then data pages (Linux, struct hv_ring_buffer); a packet in it (struct
 * vmpacket_descriptor), whose payload starts at offset8 * 8 and which ends, at len8 * 8, with a trailer of 8 bytes.
 */
public final class RingLayout {
    public static final int WRITE_INDEX = 0;
    public static final int READ_INDEX = 4;
    public static final int INTERRUPT_MASK = 8;
    public static final int PENDING_SEND_SIZE = 12;
    public static final int FEATURE_BITS = 64;
    /** Bit of FEATURE_BITS: the writer sets PENDING_SEND_SIZE when it waits for space. */
    public static final int FEATURE_PENDING_SEND_SIZE = 1;

    public static final int DESCRIPTOR_BYTES = 16;
    public static final int TRAILER_BYTES = 8;

    public static final int PACKET_DATA_INBAND = 6;
    public static final int PACKET_DATA_USING_GPA_DIRECT = 9;
    public static final int PACKET_COMPLETION = 11;
    /** Flag of a packet. */
    public static final int COMPLETION_REQUESTED = 1;

    private RingLayout() {}
}
