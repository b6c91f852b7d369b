// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.msi;

import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.DestinationMode;
import dev.synapic.spec.x86.Msi;
import dev.synapic.spec.x86.TriggerMode;

/**
 * What a message says (SDM vol. 3A, 12.11), in any of the three formats of its destination: 8 bits; 15 bits
 * (MSI_EXT_DEST_ID, CPUID.40000001H:EAX[15]); 32 bits with the upper half of the address (KVM's x2APIC format).
 */
public record MsiMessage(long address, int data) {
    /** Address bits 39:32, which the x2APIC format leaves zero. */
    private static final long RESERVED = 0xFFL << 32;

    /** Composes a message; a destination above 8 bits takes the 15-bit format, one above 15 bits the x2APIC format. */
    public static MsiMessage to(
            int destination, DestinationMode mode, DeliveryMode deliveryMode, int vector, TriggerMode trigger) {
        boolean fifteenBits = destination >>> 15 == 0;
        long extension = fifteenBits ? (long) (destination & 0x7F00) >> 3 : (destination & 0xFFFF_FF00L) << 32;
        long address = Msi.ADDRESS_BASE | (destination & 0xFFL) << 12 | extension;
        return new MsiMessage(
                mode == DestinationMode.LOGICAL ? address | Msi.LOGICAL : address,
                deliveryMode.bits() | trigger.bits() | vector & 0xFF);
    }

    /** The destination of 8, 15 or 32 bits, as {@link Msi#destination}. */
    public int destination() {
        return Msi.destination(address);
    }

    /** Bit 2 of the address. */
    public DestinationMode destinationMode() {
        return Msi.destinationMode(address);
    }

    /** Bit 3 of the address; it arbitrates only with a logical destination. */
    public boolean redirectionHint() {
        return Msi.redirectionHint(address);
    }

    /** Bits 7:0 of the data. */
    public int vector() {
        return Msi.vector(data);
    }

    /** As the data says; {@link #delivery} also looks at the redirection hint. */
    public DeliveryMode deliveryMode() {
        return Msi.deliveryMode(data);
    }

    /** Bit 15 of the data. */
    public TriggerMode triggerMode() {
        return Msi.triggerMode(data);
    }

    /** For a remapping unit; local APICs do not take it. */
    public boolean remappable() {
        return Msi.remappable(address);
    }

    /** Whether address bits that must be zero are zero; a route to it is refused otherwise. */
    public boolean valid() {
        return (address & RESERVED) == 0;
    }

    /** Whether local APICs take it: not for a remapping unit, and in a mode that messages have. */
    public boolean deliverable() {
        return deliverable(address, data);
    }

    /** As {@link #deliverable()}, without a message object. */
    public static boolean deliverable(long address, int data) {
        DeliveryMode mode = Msi.deliveryMode(data);
        return !Msi.remappable(address) && mode != DeliveryMode.REMOTE_READ && mode != DeliveryMode.STARTUP;
    }

    /** The delivery mode in effect: a redirection hint with a logical destination asks for arbitration. */
    public DeliveryMode delivery() {
        return delivery(address, data);
    }

    /** As {@link #delivery()}, without a message object. */
    public static DeliveryMode delivery(long address, int data) {
        DeliveryMode mode = Msi.deliveryMode(data);
        boolean arbitrates = mode == DeliveryMode.FIXED && Msi.redirectionHint(address) && Msi.logical(address);
        return arbitrates ? DeliveryMode.LOWEST_PRIORITY : mode;
    }
}
