// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.kvm;

/** KVM's CPUID leaves (Linux, Documentation/virt/kvm/x86/cpuid.rst). */
public final class KvmCpuid {
    /** EAX: highest KVM leaf; EBX, ECX, EDX: the signature. */
    public static final int SIGNATURE_LEAF = 0x4000_0000;
    /** EAX: features; EDX: hints. */
    public static final int FEATURES_LEAF = 0x4000_0001;
    /** EAX: TSC in kHz; EBX: local APIC timer in kHz. VMware's leaf, which KVM's VMMs have taken over. */
    public static final int TIMING_LEAF = 0x4000_0010;

    /** "KVMK". */
    public static final int SIGNATURE_EBX = 0x4B4D_564B;
    /** "VMKV". */
    public static final int SIGNATURE_ECX = 0x564B_4D56;
    /** "M" and three zeros. */
    public static final int SIGNATURE_EDX = 0x0000_004D;

    // Bit numbers of EAX of the features leaf.
    public static final int KVM_FEATURE_CLOCKSOURCE = 0;
    public static final int KVM_FEATURE_NOP_IO_DELAY = 1;
    public static final int KVM_FEATURE_MMU_OP = 2;
    public static final int KVM_FEATURE_CLOCKSOURCE2 = 3;
    public static final int KVM_FEATURE_ASYNC_PF = 4;
    public static final int KVM_FEATURE_STEAL_TIME = 5;
    public static final int KVM_FEATURE_PV_EOI = 6;
    public static final int KVM_FEATURE_PV_UNHALT = 7;
    public static final int KVM_FEATURE_PV_TLB_FLUSH = 9;
    public static final int KVM_FEATURE_ASYNC_PF_VMEXIT = 10;
    public static final int KVM_FEATURE_PV_SEND_IPI = 11;
    public static final int KVM_FEATURE_POLL_CONTROL = 12;
    public static final int KVM_FEATURE_PV_SCHED_YIELD = 13;
    public static final int KVM_FEATURE_ASYNC_PF_INT = 14;
    public static final int KVM_FEATURE_MSI_EXT_DEST_ID = 15;
    public static final int KVM_FEATURE_HC_MAP_GPA_RANGE = 16;
    public static final int KVM_FEATURE_MIGRATION_CONTROL = 17;
    public static final int KVM_FEATURE_CLOCKSOURCE_STABLE_BIT = 24;

    /** Bit number of EDX of the features leaf. */
    public static final int KVM_HINTS_REALTIME = 0;

    private KvmCpuid() {}

    /** The name of a feature as on QEMU's command line, or {@code bit-n}. */
    public static String featureName(int bit) {
        return switch (bit) {
            case KVM_FEATURE_CLOCKSOURCE -> "kvmclock";
            case KVM_FEATURE_NOP_IO_DELAY -> "kvm-nopiodelay";
            case KVM_FEATURE_MMU_OP -> "kvm-mmu";
            case KVM_FEATURE_CLOCKSOURCE2 -> "kvmclock";
            case KVM_FEATURE_ASYNC_PF -> "kvm-asyncpf";
            case KVM_FEATURE_STEAL_TIME -> "kvm-steal-time";
            case KVM_FEATURE_PV_EOI -> "kvm-pv-eoi";
            case KVM_FEATURE_PV_UNHALT -> "kvm-pv-unhalt";
            case KVM_FEATURE_PV_TLB_FLUSH -> "kvm-pv-tlb-flush";
            case KVM_FEATURE_ASYNC_PF_VMEXIT -> "kvm-asyncpf-vmexit";
            case KVM_FEATURE_PV_SEND_IPI -> "kvm-pv-ipi";
            case KVM_FEATURE_POLL_CONTROL -> "kvm-poll-control";
            case KVM_FEATURE_PV_SCHED_YIELD -> "kvm-pv-sched-yield";
            case KVM_FEATURE_ASYNC_PF_INT -> "kvm-asyncpf-int";
            case KVM_FEATURE_MSI_EXT_DEST_ID -> "kvm-msi-ext-dest-id";
            case KVM_FEATURE_HC_MAP_GPA_RANGE -> "kvm-hc-map-gpa-range";
            case KVM_FEATURE_MIGRATION_CONTROL -> "kvm-migration-control";
            case KVM_FEATURE_CLOCKSOURCE_STABLE_BIT -> "kvmclock-stable-bit";
            default -> "bit-" + bit;
        };
    }
}
