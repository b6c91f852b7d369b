// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/** Where VMCALL and VMMCALL go. */
public interface HypercallPort {
    /**
     * Carries out the hypercall whose number and arguments stand in the caller's registers, and puts its results there.
     *
     * @return false where the call is answered by #UD
     */
    boolean hypercall(Cpu cpu);
}
