// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

/** Watches hypercalls; for traces and counters. It must not call back. */
public interface HvHypercallListener {
    HvHypercallListener NONE = new HvHypercallListener() {};

    /** kvm_hv_hypercall, before the call is carried out. */
    default void called(long control, long input, long output) {}

    /** kvm_hv_hypercall_done. */
    default void done(long control, long result) {}

    /** kvm_hv_send_ipi. */
    default void ipiSent(int vector, long processorMask, int accepted) {}

    /** kvm_hv_send_ipi_ex. */
    default void ipiSentEx(int vector, long format, long validBanks, int accepted) {}
}
