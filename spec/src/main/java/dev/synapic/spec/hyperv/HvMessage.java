// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/**
 * Layout of a message slot (TLFS, HV_MESSAGE). A message page holds sixteen, slot n belongs to SINT n.
 *
 * <pre>
 *  offset 0        4          5         6           8                  16                255
 *        +--------+----------+---------+-----------+------------------+-----------------+
 *        | type   | payload  | flags   | reserved  | sender, port or  | payload, up to  |
 *        | u32    | size u8  | u8      | u16       | partition u64    | 240 bytes       |
 *        +--------+----------+---------+-----------+------------------+-----------------+
 * </pre>
 *
 * flags bit 0 = message pending: another message waits, the guest shall write EOM after it has emptied the slot.
 */
public final class HvMessage {
    public static final int SIZE = 256;
    public static final int MAX_PAYLOAD_BYTES = 240;
    public static final int TYPE_OFFSET = 0;
    public static final int PAYLOAD_SIZE_OFFSET = 4;
    public static final int FLAGS_OFFSET = 5;
    public static final int SENDER_OFFSET = 8;
    public static final int PAYLOAD_OFFSET = 16;
    /** flags bit 0. */
    public static final int MESSAGE_PENDING = 1;
    /** {@link #MESSAGE_PENDING} within the aligned 32-bit word that starts at {@link #PAYLOAD_SIZE_OFFSET}. */
    public static final int MESSAGE_PENDING_IN_SIZE_WORD = MESSAGE_PENDING << 8;

    /** The slot is free. */
    public static final int TYPE_NONE = 0;
    /** First type that is the guest's own business: a VMBus channel message. */
    public static final int TYPE_CHANNEL = 1;

    public static final int TYPE_UNMAPPED_GPA = 0x8000_0000;
    public static final int TYPE_TIMER_EXPIRED = 0x8000_0010;
    public static final int TYPE_SYNIC_EVENT = 0x8000_0060;
    public static final int TYPE_SYNIC_SINT_INTERCEPT = 0x8000_0061;
    public static final int TYPE_SYNIC_SINT_DELIVERABLE = 0x8000_0062;
    public static final int TYPE_X64_APIC_EOI = 0x8001_0004;
    /** Types with this bit come from the hypervisor itself. */
    public static final int TYPE_HYPERVISOR_BIT = 0x8000_0000;

    private HvMessage() {}

    /** Address of a SINT's slot within the page at pageGpa. */
    public static long slotGpa(long pageGpa, int sint) {
        return pageGpa + (long) sint * SIZE;
    }

    /** The type's name as the TLFS gives it, or its number in hexadecimal. */
    public static String typeName(int type) {
        return switch (type) {
            case TYPE_NONE -> "HvMessageTypeNone";
            case TYPE_CHANNEL -> "HvMessageTypeChannel";
            case TYPE_UNMAPPED_GPA -> "HvMessageTypeUnmappedGpa";
            case TYPE_TIMER_EXPIRED -> "HvMessageTimerExpired";
            case TYPE_SYNIC_EVENT -> "HvMessageTypeSynicEvent";
            case TYPE_SYNIC_SINT_INTERCEPT -> "HvMessageTypeSynicSintIntercept";
            case TYPE_SYNIC_SINT_DELIVERABLE -> "HvMessageTypeSynicSintDeliverable";
            case TYPE_X64_APIC_EOI -> "HvMessageTypeX64ApicEoi";
            default -> "0x" + Integer.toHexString(type);
        };
    }
}
