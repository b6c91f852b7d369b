// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

/**
 * Hears what a SynIC has to tell: the VMM (pages), the interrupt chip (acknowledgements), the APICv model (sources),
 * traces (all). Acknowledgements are reliable: each EOI of a live SINT's vector and each EOM is told, whatever is
 * emulated how.
 */
public interface SynIcListener {
    SynIcListener NONE = new SynIcListener() {};

    /** What ended a SINT's interrupt. */
    enum Cause {
        /** The guest wrote the EOI of the SINT's vector. Never comes for auto-EOI. */
        EOI,
        /** The guest wrote EOM, which concerns all sixteen sources. */
        EOM
    }

    /**
     * KVM_EXIT_HYPERV_SYNIC: the guest wrote msr (SCONTROL, SIEFP or SIMP; 0: reset). The three are raw register
     * values.
     */
    default void pagesChanged(SynIc synIc, int msr, long control, long evtPage, long msgPage) {}

    /**
     * The set of live sources may have changed (activation, SINT write, reset, restore): EOI-exit bitmap and APICv look
     * again.
     */
    default void sourcesChanged(SynIc synIc) {}

    /** kvm_hv_notify_acked_sint: the slot may be free, or it may not. */
    default void sintAcknowledged(SynIc synIc, int sint, Cause cause) {}

    /** kvm_hv_synic_set_irq: result as {@link SynIc#raise}; vector as the SINT holds it. */
    default void raised(SynIc synIc, int sint, int vector, int result) {}

    /** A producer within the fabric posted a message. */
    default void messagePosted(SynIc synIc, int sint, SynIcMessage message, MessageSlot.Post result) {}

    /** A producer within the fabric signalled an event. */
    default void flagSet(SynIc synIc, int sint, int flag, EventFlags.Signal result) {}

    /** Tells both, first then second. */
    static SynIcListener both(SynIcListener first, SynIcListener second) {
        return new SynIcListener() {
            @Override
            public void pagesChanged(SynIc synIc, int msr, long control, long evtPage, long msgPage) {
                first.pagesChanged(synIc, msr, control, evtPage, msgPage);
                second.pagesChanged(synIc, msr, control, evtPage, msgPage);
            }

            @Override
            public void sourcesChanged(SynIc synIc) {
                first.sourcesChanged(synIc);
                second.sourcesChanged(synIc);
            }

            @Override
            public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
                first.sintAcknowledged(synIc, sint, cause);
                second.sintAcknowledged(synIc, sint, cause);
            }

            @Override
            public void raised(SynIc synIc, int sint, int vector, int result) {
                first.raised(synIc, sint, vector, result);
                second.raised(synIc, sint, vector, result);
            }

            @Override
            public void messagePosted(SynIc synIc, int sint, SynIcMessage message, MessageSlot.Post result) {
                first.messagePosted(synIc, sint, message, result);
                second.messagePosted(synIc, sint, message, result);
            }

            @Override
            public void flagSet(SynIc synIc, int sint, int flag, EventFlags.Signal result) {
                first.flagSet(synIc, sint, flag, result);
                second.flagSet(synIc, sint, flag, result);
            }
        };
    }
}
