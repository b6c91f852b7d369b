// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** View of the spurious-interrupt vector register (SDM vol. 3A, figure 12-23). */
public record Svr(int bits) {
    public static final int VECTOR = 0xFF;
    /** Software enable. */
    public static final int ENABLE = 1 << 8;
    /** Focus processor checking off; not supported since Pentium 4, kept by xAPIC mode as written. */
    public static final int NO_FOCUS_CHECK = 1 << 9;
    /** EOI-broadcast suppression; only where the version register announces it. */
    public static final int SUPPRESS_EOI_BROADCAST = 1 << 12;

    /** Bits 7:0: what the processor takes where a request has gone away in between. */
    public int vector() {
        return bits & VECTOR;
    }

    /** Bit 8. Without it the APIC accepts no fixed interrupt and its local vector table is masked (SDM vol. 3A, 12.4.7.2). */
    public boolean softwareEnabled() {
        return (bits & ENABLE) != 0;
    }
}
