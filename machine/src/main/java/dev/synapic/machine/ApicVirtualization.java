// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apicv.AcceleratedIcr;
import dev.synapic.interrupts.apicv.AddressApicvPolicy;
import dev.synapic.interrupts.apicv.ApicvState;
import dev.synapic.interrupts.apicv.InhibitReason;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DestinationMode;
import dev.synapic.spec.x86.Icr;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Which accesses of one virtual CPU to its APIC leave the guest, under the profile and the present inhibit reasons. Answers are the
 * exit's reason, or null where the hardware does it alone.
 *
 * <p>Models: APIC-register virtualization, virtual-interrupt delivery with the EOI-exit bitmap, self-IPI and IPI virtualization
 * (SDM vol. 3C, 30.1, 30.4, 30.5); AVIC (AMD APM vol. 2, 15.29). Not modelled: TPR thresholds. Threading: the machine's thread.
 */
final class ApicVirtualization {
    private static final int FIRST_VALID_VECTOR = 16;

    private final HardwareProfile profile;
    private final ApicvState state;
    private final EoiExits eoiExits;
    private final LocalApic apic;
    private final IntPredicate runs;
    private final AddressApicvPolicy addresses;

    /** runs says of a physical APIC id whether its virtual CPU runs now; of -1, whether all others do. */
    ApicVirtualization(
            HardwareProfile profile,
            ApicvState state,
            AddressApicvPolicy addresses,
            EoiExits eoiExits,
            LocalApic apic,
            IntPredicate runs) {
        this.profile = profile;
        this.state = state;
        this.addresses = addresses;
        this.eoiExits = eoiExits;
        this.apic = apic;
        this.runs = runs;
    }

    /** Whether the hardware virtualizes this APIC now: then interrupts reach a running guest without an exit. */
    boolean active() {
        return (profile.apicv() || profile.avic()) && state.isActive();
    }

    /** IA32_APIC_BASE was written: hardware looks for the page in one place only. */
    void baseWritten() {
        addresses.baseWritten(apic);
    }

    /** An interrupt of the 8259 waits until the guest takes interrupts: AVIC cannot tell when that is. */
    void awaitWindow(boolean awaited) {
        state.inhibit(InhibitReason.IRQWIN, awaited);
    }

    @Nullable
    ExitReason msrRead(int msr) {
        boolean direct = active() && ApicRegister.offset(msr) != ApicRegister.CURRENT_COUNT;
        return direct ? null : ExitReason.MSR_READ;
    }

    @Nullable
    ExitReason msrWrite(int msr, long value) {
        if (!active()) {
            return ExitReason.MSR_WRITE;
        }
        return switch (ApicRegister.offset(msr)) {
            case ApicRegister.TASK_PRIORITY -> null;
            case ApicRegister.EOI -> eoi();
            case ApicRegister.SELF_IPI -> value >= FIRST_VALID_VECTOR && value <= 0xFF ? null : ExitReason.MSR_WRITE;
            case ApicRegister.ICR_LOW -> postsToOne(new Icr(value)) ? null : ExitReason.MSR_WRITE;
            default -> ExitReason.MSR_WRITE;
        };
    }

    @Nullable
    ExitReason pageRead(int offset) {
        if (!active()) {
            return ExitReason.APIC_ACCESS;
        }
        boolean direct = (offset & ~0xF) != ApicRegister.CURRENT_COUNT;
        return direct ? null : profile.avic() ? ExitReason.AVIC_UNACCELERATED_ACCESS : ExitReason.APIC_ACCESS;
    }

    @Nullable
    ExitReason pageWrite(int offset, int value) {
        if (!active()) {
            return ExitReason.APIC_ACCESS;
        }
        return switch (offset) {
            case ApicRegister.TASK_PRIORITY, ApicRegister.ICR_HIGH -> null;
            case ApicRegister.EOI -> eoi();
            case ApicRegister.ICR_LOW -> {
                Icr icr =
                        new Icr((apic.readRegister(ApicRegister.ICR_HIGH) & 0xFFFF_FFFFL) << 32 | value & 0xFFFF_FFFFL);
                yield profile.avic()
                        ? avicIcr(icr)
                        : AcceleratedIcr.selfIpi(icr) || postsToOne(icr) ? null : ExitReason.APIC_WRITE;
            }
            default -> profile.avic() ? ExitReason.AVIC_UNACCELERATED_ACCESS : ExitReason.APIC_WRITE;
        };
    }

    /** AVIC sees no EOI of an edge interrupt and has no EOI-exit bitmap (AMD APM vol. 2, 15.29.3.1). */
    private @Nullable ExitReason eoi() {
        int vector = apic.highestInService();
        boolean exits = !profile.avic() && vector != LocalApic.NO_VECTOR && eoiExits.exits(vector);
        return exits ? ExitReason.EOI_INDUCED : null;
    }

    private boolean postsToOne(Icr icr) {
        return profile.ipiVirtualization() && AcceleratedIcr.toOne(icr, apic.x2ApicMode());
    }

    /** AVIC delivers to running targets; a target that does not run makes the write exit (AMD APM vol. 2, 15.29.6). */
    private @Nullable ExitReason avicIcr(Icr icr) {
        if (!AcceleratedIcr.plain(icr)) {
            return ExitReason.AVIC_INCOMPLETE_IPI;
        }
        boolean allRun = switch (icr.shorthand()) {
            case SELF -> true;
            case NONE ->
                icr.destinationMode() == DestinationMode.PHYSICAL && !AcceleratedIcr.broadcast(icr, apic.x2ApicMode())
                        ? runs.test(icr.xapicDestination())
                        : runs.test(-1);
            default -> runs.test(-1);
        };
        return allRun ? null : ExitReason.AVIC_INCOMPLETE_IPI;
    }
}
