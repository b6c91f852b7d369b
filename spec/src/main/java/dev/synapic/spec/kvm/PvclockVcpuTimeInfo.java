// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.kvm;

/**
 * Layout of struct pvclock_vcpu_time_info, by which a guest computes kvmclock from its TSC (Linux,
 * Documentation/virt/kvm/x86/msr.rst, MSR_KVM_SYSTEM_TIME_NEW).
 *
 * <pre>
 *  offset 0         4         8                16               24        28      29      30
 *        +---------+---------+----------------+----------------+---------+-------+-------+------+
 *        | version | pad     | tsc_timestamp  | system_time    | mul u32 | shift | flags | pad  |   32 bytes
 *        +---------+---------+----------------+----------------+---------+-------+-------+------+
 *  time = system_time + (((tsc - tsc_timestamp) shifted left by shift) * mul >> 32), in nanoseconds
 * </pre>
 *
 * <p>An odd version says that an update is under way.
 */
public final class PvclockVcpuTimeInfo {
    public static final int VERSION_OFFSET = 0;
    public static final int TSC_TIMESTAMP_OFFSET = 8;
    public static final int SYSTEM_TIME_OFFSET = 16;
    public static final int TSC_TO_SYSTEM_MUL_OFFSET = 24;
    public static final int TSC_SHIFT_OFFSET = 28;
    public static final int FLAGS_OFFSET = 29;
    public static final int SIZE = 32;

    /** Flag: readings of different processors are monotonic, and any processor's structure serves all. */
    public static final int PVCLOCK_TSC_STABLE_BIT = 1;
    /** Flag: the host has paused the guest; the guest clears it. */
    public static final int PVCLOCK_GUEST_STOPPED = 1 << 1;

    private PvclockVcpuTimeInfo() {}
}
