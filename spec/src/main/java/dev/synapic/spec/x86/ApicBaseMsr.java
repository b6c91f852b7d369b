// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** View of IA32_APIC_BASE (SDM vol. 3A, 12.4.4 and 12.12.1). */
public record ApicBaseMsr(long bits) {
    public static final long BOOTSTRAP = 1L << 8;
    /** EXTD: x2APIC mode. */
    public static final long X2APIC_ENABLE = 1L << 10;
    /** EN: xAPIC global enable. */
    public static final long ENABLE = 1L << 11;
    /** Where the register page stands after power-on. */
    public static final long DEFAULT_BASE = 0xFEE0_0000L;

    /** BSP, bit 8. */
    public boolean bootstrapProcessor() {
        return (bits & BOOTSTRAP) != 0;
    }

    /** The mode, or DISABLED for the invalid combination of EXTD without EN; see {@link #valid()}. */
    public ApicMode mode() {
        if ((bits & ENABLE) == 0) {
            return ApicMode.DISABLED;
        }
        return (bits & X2APIC_ENABLE) != 0 ? ApicMode.X2APIC : ApicMode.XAPIC;
    }

    /** False for EXTD without EN. */
    public boolean valid() {
        return (bits & (ENABLE | X2APIC_ENABLE)) != X2APIC_ENABLE;
    }

    /** Physical address of the register page. */
    public long base() {
        return bits & ~0xFFFL;
    }

    /** Bits that no processor with that many physical address bits defines. */
    public static long reserved(int physicalAddressBits) {
        return -1L << physicalAddressBits | 0x2FFL;
    }
}
