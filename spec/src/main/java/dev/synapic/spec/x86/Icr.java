// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** View of the 64-bit interrupt command register (SDM vol. 3A, figures 12-12 and 12-28). */
public record Icr(long bits) {
    public static final long VECTOR = 0xFF;
    public static final long DELIVERY_MODE = 7L << 8;
    public static final long LOGICAL = 1L << 11;
    /** Delivery status; read-only in xAPIC mode, gone in x2APIC mode. */
    public static final long BUSY = 1L << 12;

    public static final long LEVEL_ASSERT = 1L << 14;
    public static final long LEVEL_TRIGGERED = 1L << 15;
    public static final long SHORTHAND = 3L << 18;
    /** Bits of the low half that x2APIC mode defines as zero: 13, 17:16, 31:20. */
    public static final long X2APIC_RESERVED = 0xFFF3_2000L;

    /** Bits 7:0; with STARTUP the page number, 4 KiB each, of the first instruction. */
    public int vector() {
        return (int) (bits & VECTOR);
    }

    /** Bits 10:8. */
    public DeliveryMode deliveryMode() {
        return DeliveryMode.of((int) bits);
    }

    /** Bit 11; without effect beside a shorthand. */
    public DestinationMode destinationMode() {
        return DestinationMode.of((int) bits);
    }

    /** Bit 14; low only to deassert a level-triggered INIT. */
    public boolean levelAssert() {
        return (bits & LEVEL_ASSERT) != 0;
    }

    /** Bit 15. */
    public TriggerMode triggerMode() {
        return TriggerMode.of((int) bits);
    }

    /** Bits 19:18; all but NONE stand for the destination. */
    public DestinationShorthand shorthand() {
        return DestinationShorthand.of((int) bits);
    }

    /** Bits 63:56. */
    public int xapicDestination() {
        return (int) (bits >>> 56);
    }

    /** Bits 63:32. */
    public int x2apicDestination() {
        return (int) (bits >>> 32);
    }
}
