// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.kvm;

/**
 * Layout of struct pvclock_wall_clock: the calendar's time at which kvmclock was 0 (Linux,
 * Documentation/virt/kvm/x86/msr.rst, MSR_KVM_WALL_CLOCK_NEW). An odd version says that an update is under way.
 */
public final class PvclockWallClock {
    public static final int VERSION_OFFSET = 0;
    public static final int SEC_OFFSET = 4;
    public static final int NSEC_OFFSET = 8;
    public static final int SIZE = 12;

    private PvclockWallClock() {}
}
