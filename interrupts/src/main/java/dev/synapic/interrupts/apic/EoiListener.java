// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/** Hears the EOI of a vector, after its ISR bit is clear, so that it may raise the same line again. */
@FunctionalInterface
public interface EoiListener {
    /** levelTriggered is the vector's TMR bit. */
    void eoi(LocalApic apic, int vector, boolean levelTriggered);
}
