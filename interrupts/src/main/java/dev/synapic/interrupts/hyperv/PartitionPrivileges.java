// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvCpuid;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HypercallCode;

/**
 * What a guest may use of the Hyper-V interface, in the words of its own CPUID leaves.
 *
 * <p>Spec: TLFS, HV_PARTITION_PRIVILEGE_MASK, "Feature and Interface Discovery".
 *
 * @param registers EAX of leaf 0x40000003: groups of synthetic registers
 * @param calls EBX of leaf 0x40000003: groups of hypercalls
 * @param facilities EDX of leaf 0x40000003
 * @param recommendations EAX of leaf 0x40000004: a call that is not recommended is not there
 * @param spinRetries EBX of leaf 0x40000004: after how many attempts a guest shall tell that it spins
 * @param enforced whether what is not announced is refused (KVM_CAP_HYPERV_ENFORCE_CPUID); otherwise all that is
 *     implemented works, as KVM does by default
 */
public record PartitionPrivileges(
        int registers, int calls, int facilities, int recommendations, int spinRetries, boolean enforced) {
    /** All that is implemented works. */
    public static final PartitionPrivileges UNRESTRICTED = new PartitionPrivileges(-1, -1, -1, -1, 0, false);

    /** Whether a synthetic register may be read and written; those that no privilege guards always may. */
    public boolean allowsMsr(int msr) {
        if (!enforced) {
            return true;
        }
        if (HvMsr.isSynIc(msr)) {
            return has(registers, HvCpuid.ACCESS_SYNIC_MSRS);
        }
        if (HvMsr.isSyntheticTimer(msr)) {
            return has(registers, HvCpuid.ACCESS_SYNTHETIC_TIMER_MSRS);
        }
        if (HvMsr.isCrashParameter(msr) || msr == HvMsr.HV_X64_MSR_CRASH_CTL) {
            return has(facilities, HvCpuid.GUEST_CRASH_MSRS_AVAILABLE);
        }
        return switch (msr) {
            case HvMsr.HV_X64_MSR_GUEST_OS_ID, HvMsr.HV_X64_MSR_HYPERCALL ->
                has(registers, HvCpuid.ACCESS_HYPERCALL_MSRS);
            case HvMsr.HV_X64_MSR_VP_INDEX -> has(registers, HvCpuid.ACCESS_VP_INDEX);
            case HvMsr.HV_X64_MSR_RESET -> has(registers, HvCpuid.ACCESS_RESET_MSR);
            case HvMsr.HV_X64_MSR_VP_RUNTIME -> has(registers, HvCpuid.ACCESS_VP_RUNTIME_MSR);
            case HvMsr.HV_X64_MSR_TIME_REF_COUNT -> has(registers, HvCpuid.ACCESS_PARTITION_REFERENCE_COUNTER);
            case HvMsr.HV_X64_MSR_REFERENCE_TSC -> has(registers, HvCpuid.ACCESS_PARTITION_REFERENCE_TSC);
            case HvMsr.HV_X64_MSR_TSC_FREQUENCY, HvMsr.HV_X64_MSR_APIC_FREQUENCY ->
                has(registers, HvCpuid.ACCESS_FREQUENCY_MSRS);
            case HvMsr.HV_X64_MSR_EOI, HvMsr.HV_X64_MSR_ICR, HvMsr.HV_X64_MSR_TPR, HvMsr.HV_X64_MSR_VP_ASSIST_PAGE ->
                has(registers, HvCpuid.ACCESS_INTR_CTRL_MSRS);
            case HvMsr.HV_X64_MSR_REENLIGHTENMENT_CONTROL,
                    HvMsr.HV_X64_MSR_TSC_EMULATION_CONTROL,
                    HvMsr.HV_X64_MSR_TSC_EMULATION_STATUS -> has(registers, HvCpuid.ACCESS_REENLIGHTENMENT_CONTROLS);
            default -> true;
        };
    }

    /** Whether a known hypercall may be made. */
    public boolean allowsCall(int code) {
        if (!enforced) {
            return true;
        }
        return switch (code) {
            case HypercallCode.HvCallNotifyLongSpinWait -> spinRetries != HvCpuid.NEVER_NOTIFY_LONG_SPIN_WAIT;
            case HypercallCode.HvCallPostMessage -> has(calls, HvCpuid.POST_MESSAGES);
            case HypercallCode.HvCallSignalEvent -> has(calls, HvCpuid.SIGNAL_EVENTS);
            case HypercallCode.HvCallCreatePort, HypercallCode.HvCallDeletePort, HypercallCode.HvCallGetPortProperty ->
                has(calls, HvCpuid.CREATE_PORT);
            case HypercallCode.HvCallConnectPort, HypercallCode.HvCallDisconnectPort ->
                has(calls, HvCpuid.CONNECT_PORT);
            case HypercallCode.HvExtCallQueryCapabilities -> has(calls, HvCpuid.ENABLE_EXTENDED_HYPERCALLS);
            case HypercallCode.HvCallFlushVirtualAddressSpace, HypercallCode.HvCallFlushVirtualAddressList ->
                has(recommendations, HvCpuid.RECOMMEND_REMOTE_TLB_FLUSH);
            case HypercallCode.HvCallFlushVirtualAddressSpaceEx, HypercallCode.HvCallFlushVirtualAddressListEx ->
                has(recommendations, HvCpuid.RECOMMEND_REMOTE_TLB_FLUSH | HvCpuid.RECOMMEND_EX_PROCESSOR_MASKS);
            case HypercallCode.HvCallSendSyntheticClusterIpi ->
                has(recommendations, HvCpuid.RECOMMEND_SYNTHETIC_CLUSTER_IPI);
            case HypercallCode.HvCallSendSyntheticClusterIpiEx ->
                has(recommendations, HvCpuid.RECOMMEND_SYNTHETIC_CLUSTER_IPI | HvCpuid.RECOMMEND_EX_PROCESSOR_MASKS);
            default -> true;
        };
    }

    /** Whether a call's parameters may stand in XMM registers. */
    public boolean allowsXmmInput() {
        return !enforced || has(facilities, HvCpuid.XMM_REGISTERS_FOR_FAST_HYPERCALL_AVAILABLE);
    }

    /** Whether a call's results may stand in registers. */
    public boolean allowsXmmOutput() {
        return !enforced || has(facilities, HvCpuid.XMM_REGISTERS_FOR_FAST_HYPERCALL_OUTPUT_AVAILABLE);
    }

    /** Whether the ranges of a flush may have the format that knows large pages. */
    public boolean allowsExtendedRanges() {
        return !enforced || has(facilities, HvCpuid.EXTENDED_GVA_RANGES_FOR_FLUSH_LIST_AVAILABLE);
    }

    /** Whether a synthetic timer may be set to direct mode. */
    public boolean allowsDirectTimers() {
        return !enforced || has(facilities, HvCpuid.DIRECT_SYNTHETIC_TIMERS);
    }

    private static boolean has(int word, int bits) {
        return (word & bits) == bits;
    }
}
