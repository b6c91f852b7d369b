// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/** Watches an {@link IrqChip}; for traces and counters. It must not call back. */
public interface IrqChipListener {
    IrqChipListener NONE = new IrqChipListener() {};

    /** kvm_set_irq: level of a GSI was set; result as {@link IrqChip#irqLine}. */
    default void lineSet(int gsi, boolean level, int sourceId, int result) {}

    /**
     * Routes or notifiers changed, and with them which EOIs matter: every processor computes its EOI-exit bitmap anew
     * before it runs again.
     */
    default void eoiExitsChanged() {}

    /** kvm_ack_irq: the notifiers of a GSI run. */
    default void acknowledged(int gsi) {}

    /** Acknowledgements re-asserted themselves without end; the rest waits ({@link IrqChip#hasDeferredAcks}). */
    default void ackStorm(int gsi) {}
}
