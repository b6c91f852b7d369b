// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

/** Hears of inhibit reasons that come and go; must not call back. */
@FunctionalInterface
public interface ApicvListener {
    ApicvListener NONE = (reason, set, active) -> {};

    /**
     * kvm_apicv_inhibit_changed: a reason was set or cleared; active is the new answer. Every vCPU re-evaluates if it
     * changed.
     */
    void inhibitChanged(InhibitReason reason, boolean set, boolean active);
}
