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

    /** kvm_hv_flush_tlb and kvm_hv_flush_tlb_ex: code is the call's; processors counts the TLBs. */
    default void tlbsFlushed(int code, long addressSpace, long flags, int processors) {}

    /** A guest's processor has spun so often for something that another one of it holds. */
    default void spinsLong(int spins) {}
}
