// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Architectural model-specific registers by number (SDM vol. 4). */
public final class Msr {
    public static final int IA32_TIME_STAMP_COUNTER = 0x10;
    public static final int IA32_PLATFORM_ID = 0x17;
    public static final int IA32_APIC_BASE = 0x1B;
    public static final int IA32_TSC_ADJUST = 0x3B;
    public static final int IA32_SPEC_CTRL = 0x48;
    public static final int IA32_PRED_CMD = 0x49;
    public static final int IA32_BIOS_UPDT_TRIG = 0x79;
    public static final int IA32_BIOS_SIGN_ID = 0x8B;
    public static final int IA32_MTRRCAP = 0xFE;
    public static final int IA32_ARCH_CAPABILITIES = 0x10A;
    public static final int IA32_FLUSH_CMD = 0x10B;
    public static final int IA32_SYSENTER_CS = 0x174;
    public static final int IA32_SYSENTER_ESP = 0x175;
    public static final int IA32_SYSENTER_EIP = 0x176;
    public static final int IA32_MCG_CAP = 0x179;
    public static final int IA32_MCG_STATUS = 0x17A;
    public static final int IA32_MCG_CTL = 0x17B;
    public static final int IA32_MISC_ENABLE = 0x1A0;
    public static final int IA32_DEBUGCTL = 0x1D9;
    /** First of the variable ranges: base and mask in turn. */
    public static final int IA32_MTRR_PHYSBASE0 = 0x200;

    public static final int IA32_MTRR_FIX64K_00000 = 0x250;
    public static final int IA32_MTRR_FIX16K_80000 = 0x258;
    public static final int IA32_MTRR_FIX16K_A0000 = 0x259;
    /** First of eight. */
    public static final int IA32_MTRR_FIX4K_C0000 = 0x268;

    public static final int IA32_PAT = 0x277;
    public static final int IA32_MTRR_DEF_TYPE = 0x2FF;
    /** First of the banks: control, status, address, miscellaneous in turn. */
    public static final int IA32_MC0_CTL = 0x400;

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
    /** First of four event selects, which four counters follow. */
    public static final int AMD_PERF_EVTSEL0 = 0xC001_0000;

    public static final int AMD_SYSCFG = 0xC001_0010;
    public static final int AMD_HWCR = 0xC001_0015;

    private Msr() {}
}
