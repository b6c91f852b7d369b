// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.routing.IrqChip;

/** Tells the routing that a SINT was ended, so that the resamplers behind its GSI hear it. */
record SintAcknowledgements(IrqChip irqChip) implements SynIcListener {
    @Override
    public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
        irqChip.acknowledgeSint(synIc.vpIndex(), sint);
    }
}
