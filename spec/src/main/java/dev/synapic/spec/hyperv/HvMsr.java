// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/** Synthetic MSRs by number (TLFS, "Synthetic MSRs"). */
public final class HvMsr {
    public static final int HV_X64_MSR_FIRST = 0x4000_0000;
    public static final int HV_X64_MSR_GUEST_OS_ID = 0x4000_0000;
    public static final int HV_X64_MSR_HYPERCALL = 0x4000_0001;
    public static final int HV_X64_MSR_VP_INDEX = 0x4000_0002;
    public static final int HV_X64_MSR_RESET = 0x4000_0003;
    public static final int HV_X64_MSR_VP_RUNTIME = 0x4000_0010;
    public static final int HV_X64_MSR_TIME_REF_COUNT = 0x4000_0020;
    public static final int HV_X64_MSR_REFERENCE_TSC = 0x4000_0021;
    public static final int HV_X64_MSR_TSC_FREQUENCY = 0x4000_0022;
    public static final int HV_X64_MSR_APIC_FREQUENCY = 0x4000_0023;
    public static final int HV_X64_MSR_EOI = 0x4000_0070;
    public static final int HV_X64_MSR_ICR = 0x4000_0071;
    public static final int HV_X64_MSR_TPR = 0x4000_0072;
    public static final int HV_X64_MSR_VP_ASSIST_PAGE = 0x4000_0073;
    public static final int HV_X64_MSR_SCONTROL = 0x4000_0080;
    public static final int HV_X64_MSR_SVERSION = 0x4000_0081;
    public static final int HV_X64_MSR_SIEFP = 0x4000_0082;
    public static final int HV_X64_MSR_SIMP = 0x4000_0083;
    public static final int HV_X64_MSR_EOM = 0x4000_0084;
    public static final int HV_X64_MSR_SIRBP = 0x4000_0085;
    /** First of sixteen, one for each synthetic interrupt source. */
    public static final int HV_X64_MSR_SINT0 = 0x4000_0090;

    public static final int HV_X64_MSR_SINT15 = 0x4000_009F;
    /** First of four pairs (CONFIG, COUNT). */
    public static final int HV_X64_MSR_STIMER0_CONFIG = 0x4000_00B0;

    public static final int HV_X64_MSR_STIMER0_COUNT = 0x4000_00B1;
    public static final int HV_X64_MSR_STIMER3_COUNT = 0x4000_00B7;
    public static final int HV_X64_MSR_CRASH_P0 = 0x4000_0100;
    /** Last of the five parameters. */
    public static final int HV_X64_MSR_CRASH_P4 = 0x4000_0104;

    public static final int HV_X64_MSR_CRASH_CTL = 0x4000_0105;
    public static final int HV_X64_MSR_REENLIGHTENMENT_CONTROL = 0x4000_0106;
    public static final int HV_X64_MSR_TSC_EMULATION_CONTROL = 0x4000_0107;
    public static final int HV_X64_MSR_TSC_EMULATION_STATUS = 0x4000_0108;
    public static final int HV_X64_MSR_LAST = 0x4000_1FFF;

    private HvMsr() {}

    /** Whether the number belongs to the range that the hypervisor owns. */
    public static boolean isSynthetic(int msr) {
        return msr >= HV_X64_MSR_FIRST && msr <= HV_X64_MSR_LAST;
    }

    /** Whether the register is a part of the synthetic interrupt controller proper (not of its timers). */
    public static boolean isSynIc(int msr) {
        return (msr >= HV_X64_MSR_SCONTROL && msr <= HV_X64_MSR_EOM) || isSint(msr);
    }

    /** Whether the register is one of SINT0 to SINT15. */
    public static boolean isSint(int msr) {
        return msr >= HV_X64_MSR_SINT0 && msr <= HV_X64_MSR_SINT15;
    }

    /** Whether the register belongs to a synthetic timer. */
    public static boolean isSyntheticTimer(int msr) {
        return msr >= HV_X64_MSR_STIMER0_CONFIG && msr <= HV_X64_MSR_STIMER3_COUNT;
    }

    /** Whether the register is one of CRASH_P0 to CRASH_P4; CRASH_CTL is none of them. */
    public static boolean isCrashParameter(int msr) {
        return msr >= HV_X64_MSR_CRASH_P0 && msr <= HV_X64_MSR_CRASH_P4;
    }

    /** The register's name as the TLFS gives it, or its number in hexadecimal. */
    public static String name(int msr) {
        if (isSint(msr)) {
            return "HV_X64_MSR_SINT" + (msr - HV_X64_MSR_SINT0);
        }
        if (isSyntheticTimer(msr)) {
            int offset = msr - HV_X64_MSR_STIMER0_CONFIG;
            return "HV_X64_MSR_STIMER" + (offset >> 1) + ((offset & 1) == 0 ? "_CONFIG" : "_COUNT");
        }
        if (isCrashParameter(msr)) {
            return "HV_X64_MSR_CRASH_P" + (msr - HV_X64_MSR_CRASH_P0);
        }
        return switch (msr) {
            case HV_X64_MSR_GUEST_OS_ID -> "HV_X64_MSR_GUEST_OS_ID";
            case HV_X64_MSR_HYPERCALL -> "HV_X64_MSR_HYPERCALL";
            case HV_X64_MSR_VP_INDEX -> "HV_X64_MSR_VP_INDEX";
            case HV_X64_MSR_RESET -> "HV_X64_MSR_RESET";
            case HV_X64_MSR_VP_RUNTIME -> "HV_X64_MSR_VP_RUNTIME";
            case HV_X64_MSR_TIME_REF_COUNT -> "HV_X64_MSR_TIME_REF_COUNT";
            case HV_X64_MSR_REFERENCE_TSC -> "HV_X64_MSR_REFERENCE_TSC";
            case HV_X64_MSR_TSC_FREQUENCY -> "HV_X64_MSR_TSC_FREQUENCY";
            case HV_X64_MSR_APIC_FREQUENCY -> "HV_X64_MSR_APIC_FREQUENCY";
            case HV_X64_MSR_EOI -> "HV_X64_MSR_EOI";
            case HV_X64_MSR_ICR -> "HV_X64_MSR_ICR";
            case HV_X64_MSR_TPR -> "HV_X64_MSR_TPR";
            case HV_X64_MSR_VP_ASSIST_PAGE -> "HV_X64_MSR_VP_ASSIST_PAGE";
            case HV_X64_MSR_SCONTROL -> "HV_X64_MSR_SCONTROL";
            case HV_X64_MSR_SVERSION -> "HV_X64_MSR_SVERSION";
            case HV_X64_MSR_SIEFP -> "HV_X64_MSR_SIEFP";
            case HV_X64_MSR_SIMP -> "HV_X64_MSR_SIMP";
            case HV_X64_MSR_EOM -> "HV_X64_MSR_EOM";
            case HV_X64_MSR_SIRBP -> "HV_X64_MSR_SIRBP";
            case HV_X64_MSR_CRASH_CTL -> "HV_X64_MSR_CRASH_CTL";
            case HV_X64_MSR_REENLIGHTENMENT_CONTROL -> "HV_X64_MSR_REENLIGHTENMENT_CONTROL";
            case HV_X64_MSR_TSC_EMULATION_CONTROL -> "HV_X64_MSR_TSC_EMULATION_CONTROL";
            case HV_X64_MSR_TSC_EMULATION_STATUS -> "HV_X64_MSR_TSC_EMULATION_STATUS";
            default -> "0x" + Integer.toHexString(msr);
        };
    }
}
