// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Architectural model-specific registers by number (SDM vol. 4). */
public final class Msr {
    public static final int IA32_TIME_STAMP_COUNTER = 0x10;
    public static final int IA32_APIC_BASE = 0x1B;
    public static final int IA32_TSC_ADJUST = 0x3B;
    public static final int IA32_BIOS_SIGN_ID = 0x8B;
    public static final int IA32_MTRRCAP = 0xFE;
    public static final int IA32_SYSENTER_CS = 0x174;
    public static final int IA32_SYSENTER_ESP = 0x175;
    public static final int IA32_SYSENTER_EIP = 0x176;
    public static final int IA32_MISC_ENABLE = 0x1A0;
    public static final int IA32_PAT = 0x277;
    public static final int IA32_MTRR_DEF_TYPE = 0x2FF;
    public static final int IA32_TSC_DEADLINE = 0x6E0;
    /** First of the x2APIC register MSRs; MSR = 0x800 + (xAPIC offset >> 4) (SDM vol. 3A, 12.12.1.2). */
    public static final int X2APIC_FIRST = 0x800;

    public static final int X2APIC_ICR = 0x830;
    public static final int X2APIC_LAST = 0x8FF;
    public static final int IA32_EFER = 0xC000_0080;
    public static final int IA32_STAR = 0xC000_0081;
    public static final int IA32_LSTAR = 0xC000_0082;
    public static final int IA32_CSTAR = 0xC000_0083;
    public static final int IA32_FMASK = 0xC000_0084;
    public static final int IA32_FS_BASE = 0xC000_0100;
    public static final int IA32_GS_BASE = 0xC000_0101;
    public static final int IA32_KERNEL_GS_BASE = 0xC000_0102;
    public static final int IA32_TSC_AUX = 0xC000_0103;

    private Msr() {}
}
