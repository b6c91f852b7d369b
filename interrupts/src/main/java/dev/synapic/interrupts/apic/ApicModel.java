// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/**
 * What a local APIC is able to do: the part of CPUID that the APIC must agree with.
 *
 * @param x2apic whether x2APIC mode exists (CPUID.01H:ECX[21])
 * @param tscDeadline whether the timer has TSC-deadline mode (CPUID.01H:ECX[24])
 * @param cmci whether there is a CMCI entry in the local vector table (IA32_MCG_CAP[10])
 * @param physicalAddressBits MAXPHYADDR, 32 to 52; higher bits of IA32_APIC_BASE are reserved
 * @param nanosPerTick length of one tick of the timer's clock before division, in nanoseconds
 * @param reservedBits how x2APIC mode treats reserved bits
 * @param directedEoi whether EOI broadcasts can be suppressed (version register bit 24)
 */
public record ApicModel(
        boolean x2apic,
        boolean tscDeadline,
        boolean cmci,
        int physicalAddressBits,
        int nanosPerTick,
        ReservedBits reservedBits,
        DirectedEoi directedEoi) {

    /** x2APIC, TSC deadline, no CMCI, 46 address bits, a 1 GHz timer clock as in KVM, strict reserved bits. */
    public static final ApicModel DEFAULT = new ApicModel(true, true, false, 46, 1, ReservedBits.STRICT);

    /** Throws IllegalArgumentException for physicalAddressBits outside 32 to 52 and nanosPerTick outside 1 to 1000. */
    public ApicModel {
        if (physicalAddressBits < 32 || physicalAddressBits > 52) {
            throw new IllegalArgumentException("physicalAddressBits is " + physicalAddressBits
                    + "; give 32 to 52, as in CPUID.80000008H:EAX[7:0]");
        }
        if (nanosPerTick < 1 || nanosPerTick > 1000) {
            throw new IllegalArgumentException("nanosPerTick is " + nanosPerTick + "; give 1 (1 GHz) to 1000 (1 MHz)");
        }
    }

    /** Without directed EOI. */
    public ApicModel(
            boolean x2apic,
            boolean tscDeadline,
            boolean cmci,
            int physicalAddressBits,
            int nanosPerTick,
            ReservedBits reservedBits) {
        this(x2apic, tscDeadline, cmci, physicalAddressBits, nanosPerTick, reservedBits, DirectedEoi.DISABLED);
    }

    /** The same with another policy for reserved bits. */
    public ApicModel with(ReservedBits policy) {
        return new ApicModel(x2apic, tscDeadline, cmci, physicalAddressBits, nanosPerTick, policy, directedEoi);
    }

    /** The same with or without directed EOI; ENABLED wants an I/O APIC that has an EOI register. */
    public ApicModel with(DirectedEoi other) {
        return new ApicModel(x2apic, tscDeadline, cmci, physicalAddressBits, nanosPerTick, reservedBits, other);
    }
}
