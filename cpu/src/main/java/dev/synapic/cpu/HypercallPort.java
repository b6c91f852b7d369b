// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/** Where VMCALL and VMMCALL go. */
public interface HypercallPort {
    /** How a call was answered. */
    enum Outcome {
        DONE,
        /** There is more to do: the instruction is executed again, behind what interrupts it. */
        AGAIN,
        /** The call is answered by #UD. */
        UNDEFINED
    }

    /** Carries out the hypercall whose number and arguments stand in the caller's registers, and puts its results there. */
    Outcome hypercall(Cpu cpu);
}
