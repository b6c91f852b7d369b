// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.DestinationMode;
import dev.synapic.spec.x86.DestinationShorthand;
import dev.synapic.spec.x86.Msi;
import dev.synapic.spec.x86.RedirectionEntry;

/**
 * Where the two differ by design, with the reason; the lines are those of docs/semantics.md and docs/semantics-chips.md. What
 * {@link RandomSteps} never does because of them stands in docs/guide/kvm-crosscheck.md.
 */
final class KnownDifferences {
    private static final long ALL = -1L;
    private static final long NONE = 0;

    private final Snapshot layout;

    KnownDifferences(Snapshot layout) {
        this.layout = layout;
    }

    // ---- what may differ in the state -----------------------------------------------------------------------------

    /** The bits of a state's long that both sides must share. */
    long compared(int index, long[] ours) {
        if (index < layout.entry(0)) {
            return ofVcpu(index % Snapshot.PER_VCPU);
        }
        return index == layout.lines() ? levelPins(ours) : ALL;
    }

    private static long ofVcpu(int field) {
        return field < Snapshot.APIC_REGISTERS ? ofRegister(field << 4) : ALL;
    }

    /** Of a register of the local APIC, in the page and where the guest reads it. */
    static long ofRegister(int offset) {
        return switch (offset) {
            // KVM computes it when it is asked; the guest's reads of it are compared.
            case ApicRegister.PROCESSOR_PRIORITY -> NONE;
            // Time runs there and stands still here.
            case ApicRegister.CURRENT_COUNT -> NONE;
            // "ESR is write, then read": KVM has no errors.
            case ApicRegister.ERROR_STATUS -> NONE;
            // "TPR keeps its low nibble": KVM on AMD has CR8's four bits.
            case ApicRegister.TASK_PRIORITY -> 0xF0;
            default -> ALL;
        };
    }

    /** KVM clears an edge's bit when it is sent, ours is the line's level. */
    private long levelPins(long[] ours) {
        long pins = 0;
        for (int pin = 0; pin < Shape.IOAPIC_PINS; pin++) {
            if ((ours[layout.entry(pin)] & RedirectionEntry.LEVEL_TRIGGERED) != 0) {
                pins |= 1L << pin;
            }
        }
        return pins;
    }

    // ---- what may differ in a result ------------------------------------------------------------------------------

    /** The bits of a step's result that both sides must share. */
    static long comparedResult(Step step) {
        return switch (step.kind()) {
            case READ_APIC -> step.at() == ApicRegister.PROCESSOR_PRIORITY ? 0xF0 : ofRegister(step.at());
            case READ_MSR -> ofRegister(ApicRegister.offset(step.at()));
            default -> ALL;
        };
    }

    /**
     * How many were reached, made comparable: KVM has two numbers for nobody, and what it says of an 8259A's line, or of a line that
     * falls, depends on the chip.
     */
    static long normalized(Step step, long result) {
        return switch (step.kind()) {
            case LINE -> step.at() < 16 || step.value() == 0 ? 0 : Math.max(result, 0);
            case MSI -> Math.max(result, 0);
            default -> result;
        };
    }

    // ---- what is left out -----------------------------------------------------------------------------------------

    /** Whether a step would run into a difference by design, or cannot be done now. */
    boolean skips(Step step, OurSide ours) {
        if (step.kind().guest() && ours.apic(step.vcpu()).waitingForSipi()) {
            return true;
        }
        return switch (step.kind()) {
            case IPI -> skipsIpi(step, ours);
            case MSI -> holes(ours, (int) Msi.destination(step.value()), Msi.logical(step.value()), arbitrates(step.value(), step.at()));
            case LINE, SIGNAL -> false;
            case ROUTE -> arbitrates(step.value(), (int) (step.value() >>> 32));
            default -> false;
        };
    }

    private static boolean arbitrates(long address, int data) {
        return DeliveryMode.of(data) == DeliveryMode.LOWEST_PRIORITY || Msi.redirectionHint(address);
    }

    private boolean skipsIpi(Step step, OurSide ours) {
        LocalApic sender = ours.apic(step.vcpu());
        int low = step.at();
        boolean logical = (low & 1 << 11) != 0;
        DestinationShorthand shorthand = DestinationShorthand.of(low);
        if (DeliveryMode.of(low) == DeliveryMode.INIT && shorthand != DestinationShorthand.ALL_EXCLUDING_SELF) {
            // One that stops itself would not come back from KVM_RUN.
            return shorthand != DestinationShorthand.NONE
                    || matches(ours, sender, (int) step.value(), logical);
        }
        return shorthand == DestinationShorthand.NONE
                && holes(ours, (int) step.value(), logical, DeliveryMode.of(low) == DeliveryMode.LOWEST_PRIORITY);
    }

    private static boolean matches(OurSide ours, LocalApic target, int destination, boolean logical) {
        return ours.bus().matches(target, destination, logical ? DestinationMode.LOGICAL : DestinationMode.PHYSICAL);
    }

    /** "By vector, only targets that accept are counted": KVM counts holes and disabled ones, too. */
    private static boolean holes(OurSide ours, int destination, boolean logical, boolean arbitrates) {
        if (!arbitrates || !logical) {
            return false;
        }
        int matching = 0;
        for (LocalApic apic : ours.apics()) {
            if (matches(ours, apic, destination, true)) {
                matching++;
                if (!apic.softwareEnabled()) {
                    return true;
                }
            }
        }
        boolean cluster = ours.apics().stream().anyMatch(apic -> apic.x2ApicMode() || apic.destinationFormat() >= 0);
        return cluster || Integer.bitCount(destination) != matching;
    }
}
