// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.kvm;

/**
 * Layout of struct kvm_clock_pairing, the answer of KVM_HC_CLOCK_PAIRING: the calendar's time and the caller's TSC of
 * one instant (Linux, Documentation/virt/kvm/x86/hypercalls.rst).
 */
public final class KvmClockPairing {
    public static final int SEC_OFFSET = 0;
    public static final int NSEC_OFFSET = 8;
    public static final int TSC_OFFSET = 16;
    public static final int FLAGS_OFFSET = 24;
    public static final int SIZE = 64;

    /** The only type of clock that there is: CLOCK_REALTIME. */
    public static final int KVM_CLOCK_PAIRING_WALLCLOCK = 0;

    private KvmClockPairing() {}
}
