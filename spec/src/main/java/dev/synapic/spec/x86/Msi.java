// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Message-signalled interrupts: address and data (SDM vol. 3A, 12.11). */
public final class Msi {
    /** Where the addresses of messages begin. */
    public static final long ADDRESS_BASE = 0xFEE0_0000L;
    /** Bit 4 of the address: the message is for an interrupt-remapping unit (VT-d, 5.1.2.2). */
    public static final long REMAPPABLE = 1L << 4;
    /** Bit 3 of the address: RH. */
    public static final long REDIRECTION_HINT = 1L << 3;
    /** Bit 2 of the address: DM. */
    public static final long LOGICAL = 1L << 2;
    /** Bit 14 of the data. */
    public static final int LEVEL_ASSERT = 1 << 14;

    private Msi() {}

    /**
     * The destination: address bits 19:12, extended to 15 bits by address bits 11:5 (MSI_EXT_DEST_ID) and to 32 by
     * address bits 63:40 (KVM's x2APIC format). Messages that use neither carry zeros there.
     */
    public static int destination(long address) {
        return (int) ((address >>> 12 & 0xFF) | (address & 0xFE0) << 3 | (address >>> 32 & 0xFFFF_FF00L));
    }

    /** DM, bit 2 of the address: the destination is a logical one. */
    public static boolean logical(long address) {
        return (address & LOGICAL) != 0;
    }

    /** DM, bit 2 of the address, as a mode. */
    public static DestinationMode destinationMode(long address) {
        return logical(address) ? DestinationMode.LOGICAL : DestinationMode.PHYSICAL;
    }

    /** RH, bit 3 of the address: with a logical destination, one of its processors shall get the message. */
    public static boolean redirectionHint(long address) {
        return (address & REDIRECTION_HINT) != 0;
    }

    /** Bit 4 of the address: the message is in VT-d's remappable format, and the other accessors do not apply. */
    public static boolean remappable(long address) {
        return (address & REMAPPABLE) != 0;
    }

    /** Bits 7:0 of the data. */
    public static int vector(int data) {
        return data & 0xFF;
    }

    /** Bits 10:8 of the data; a message cannot have REMOTE_READ and STARTUP, which are given as they stand. */
    public static DeliveryMode deliveryMode(int data) {
        return DeliveryMode.of(data);
    }

    /** Bit 15 of the data. */
    public static TriggerMode triggerMode(int data) {
        return TriggerMode.of(data);
    }

    /** Whether bit 15 of the data is set. */
    public static boolean levelTriggered(int data) {
        return triggerMode(data) == TriggerMode.LEVEL;
    }
}
