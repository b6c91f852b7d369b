// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;

/** Who else needs to see EOIs: {@code IrqChip::collectEoiExits}. */
@FunctionalInterface
public interface EoiExitSource {
    /** Adds vectors whose EOI on this APIC must exit. On the APIC's owner thread. */
    void collectEoiExits(LocalApic apic, VectorBitmap into);
}
