// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/** CPUID leaves of the hypervisor interface and their bits (TLFS, "Feature and Interface Discovery"). */
public final class HvCpuid {
    /** EAX: highest leaf; EBX, ECX, EDX: {@link #VENDOR_MICROSOFT_EBX} and following. */
    public static final int LEAF_VENDOR_AND_MAX_FUNCTION = 0x4000_0000;
    /** EAX: {@link #INTERFACE_HV1}. */
    public static final int LEAF_INTERFACE = 0x4000_0001;

    public static final int LEAF_VERSION = 0x4000_0002;
    /** Partition privileges and features. */
    public static final int LEAF_FEATURES = 0x4000_0003;
    /** Recommendations to the guest. */
    public static final int LEAF_ENLIGHTENMENT_INFO = 0x4000_0004;

    public static final int LEAF_IMPLEMENT_LIMITS = 0x4000_0005;
    public static final int LEAF_IMPLEMENTATION_HARDWARE = 0x4000_0006;
    public static final int LEAF_CPU_MANAGEMENT = 0x4000_0007;
    public static final int LEAF_SVM = 0x4000_0008;
    public static final int LEAF_NESTED_FEATURES = 0x4000_0009;
    public static final int LEAF_NESTED_OPTIMIZATIONS = 0x4000_000A;

    /** "Micr". */
    public static final int VENDOR_MICROSOFT_EBX = 0x7263_694D;
    /** "osof". */
    public static final int VENDOR_MICROSOFT_ECX = 0x666F_736F;
    /** "t Hv". */
    public static final int VENDOR_MICROSOFT_EDX = 0x7648_2074;
    /** "Hv#1". */
    public static final int INTERFACE_HV1 = 0x3123_7648;

    /** LEAF_FEATURES EAX: HV_X64_MSR_VP_RUNTIME. */
    public static final int ACCESS_VP_RUNTIME_MSR = 1;
    /** LEAF_FEATURES EAX: HV_X64_MSR_TIME_REF_COUNT. */
    public static final int ACCESS_PARTITION_REFERENCE_COUNTER = 1 << 1;
    /** LEAF_FEATURES EAX: SCONTROL to EOM and SINT0-15. */
    public static final int ACCESS_SYNIC_MSRS = 1 << 2;
    /** LEAF_FEATURES EAX: STIMERn. */
    public static final int ACCESS_SYNTHETIC_TIMER_MSRS = 1 << 3;
    /** LEAF_FEATURES EAX: EOI, ICR, TPR and VP assist page. */
    public static final int ACCESS_INTR_CTRL_MSRS = 1 << 4;
    /** LEAF_FEATURES EAX: GUEST_OS_ID and HYPERCALL. */
    public static final int ACCESS_HYPERCALL_MSRS = 1 << 5;
    /** LEAF_FEATURES EAX: VP_INDEX. */
    public static final int ACCESS_VP_INDEX = 1 << 6;
    /** LEAF_FEATURES EAX: RESET. */
    public static final int ACCESS_RESET_MSR = 1 << 7;
    /** LEAF_FEATURES EAX: REFERENCE_TSC. */
    public static final int ACCESS_PARTITION_REFERENCE_TSC = 1 << 9;
    /** LEAF_FEATURES EAX: TSC_FREQUENCY and APIC_FREQUENCY. */
    public static final int ACCESS_FREQUENCY_MSRS = 1 << 11;
    /** LEAF_FEATURES EAX: re-enlightenment. */
    public static final int ACCESS_REENLIGHTENMENT_CONTROLS = 1 << 13;

    /** LEAF_FEATURES EBX: HvCallPostMessage. */
    public static final int POST_MESSAGES = 1 << 4;
    /** LEAF_FEATURES EBX: HvCallSignalEvent. */
    public static final int SIGNAL_EVENTS = 1 << 5;
    /** LEAF_FEATURES EBX: HvCallCreatePort, HvCallDeletePort, HvCallGetPortProperty. */
    public static final int CREATE_PORT = 1 << 6;
    /** LEAF_FEATURES EBX: HvCallConnectPort, HvCallDisconnectPort. */
    public static final int CONNECT_PORT = 1 << 7;
    /** LEAF_FEATURES EBX: extended hypercalls. */
    public static final int ENABLE_EXTENDED_HYPERCALLS = 1 << 20;

    /** LEAF_FEATURES EDX: hypercall inputs in XMM registers. */
    public static final int XMM_REGISTERS_FOR_FAST_HYPERCALL_AVAILABLE = 1 << 4;
    /** LEAF_FEATURES EDX: hypercall outputs in the registers behind the input. */
    public static final int XMM_REGISTERS_FOR_FAST_HYPERCALL_OUTPUT_AVAILABLE = 1 << 15;
    /** LEAF_FEATURES EDX: frequency MSRs exist. */
    public static final int FREQUENCY_MSRS_AVAILABLE = 1 << 8;
    /** LEAF_FEATURES EDX: crash registers exist. */
    public static final int GUEST_CRASH_MSRS_AVAILABLE = 1 << 10;
    /** LEAF_FEATURES EDX: {@link HvFlushInput#HV_FLUSH_USE_EXTENDED_RANGE_FORMAT}. */
    public static final int EXTENDED_GVA_RANGES_FOR_FLUSH_LIST_AVAILABLE = 1 << 14;
    /** LEAF_FEATURES EDX: a SINT's polling bit is honoured. */
    public static final int SINT_POLLING_MODE_AVAILABLE = 1 << 17;
    /** LEAF_FEATURES EDX: HV_X64_MSR_HYPERCALL has a lock bit. */
    public static final int HYPERCALL_MSR_LOCK_AVAILABLE = 1 << 18;
    /** LEAF_FEATURES EDX: synthetic timers may raise a vector directly. */
    public static final int DIRECT_SYNTHETIC_TIMERS = 1 << 19;

    /** LEAF_ENLIGHTENMENT_INFO EAX: use hypercalls to flush other processors' TLBs. */
    public static final int RECOMMEND_REMOTE_TLB_FLUSH = 1 << 2;
    /** LEAF_ENLIGHTENMENT_INFO EAX: use MSRs for EOI, ICR and TPR. */
    public static final int RECOMMEND_APIC_MSRS = 1 << 3;
    /** LEAF_ENLIGHTENMENT_INFO EAX: relaxed timing. */
    public static final int RECOMMEND_RELAXED_TIMING = 1 << 5;
    /** LEAF_ENLIGHTENMENT_INFO EAX: do not use auto-EOI. */
    public static final int DEPRECATE_AUTO_EOI = 1 << 9;
    /** LEAF_ENLIGHTENMENT_INFO EAX: use HvCallSendSyntheticClusterIpi. */
    public static final int RECOMMEND_SYNTHETIC_CLUSTER_IPI = 1 << 10;
    /** LEAF_ENLIGHTENMENT_INFO EAX: calls that take a VP set exist. */
    public static final int RECOMMEND_EX_PROCESSOR_MASKS = 1 << 11;
    /** LEAF_ENLIGHTENMENT_INFO EAX: virtual processors share a core only where the topology says so. */
    public static final int NO_NONARCHITECTURAL_CORE_SHARING = 1 << 18;
    /** LEAF_ENLIGHTENMENT_INFO EBX: never tell the hypervisor of long spinning. */
    public static final int NEVER_NOTIFY_LONG_SPIN_WAIT = -1;

    /** LEAF_IMPLEMENTATION_HARDWARE EAX: the hardware virtualizes the APIC, and that is in use. */
    public static final int APIC_OVERLAY_ASSIST = 1;
    /** LEAF_IMPLEMENTATION_HARDWARE EAX: bitmaps say which MSR accesses leave the guest. */
    public static final int MSR_BITMAPS = 1 << 1;
    /** LEAF_IMPLEMENTATION_HARDWARE EAX: second level address translation. */
    public static final int SECOND_LEVEL_ADDRESS_TRANSLATION = 1 << 3;

    private HvCpuid() {}
}
