// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.kvm;

/** Numbers of KVM's paravirtual MSRs (Linux, Documentation/virt/kvm/x86/msr.rst). */
public final class KvmMsr {
    /** The first form of the wall clock's register; it stands outside the range that is KVM's. */
    public static final int MSR_KVM_WALL_CLOCK = 0x11;
    /** The first form of the system time's register. */
    public static final int MSR_KVM_SYSTEM_TIME = 0x12;

    public static final int MSR_KVM_WALL_CLOCK_NEW = 0x4B56_4D00;
    public static final int MSR_KVM_SYSTEM_TIME_NEW = 0x4B56_4D01;
    public static final int MSR_KVM_ASYNC_PF_EN = 0x4B56_4D02;
    public static final int MSR_KVM_STEAL_TIME = 0x4B56_4D03;
    public static final int MSR_KVM_PV_EOI_EN = 0x4B56_4D04;
    public static final int MSR_KVM_POLL_CONTROL = 0x4B56_4D05;
    public static final int MSR_KVM_ASYNC_PF_INT = 0x4B56_4D06;
    public static final int MSR_KVM_ASYNC_PF_ACK = 0x4B56_4D07;
    public static final int MSR_KVM_MIGRATION_CONTROL = 0x4B56_4D08;

    /** The range that is KVM's. */
    public static final int FIRST = 0x4B56_4D00;

    public static final int LAST = 0x4B56_4DFF;

    /** Bit 0 of the registers that name a place in memory. */
    public static final long ENABLED = 1;

    private KvmMsr() {}

    /** Whether the number is KVM's, whatever is behind it. */
    public static boolean isKvm(int msr) {
        return msr >= FIRST && msr <= LAST || msr == MSR_KVM_WALL_CLOCK || msr == MSR_KVM_SYSTEM_TIME;
    }

    /** The name as in Linux's kvm_para.h, or the number where there is none. */
    public static String name(int msr) {
        return switch (msr) {
            case MSR_KVM_WALL_CLOCK -> "MSR_KVM_WALL_CLOCK";
            case MSR_KVM_SYSTEM_TIME -> "MSR_KVM_SYSTEM_TIME";
            case MSR_KVM_WALL_CLOCK_NEW -> "MSR_KVM_WALL_CLOCK_NEW";
            case MSR_KVM_SYSTEM_TIME_NEW -> "MSR_KVM_SYSTEM_TIME_NEW";
            case MSR_KVM_ASYNC_PF_EN -> "MSR_KVM_ASYNC_PF_EN";
            case MSR_KVM_STEAL_TIME -> "MSR_KVM_STEAL_TIME";
            case MSR_KVM_PV_EOI_EN -> "MSR_KVM_PV_EOI_EN";
            case MSR_KVM_POLL_CONTROL -> "MSR_KVM_POLL_CONTROL";
            case MSR_KVM_ASYNC_PF_INT -> "MSR_KVM_ASYNC_PF_INT";
            case MSR_KVM_ASYNC_PF_ACK -> "MSR_KVM_ASYNC_PF_ACK";
            case MSR_KVM_MIGRATION_CONTROL -> "MSR_KVM_MIGRATION_CONTROL";
            default -> "MSR_KVM_0x" + Integer.toHexString(msr);
        };
    }
}
