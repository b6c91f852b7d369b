// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.exits;

/**
 * Why a processor would leave the guest under a hardware profile, by the names that {@code perf kvm stat} prints.
 *
 * <p>Exact ones follow from the guest's code alone; modelled ones depend also on modelled timing (design decision D7).
 */
public enum ExitReason {
    CPUID(false),
    HLT(false),
    MSR_READ(false),
    MSR_WRITE(false),
    IO_INSTRUCTION(false),
    /** VMCALL or VMMCALL. */
    VMCALL(false),
    /** An access to the APIC page that the hardware does not virtualize. */
    APIC_ACCESS(false),
    /** A virtualized write to the APIC page that traps behind the instruction (SDM vol. 3C, 30.4.3.2). */
    APIC_WRITE(false),
    /** Virtualized EOI of a vector in the EOI-exit bitmap (SDM vol. 3C, 30.1.4). */
    EOI_INDUCED(false),
    /** MMIO outside the APIC page. */
    EPT_MISCONFIG(false),
    /** AVIC: an ICR write that the hardware could not finish, for instance since a target does not run. */
    AVIC_INCOMPLETE_IPI(true),
    /** AVIC: an access to the APIC page that it does not accelerate. */
    AVIC_UNACCELERATED_ACCESS(false),
    /** A physical interrupt, here the kick by which a sender makes a running target look at its APIC. */
    EXTERNAL_INTERRUPT(true),
    /** The interrupt window opened for an interrupt that waited for IF. */
    PENDING_INTERRUPT(true),
    /** A spin loop of PAUSEs longer than the pause-loop window. */
    PAUSE_INSTRUCTION(true),
    /** The processor's own APIC timer expired while it ran. */
    PREEMPTION_TIMER(true);

    private final boolean modelled;

    ExitReason(boolean modelled) {
        this.modelled = modelled;
    }

    public boolean modelled() {
        return modelled;
    }
}
