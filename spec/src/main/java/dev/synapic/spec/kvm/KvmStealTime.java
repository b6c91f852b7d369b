// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.kvm;

/**
 * Layout of struct kvm_steal_time and of the register that places it (Linux, Documentation/virt/kvm/x86/msr.rst,
 * MSR_KVM_STEAL_TIME).
 */
public final class KvmStealTime {
    /** Nanoseconds, u64. */
    public static final int STEAL_OFFSET = 0;
    /** Odd while an update is under way. */
    public static final int VERSION_OFFSET = 8;

    public static final int FLAGS_OFFSET = 12;
    public static final int PREEMPTED_OFFSET = 16;
    public static final int SIZE = 64;

    /** Register: bits 5:1. */
    public static final long RESERVED_MASK = 0x3E;
    /** Register: bits 63:6. */
    public static final long GPA_MASK = ~0x3FL;

    private KvmStealTime() {}
}
