// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.interrupts.routing.IrqChip;

/**
 * Tells the routing that a SINT was ended, so that the resamplers behind its GSI hear it: the listener that a SynIC needs for that.
 *
 * @param irqChip where the routes of SINTs are
 */
public record SintAcknowledgements(IrqChip irqChip) implements SynIcListener {
    @Override
    public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
        irqChip.acknowledgeSint(synIc.vpIndex(), sint);
    }
}
