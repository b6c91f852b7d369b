// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** View of an entry of the I/O APIC's redirection table (82093AA data sheet, 3.2.4). */
public record RedirectionEntry(long bits) {
    public static final long VECTOR = 0xFF;
    public static final long DELIVERY_MODE = 7L << 8;
    public static final long LOGICAL = 1L << 11;
    /** Read-only. */
    public static final long DELIVERY_STATUS = 1L << 12;

    public static final long ACTIVE_LOW = 1L << 13;
    /** Read-only: a level-triggered interrupt is on its way or in service. */
    public static final long REMOTE_IRR = 1L << 14;

    public static final long LEVEL_TRIGGERED = 1L << 15;
    public static final long MASKED = 1L << 16;
    /** Bits 63:56. */
    public static final int DESTINATION_SHIFT = 56;

    /** The view of an entry's 64 bits. */
    public static RedirectionEntry of(long bits) {
        return new RedirectionEntry(bits);
    }

    /** Bits 7:0. No mode but fixed and lowest priority asks for one. */
    public int vector() {
        return (int) (bits & VECTOR);
    }

    /** Bits 10:8. */
    public DeliveryMode deliveryMode() {
        return DeliveryMode.of((int) bits);
    }

    /** Bit 11, which says what the destination is matched with. */
    public DestinationMode destinationMode() {
        return DestinationMode.of((int) bits);
    }

    /** Bit 15. */
    public TriggerMode triggerMode() {
        return TriggerMode.of((int) bits);
    }

    /** Bit 16: the pin sends nothing. */
    public boolean masked() {
        return (bits & MASKED) != 0;
    }

    /** Bit 14: a level-triggered interrupt was sent and its EOI has not come. */
    public boolean remoteIrr() {
        return (bits & REMOTE_IRR) != 0;
    }

    /** The 8-bit destination. */
    public int destination() {
        return (int) (bits >>> DESTINATION_SHIFT);
    }
}
