// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.interrupts.routing.Errno;
import dev.synapic.interrupts.routing.SintPort;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The virtual processors of a machine by VP index, each with its SynIC and, through it, its local APIC.
 *
 * <ul>
 *   <li>Models: the lookup that HV_SINT routes and Hyper-V hypercalls begin with. Any index may be asked
 *       (CVE-2021-30178: a route to a VP without Hyper-V state).
 *   <li>Spec: TLFS, HV_VP_INDEX: neither APIC id nor vCPU number.
 *   <li>Not modelled: removal; changing a VP index after creation (KVM lets the host).
 *   <li>Threading: any thread; adding is the machine's while it is built, or at hot-plug.
 * </ul>
 */
public final class SynIcSet implements SintPort {
    private final AtomicReferenceArray<@Nullable SynIc> byVpIndex;

    /** Room for VP indices 0 to maxVps - 1. */
    public SynIcSet(int maxVps) {
        byVpIndex = new AtomicReferenceArray<>(maxVps);
    }

    /** Adds a VP. Throws IllegalArgumentException for an index that is out of range or taken. */
    public void add(SynIc synIc) {
        if (synIc.vpIndex() < 0 || synIc.vpIndex() >= byVpIndex.length()) {
            throw new IllegalArgumentException("VP index " + synIc.vpIndex() + " is not below " + byVpIndex.length());
        }
        if (!byVpIndex.compareAndSet(synIc.vpIndex(), null, synIc)) {
            throw new IllegalArgumentException("VP index " + synIc.vpIndex() + " is taken");
        }
    }

    /** The SynIC of a VP, activated or not; null for an index that no VP has. */
    public @Nullable SynIc get(int vpIndex) {
        return vpIndex >= 0 && vpIndex < byVpIndex.length() ? byVpIndex.get(vpIndex) : null;
    }

    /** VP indices are below this. */
    public int limit() {
        return byVpIndex.length();
    }

    @Override
    public int raise(int vpIndex, int sint) {
        SynIc synIc = get(vpIndex);
        return synIc == null ? -Errno.EINVAL : synIc.raise(sint);
    }

    /** Whether any VP has a live auto-EOI SINT. */
    public boolean hasLiveAutoEoi() {
        for (int vpIndex = 0; vpIndex < byVpIndex.length(); vpIndex++) {
            SynIc synIc = byVpIndex.get(vpIndex);
            if (synIc != null && synIc.hasLiveAutoEoi()) {
                return true;
            }
        }
        return false;
    }

    /** Whether any VP's SynIC is activated. */
    public boolean hasActive() {
        for (int vpIndex = 0; vpIndex < byVpIndex.length(); vpIndex++) {
            SynIc synIc = byVpIndex.get(vpIndex);
            if (synIc != null && synIc.isActive()) {
                return true;
            }
        }
        return false;
    }
}
