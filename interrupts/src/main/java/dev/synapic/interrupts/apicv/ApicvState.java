// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import java.util.EnumSet;
import java.util.Set;

/**
 * Whether a machine's APICs are virtualized by hardware, and if not, why.
 *
 * <ul>
 *   <li>Models: the machine-wide set of inhibit reasons; a reason that does not concern the vendor is ignored.
 *   <li>Spec: KVM's apicv_inhibit_reasons.
 *   <li>Not modelled: hardware, deferral while a nested guest runs, per-vCPU inhibition (AVIC's NESTED). What an active
 *       APICv saves is counted by the exit profiles.
 *   <li>Threading: any thread; the listener runs under the lock, so that it hears changes in their order.
 * </ul>
 */
public final class ApicvState {
    /** Whose hardware is modelled. */
    public enum Vendor {
        INTEL_APICV,
        AMD_AVIC
    }

    private final Vendor vendor;
    private final ApicvListener listener;
    private volatile int reasons;

    /** Starts active, with no reason set; listener hears each change. */
    public ApicvState(Vendor vendor, ApicvListener listener) {
        this.vendor = vendor;
        this.listener = listener;
    }

    /** No reason stands against it. */
    public boolean isActive() {
        return reasons == 0;
    }

    /** Whether this reason stands; never for one that does not concern the vendor. */
    public boolean isInhibitedBy(InhibitReason reason) {
        return (reasons & reason.bit()) != 0;
    }

    /** The reasons that stand, in a set of the caller's own. */
    public Set<InhibitReason> reasons() {
        Set<InhibitReason> set = EnumSet.noneOf(InhibitReason.class);
        for (InhibitReason reason : InhibitReason.values()) {
            if (isInhibitedBy(reason)) {
                set.add(reason);
            }
        }
        return set;
    }

    /** Sets or clears a reason; the listener hears only of a change. */
    public synchronized void inhibit(InhibitReason reason, boolean set) {
        boolean concerned = vendor == Vendor.INTEL_APICV ? reason.concernsApicv() : reason.concernsAvic();
        int changed = set ? reasons | reason.bit() : reasons & ~reason.bit();
        if (!concerned || changed == reasons) {
            return;
        }
        reasons = changed;
        listener.inhibitChanged(reason, set, changed == 0);
    }

    /** The reasons that stand. Most follow from other parts' state; APIC_BASE_MODIFIED does not. */
    public record State(int version, Set<InhibitReason> reasons) {
        public static final int CURRENT_VERSION = 1;

        /** Throws IllegalArgumentException for a version that this build does not read. */
        public State {
            if (version != CURRENT_VERSION) {
                throw new IllegalArgumentException(
                        "APICv state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
            }
            reasons = Set.copyOf(reasons);
        }
    }

    /** The reasons that stand, the host's included. */
    public State save() {
        return new State(State.CURRENT_VERSION, reasons());
    }

    /** Takes over the guest's reasons; those of the host (DISABLED, for one) stay as they are here. */
    public void restore(State state) {
        for (InhibitReason reason : InhibitReason.values()) {
            if (!reason.ofHost()) {
                inhibit(reason, state.reasons().contains(reason));
            }
        }
    }
}
