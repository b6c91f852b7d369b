// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import org.jspecify.annotations.Nullable;

/**
 * Watches what happens at the APICs; for traces and counters. It must not call back. Requests are packed as in
 * {@link Transit}.
 */
public interface ApicListener {
    ApicListener NONE = new ApicListener() {};

    /**
     * A source (null: not an APIC) put a request on the bus; icr as {@link ApicBus#sendIpi}; accepted counts targets.
     */
    default void sent(@Nullable LocalApic source, long icr, int accepted) {}

    /** A request arrived at its target. coalesced: a fixed vector whose IRR bit was set already. */
    default void arrived(LocalApic target, int request, boolean coalesced) {}

    /**
     * A target would not take a request: software-disabled, level not asserted, illegal vector, or a mode that is not
     * modelled.
     */
    default void refused(LocalApic target, int request) {}

    /** The processor took a vector. */
    default void acknowledged(LocalApic apic, int vector, boolean autoEoi) {}

    /** The guest ended an interrupt; vector is NO_VECTOR where nothing was in service. */
    default void eoi(LocalApic apic, int vector) {}
}
