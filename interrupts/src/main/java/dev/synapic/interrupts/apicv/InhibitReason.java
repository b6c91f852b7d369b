// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

/** Why hardware APIC virtualization is switched off for a machine; names and rules as in KVM. */
public enum InhibitReason {
    /** Switched off by parameter, or the hardware lacks it. Set at creation, never cleared. */
    DISABLED(true, true),
    /** A vCPU has a live auto-EOI SINT. Set and cleared by {@link SynIcApicvPolicy}. */
    HYPERV(true, true),
    /** No local APIC in the fabric yet. Set before, cleared by the creation of the interrupt chip. */
    ABSENT(true, true),
    /** A debugger blocks interrupts. Set and cleared by the debugger's stub. */
    BLOCKIRQ(true, true),
    /**
     * Two APICs share a physical id, or the map could not hold them all. Set and cleared as the destination map is
     * rebuilt.
     */
    PHYSICAL_ID_ALIASED(true, true),
    /** An xAPIC id differs from its initial one. Set and cleared as the destination map is rebuilt. */
    APIC_ID_MODIFIED(true, true),
    /** An APIC is enabled at another base than 0xFEE00000. Set by the write of IA32_APIC_BASE, never cleared. */
    APIC_BASE_MODIFIED(true, true),
    /** A vCPU runs a nested guest. Set and cleared by nested virtualization. */
    NESTED(false, true),
    /** An interrupt window is awaited for an ExtINT. Set when it is asked for, cleared when it opens. */
    IRQWIN(false, true),
    /** The PIT re-injects lost ticks. Set and cleared by the PIT's mode. */
    PIT_REINJ(false, true),
    /** An encrypted guest. Set at creation, never cleared. */
    SEV(false, true),
    /** Two APICs share a logical id, or one has an odd id. Set and cleared as the destination map is rebuilt. */
    LOGICAL_ID_ALIASED(false, true),
    /** A vCPU's id is beyond the hardware's table. Set at its creation, never cleared. */
    PHYSICAL_ID_TOO_BIG(false, true);

    private final boolean intel;
    private final boolean amd;

    InhibitReason(boolean intel, boolean amd) {
        this.intel = intel;
        this.amd = amd;
    }

    /** Whether the reason counts for Intel's APICv. */
    public boolean concernsApicv() {
        return intel;
    }

    /** Whether the reason counts for AMD's AVIC. */
    public boolean concernsAvic() {
        return amd;
    }

    /** Whether it is the host's business, so that it stays behind when a guest moves. */
    boolean ofHost() {
        return switch (this) {
            case DISABLED, ABSENT, BLOCKIRQ, SEV, PHYSICAL_ID_TOO_BIG -> true;
            default -> false;
        };
    }

    int bit() {
        return 1 << ordinal();
    }
}
