// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.hyperv.SynIcSet;

/**
 * When SynIC forbids APICv.
 *
 * <p>Auto-EOI ends an interrupt when it is taken, which hardware that delivers interrupts by itself cannot do. The
 * answer is computed from all SINT registers after each change; there is no count that could drift.
 *
 * <p>Threading: any thread. A SynIC joins its set before it is activated.
 */
public final class SynIcApicvPolicy implements SynIcListener {
    /** The two rules that KVM has had. */
    public enum Rule {
        /** Exactly while some vCPU has a live (activated, unmasked) auto-EOI SINT. KVM since 5.15. */
        AUTO_EOI,
        /** From the first activation on. KVM until 5.14, and the founding patch. */
        ACTIVATION
    }

    private final Rule rule;
    private final SynIcSet processors;
    private final ApicvState state;

    /** Looks at all of processors after each change, and sets or clears HYPERV in state by rule. */
    public SynIcApicvPolicy(Rule rule, SynIcSet processors, ApicvState state) {
        this.rule = rule;
        this.processors = processors;
        this.state = state;
    }

    /** The change is in the registers already; the last caller's answer is the right one. */
    @Override
    public synchronized void sourcesChanged(SynIc synIc) {
        state.inhibit(
                InhibitReason.HYPERV, rule == Rule.AUTO_EOI ? processors.hasLiveAutoEoi() : processors.hasActive());
    }
}
