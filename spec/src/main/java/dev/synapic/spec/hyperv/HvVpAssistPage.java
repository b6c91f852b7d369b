// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/** Layout of the VP assist page, as far as EOI assist needs it, and of its register (TLFS, HV_VP_ASSIST_PAGE). */
public final class HvVpAssistPage {
    /** The EOI assist field, 32 bits. */
    public static final int APIC_ASSIST_OFFSET = 0;
    /** EOI assist bit 0: the guest clears it instead of writing EOI. */
    public static final int NO_EOI_REQUIRED = 1;

    /** Register: bit 0. */
    public static final long ENABLE = 1;
    /** Register: bits 63:12. */
    public static final long GPA_MASK = ~0xFFFL;

    private HvVpAssistPage() {}
}
