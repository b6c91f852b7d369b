// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.pic.PicState;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.DestinationShorthand;
import dev.synapic.spec.x86.IoApicRegister;
import dev.synapic.spec.x86.Msi;
import dev.synapic.spec.x86.Msr;
import dev.synapic.spec.x86.Pic;
import dev.synapic.spec.x86.RedirectionEntry;

/**
 * Where the two differ by design, with the reason; the lines are those of docs/semantics.md and docs/semantics-chips.md. What
 * {@link RandomSteps} never does because of them stands in docs/guide/kvm-crosscheck.md.
 */
final class KnownDifferences {
    private static final long ALL = -1L;
    private static final long NONE = 0;
    private static final long LOW_HALF = 0xFFFF_FFFFL;
    private static final int PIC_PINS = 8;
    private static final int RTC_PIN = 8;
    private static final int OCW2_SPECIFIC_EOI = 0x60;
    /** Delivery modes from SMI on. */
    private static final long NO_VECTOR_MODES = 6 << 8;

    private static final int LOGICAL = 1 << 11;
    /** Linux 6.4 and later; of what it does, resamplers of lines that are the I/O APIC's alone are compared. */
    private static final boolean RESAMPLES_AT_UNMASKING =
            Runtime.Version.parse(kernel()).compareTo(Runtime.Version.parse("6.4")) >= 0;

    private static final int XAPIC_BROADCAST = 0xFF;
    private static final int X2APIC_BROADCAST = -1;

    private final Snapshot layout;

    KnownDifferences(Snapshot layout) {
        this.layout = layout;
    }

    /** The first two numbers of Linux's version. */
    private static String kernel() {
        String[] numbers = System.getProperty("os.version", "0.0").split("[.-]", 3);
        return numbers[0] + "." + numbers[1];
    }

    // ---- what may differ in the state -----------------------------------------------------------------------------

    /** The bits of a state's long in which both sides must agree. */
    long compared(int index, long[] ours, long[] theirs, OurSide side) {
        if (index < layout.entry(0)) {
            int field = index % Snapshot.PER_VCPU;
            // KVM on AMD leaves the upper half of x2APIC's ICR as it was at INIT; the lower one is zero then.
            boolean icrReset = field << 4 == ApicRegister.ICR_HIGH && theirs[index - 1] == 0;
            // KVM's page shows the DFR of before, where x2APIC mode has none.
            boolean noDfr = field << 4 == ApicRegister.DESTINATION_FORMAT
                    && side.apic(index / Snapshot.PER_VCPU).x2ApicMode();
            return icrReset || noDfr ? NONE : ofVcpu(field);
        }
        // KVM hides edges that were sent, and levels that came as edges; ours are the lines.
        return index == layout.lines() ? ~ours[index] : ALL;
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

    // ---- what may differ in a result ------------------------------------------------------------------------------

    /** The bits of a step's result that both sides must share. */
    static long comparedResult(Step step, long theirs) {
        return switch (step.kind()) {
            case READ_APIC -> step.at() == ApicRegister.PROCESSOR_PRIORITY ? 0xF0 : ofRead(step.at(), theirs);
            case READ_MSR -> ofRead(ApicRegister.offset(step.at()), theirs);
            default -> ALL;
        };
    }

    private static long ofRead(int offset, long theirs) {
        boolean icrReset = offset == ApicRegister.ICR_LOW && (int) theirs == 0;
        return icrReset ? LOW_HALF : ofRegister(offset);
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
            case MSI -> skipsMessage(step.value(), step.at(), ours);
            case LINE -> skipsLine(step, ours);
            case SIGNAL ->
                skipsPin(Shape.TRIGGERS.get(step.at()).gsi(), ours)
                        || skipsRoute(Shape.TRIGGERS.get(step.at()).gsi(), ours);
            case WRITE_IOAPIC -> skipsEntry(step, ours);
            case WRITE_APIC ->
                step.at() == ApicRegister.ID && isAwaited(ours, step.vcpu())
                        || step.at() == ApicRegister.EOI && skipsEoi(ours, step.vcpu());
            case WRITE_MSR -> step.at() == Msr.IA32_APIC_BASE && isAwaited(ours, step.vcpu());
            case WRITE_PORT -> skipsPort(step, ours);
            case RELOAD -> holdsRtc(ours, step.vcpu());
            default -> false;
        };
    }

    /** Of a resampler's own pin: behind an unmasking KVM takes its source for up still, and any other source's call raises the line. */
    private static boolean skipsLine(Step step, OurSide ours) {
        int gsi = step.at();
        return skipsPin(gsi, ours)
                || gsi >= 2 * PIC_PINS && ours.resamples(gsi)
                || gsi >= Shape.FIRST_MSI_GSI && step.value() != 0 && skipsRoute(gsi, ours);
    }

    private static boolean skipsRoute(int gsi, OurSide ours) {
        return ours.message(gsi)
                .map(message -> skipsMessage(message.address(), message.data(), ours))
                .orElse(false);
    }

    private static boolean skipsMessage(long address, int data, OurSide ours) {
        DeliveryMode mode = DeliveryMode.of(data);
        boolean logical = Msi.logical(address);
        // A hint has a meaning for fixed messages to logical destinations; in KVM it is lowest priority for all.
        if (Msi.redirectionHint(address) && !(logical && mode == DeliveryMode.FIXED)) {
            return true;
        }
        boolean arbitrates = mode == DeliveryMode.LOWEST_PRIORITY || Msi.redirectionHint(address);
        return logical && misses(ours, Msi.destination(address), false, mode, arbitrates);
    }

    private static boolean skipsIpi(Step step, OurSide ours) {
        LocalApic sender = ours.apic(step.vcpu());
        int low = step.at();
        int destination = sender.x2ApicMode() ? (int) step.value() : (int) step.value() & 0xFF;
        boolean logical = (low & LOGICAL) != 0;
        DeliveryMode mode = DeliveryMode.of(low);
        DestinationShorthand shorthand = DestinationShorthand.of(low);
        boolean lowest = mode == DeliveryMode.LOWEST_PRIORITY;
        if (shorthand != DestinationShorthand.NONE) {
            // KVM arbitrates among all; and a processor that stops itself would not come back from KVM_RUN.
            return lowest || mode == DeliveryMode.INIT && shorthand != DestinationShorthand.ALL_EXCLUDING_SELF;
        }
        if (sender.x2ApicMode() && destination == XAPIC_BROADCAST && !allX2apic(ours)) {
            // KVM's map does not find xAPIC targets by it.
            return true;
        }
        if (lowest && !logical && destination == X2APIC_BROADCAST) {
            // KVM arbitrates; only 0xFF goes to all.
            return true;
        }
        return mode == DeliveryMode.INIT && ours.reaches(sender, destination, logical)
                || logical && misses(ours, destination, sender.x2ApicMode(), mode, lowest);
    }

    /** Where KVM's map has logical ids of x2APIC mode only, it takes a mask's bits for ids, of processors in xAPIC mode, too. */
    private static boolean mistakesIds(OurSide ours) {
        boolean mixed = !allX2apic(ours) && ours.apics().stream().anyMatch(LocalApic::x2ApicMode);
        return mixed
                && ours.apics().stream()
                        .noneMatch(
                                apic -> !apic.x2ApicMode() && apic.softwareEnabled() && apic.logicalDestination() != 0);
    }

    private static boolean skipsPin(int gsi, OurSide ours) {
        return gsi < Shape.IOAPIC_PINS
                && (ours.ioApic().entry(gsi) & RedirectionEntry.LOGICAL) != 0
                && mistakesIds(ours);
    }

    private static boolean allX2apic(OurSide ours) {
        return ours.apics().stream().allMatch(LocalApic::x2ApicMode);
    }

    /**
     * KVM's map of logical ids has software-enabled APICs only: events do not find others, and lowest priority counts them, and bits of
     * nobody, as candidates.
     */
    private static boolean misses(OurSide ours, int destination, boolean wide, DeliveryMode mode, boolean arbitrates) {
        if (mistakesIds(ours)) {
            return true;
        }
        boolean vector = mode == DeliveryMode.FIXED || mode == DeliveryMode.LOWEST_PRIORITY;
        if (!vector) {
            return ours.apics().stream().anyMatch(apic -> !apic.softwareEnabled());
        }
        if (!arbitrates) {
            return false;
        }
        int matching = 0;
        for (LocalApic apic : ours.apics()) {
            if (ours.reaches(apic, destination, true)) {
                matching++;
                if (!apic.softwareEnabled()) {
                    return true;
                }
            }
        }
        int bits = wide ? destination & 0xFFFF : destination & 0xFF;
        boolean clusters = !wide && ours.apics().stream().anyMatch(apic -> apic.destinationFormat() >= 0);
        return clusters || Integer.bitCount(bits) != matching;
    }

    // ---- the I/O APIC ---------------------------------------------------------------------------------------------

    /** KVM sets remote-IRR for a level that is for nobody, and keeps it set. */
    private static boolean skipsEntry(Step step, OurSide ours) {
        int pin = step.at() - IoApicRegister.REDIRECTION_TABLE >> 1;
        if (pin < 0 || pin >= Shape.IOAPIC_PINS) {
            return false;
        }
        long old = ours.ioApic().entry(pin);
        long word = step.value() & 0xFFFF_FFFFL;
        long entry = (step.at() & 1) == 0 ? old & ~0xFFFF_FFFFL | word : old & 0xFFFF_FFFFL | word << 32;
        if ((entry & RedirectionEntry.LEVEL_TRIGGERED) == 0) {
            return false;
        }
        if (ours.resamples(pin) && ours.ioApic().asserted(pin) && (entry & RedirectionEntry.MASKED) == 0) {
            boolean comparable = RESAMPLES_AT_UNMASKING && pin >= 2 * PIC_PINS && !ours.lineIsUp(pin);
            if (!comparable) {
                return true;
            }
        }
        int destination = (int) (entry >>> 56);
        boolean logical = (entry & RedirectionEntry.LOGICAL) != 0;
        return destination != XAPIC_BROADCAST
                && (logical || ours.apics().stream().noneMatch(apic -> apic.apicId() == destination));
    }

    /**
     * The end of a vector that an entry has whose mode has none, for KVM takes it for that pin's. The end of a level whose vector is that of a
     * pin, too, that is up and an edge, for KVM sends that again; or of one that no entry sends here, for KVM tells no I/O APIC.
     */
    private static boolean skipsEoi(OurSide ours, int vcpu) {
        LocalApic apic = ours.apic(vcpu);
        int vector = apic.highestInService();
        if (vector == LocalApic.NO_VECTOR) {
            return false;
        }
        boolean level = apic.tmr().contains(vector);
        for (int pin = 0; pin < Shape.IOAPIC_PINS; pin++) {
            long entry = ours.ioApic().entry(pin);
            boolean edge = (entry & RedirectionEntry.LEVEL_TRIGGERED) == 0;
            boolean missed = edge && ours.ioApic().asserted(pin) || !ours.isScanned(vcpu, vector);
            if ((entry & RedirectionEntry.VECTOR) == vector && ((entry & NO_VECTOR_MODES) != 0 || level && missed)) {
                return true;
            }
        }
        return false;
    }

    /** KVM_SET_LAPIC takes the vector of pin 8, wherever it came from, for an end that the pin awaits. */
    private static boolean holdsRtc(OurSide ours, int vcpu) {
        int vector = (int) (ours.ioApic().entry(RTC_PIN) & RedirectionEntry.VECTOR);
        return ours.apic(vcpu).irr().contains(vector) || ours.apic(vcpu).isr().contains(vector);
    }

    /** Whether a level entry names a processor that is about to change its id. */
    private static boolean isAwaited(OurSide ours, int vcpu) {
        for (int pin = 0; pin < Shape.IOAPIC_PINS; pin++) {
            long entry = ours.ioApic().entry(pin);
            if ((entry & RedirectionEntry.LEVEL_TRIGGERED) != 0
                    && entry >>> 56 == ours.apic(vcpu).apicId()) {
                return true;
            }
        }
        return false;
    }

    // ---- the 8259A pair -------------------------------------------------------------------------------------------

    /**
     * ICW1 while a line is up, an input in service or requested, for KVM forgets the one and keeps the other, or while the slave has a request, which KVM cascades at the next occasion
     * only; ELCR of an input that is up or requested.
     */
    private static boolean skipsPort(Step step, OurSide ours) {
        boolean slave = step.at() == Pic.SLAVE_COMMAND || step.at() == Pic.ELCR2;
        PicState.Chip chip = slave ? ours.pic().slave() : ours.pic().master();
        return switch (step.at()) {
            case Pic.MASTER_COMMAND, Pic.SLAVE_COMMAND ->
                (step.value() & Pic.ICW1) != 0
                        ? (chip.lines() | chip.inService() | requests(chip)) != 0
                                || !slave && requests(ours.pic().slave()) != 0
                        : namesNobody((int) step.value(), chip);
            case Pic.ELCR1, Pic.ELCR2 -> ((chip.lines() | chip.edges()) & (chip.levelTriggered() ^ step.value())) != 0;
            default -> false;
        };
    }

    /** OCW2 that ends an input by name which is not in service: KVM acknowledges it. */
    private static boolean namesNobody(int ocw2, PicState.Chip chip) {
        boolean byName = (ocw2 & (Pic.OCW3 | OCW2_SPECIFIC_EOI)) == OCW2_SPECIFIC_EOI;
        return byName && (chip.inService() & 1 << (ocw2 & 7)) == 0;
    }

    private static int requests(PicState.Chip chip) {
        return (chip.edges() | chip.lines() & chip.levelTriggered()) & ~chip.mask();
    }
}
