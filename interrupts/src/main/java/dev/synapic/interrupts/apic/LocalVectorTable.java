// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.Lvt;
import java.util.Arrays;

/**
 * The local vector table and the interrupts that it turns local sources into, errors among them.
 *
 * <p>Models: seven entries with their writable bits, masks forced while the APIC is software-disabled, the performance
 * entry that masks itself, the error interrupt, the pins LINT0 and LINT1 with remote-IRR. Spec: SDM vol. 3A, 12.5.1 to
 * 12.5.3. Not modelled: delivery status (reads 0), polarity (a pin is asserted or not). Threading: owner only.
 */
final class LocalVectorTable {
    private static final int MODE_BITS = Lvt.VECTOR | Lvt.DELIVERY_MODE | Lvt.MASKED;
    private static final int LINT_BITS = MODE_BITS | Lvt.ACTIVE_LOW | Lvt.LEVEL_TRIGGERED;
    private static final int CMCI_ENTRY = 6;
    private static final int NOTHING = DeliveryMode.REMOTE_READ.bits();

    private final LocalApic apic;
    private final boolean tscDeadline;
    private final boolean cmci;
    private final int[] entries = new int[7];
    /** Bits 1:0: the levels of the pins, which are others' and outlive a reset. */
    private int pins;

    private final ErrorStatus errors = new ErrorStatus();

    LocalVectorTable(LocalApic apic, ApicModel model) {
        this.apic = apic;
        tscDeadline = model.tscDeadline();
        cmci = model.cmci();
        reset();
    }

    void reset() {
        Arrays.fill(entries, Lvt.MASKED);
        errors.reset();
    }

    LocalApicState.LocalVectors save() {
        return new LocalApicState.LocalVectors(Arrays.stream(entries).boxed().toList(), pins, errors.save());
    }

    /** Behind SVR; entries that the state's SVR masks are masked. A pin that is up requests nothing anew. */
    void restore(LocalApicState.LocalVectors state) {
        int forced = apic.softwareEnabled() ? 0 : Lvt.MASKED;
        for (int i = 0; i < entries.length; i++) {
            int offset = i == CMCI_ENTRY ? ApicRegister.LVT_CMCI : ApicRegister.LVT_TIMER + (i << 4);
            int kept = writable(offset) | (offset == ApicRegister.LVT_LINT0 ? Lvt.REMOTE_IRR : 0);
            entries[i] = has(offset) ? state.entries().get(i) & kept | forced : Lvt.MASKED;
        }
        pins = state.pins();
        errors.restore(state.errors());
    }

    void maskAll() {
        for (int i = 0; i < entries.length; i++) {
            entries[i] |= Lvt.MASKED;
        }
    }

    /** Whether the register at offset is an entry of this table. */
    boolean has(int offset) {
        return (offset >= ApicRegister.LVT_TIMER && offset <= ApicRegister.LVT_ERROR && (offset & 0xF) == 0)
                || (cmci && offset == ApicRegister.LVT_CMCI);
    }

    /** Bits 23:16 of the version register. */
    int highestEntry() {
        return cmci ? 6 : 5;
    }

    int read(int offset) {
        return entries[index(offset)];
    }

    boolean masked(int offset) {
        return (read(offset) & Lvt.MASKED) != 0;
    }

    void write(int offset, int bits) {
        int forced = apic.softwareEnabled() ? 0 : Lvt.MASKED;
        int inService = (bits & Lvt.LEVEL_TRIGGERED) == 0 ? 0 : read(offset) & Lvt.REMOTE_IRR;
        entries[index(offset)] = (bits & writable(offset)) | forced | inService;
        if (offset == ApicRegister.LVT_LINT0) {
            signalLevel();
        }
    }

    /** Bits that a write may carry in x2APIC mode: the writable and the read-only ones. */
    int defined(int offset) {
        boolean pin = offset == ApicRegister.LVT_LINT0 || offset == ApicRegister.LVT_LINT1;
        return writable(offset) | Lvt.DELIVERY_STATUS | (pin ? Lvt.REMOTE_IRR : 0);
    }

    private int writable(int offset) {
        return switch (offset) {
            case ApicRegister.LVT_TIMER -> Lvt.VECTOR | Lvt.MASKED | timerModes();
            case ApicRegister.LVT_LINT0, ApicRegister.LVT_LINT1 -> LINT_BITS;
            case ApicRegister.LVT_ERROR -> Lvt.VECTOR | Lvt.MASKED;
            default -> MODE_BITS;
        };
    }

    private int timerModes() {
        return tscDeadline ? Lvt.TIMER_MODE : Lvt.TIMER_MODE & ~Lvt.TIMER_TSC_DEADLINE;
    }

    private static int index(int offset) {
        return offset == ApicRegister.LVT_CMCI ? CMCI_ENTRY : (offset - ApicRegister.LVT_TIMER) >> 4;
    }

    // ---- sources ----------------------------------------------------------------------------------------------------

    /** A source of the processor's own fires its entry. */
    void signal(int offset) {
        int request = request(offset);
        if (apic.accepts(request)) {
            apic.arrive(request);
        }
    }

    /** What an entry asks for when its source fires; REMOTE_READ, which nobody accepts, where that is nothing. */
    private int request(int offset) {
        int entry = read(offset);
        int request = (entry & (Lvt.VECTOR | Lvt.DELIVERY_MODE)) | ApicRequest.LEVEL_ASSERT;
        if ((entry & Lvt.MASKED) != 0 || ApicRequest.mode(request) == DeliveryMode.STARTUP) {
            return NOTHING;
        }
        if (offset == ApicRegister.LVT_PERFORMANCE) {
            entries[index(offset)] |= Lvt.MASKED;
        }
        if (ApicRequest.hasIllegalVector(request)) {
            report(ApicError.RECEIVE_ILLEGAL_VECTOR);
            return NOTHING;
        }
        return request;
    }

    /** A pin's request comes from outside and travels as a message does. */
    private void fromOutside(int request) {
        if (apic.accepts(request)) {
            apic.carry(request);
        }
    }

    // ---- pins -------------------------------------------------------------------------------------------------------

    /**
     * A pin rises or falls. LINT0 with a fixed vector and level triggering is a level; everything else is an edge
     * (SDM vol. 3A, 12.5.1, "Trigger Mode"); ExtINT is looked up by the processor.
     */
    void setPin(int pin, boolean high) {
        int bit = 1 << pin;
        boolean rises = high && (pins & bit) == 0;
        pins = high ? pins | bit : pins & ~bit;
        if (!rises) {
            return;
        }
        if (!apic.hardwareEnabled()) {
            // Without APIC the pins are the processor's INTR and NMI (SDM vol. 3A, 12.4.3).
            if (pin == 1) {
                apic.carry(ApicRequest.edge(DeliveryMode.NMI, 0));
            }
        } else if (pin == 0 && level(read(ApicRegister.LVT_LINT0))) {
            signalLevel();
        } else {
            fromOutside(request(pin == 0 ? ApicRegister.LVT_LINT0 : ApicRegister.LVT_LINT1));
        }
    }

    private static boolean level(int entry) {
        return (entry & Lvt.LEVEL_TRIGGERED) != 0 && DeliveryMode.of(entry) == DeliveryMode.FIXED;
    }

    /** Requests LINT0's vector if the pin is up and the last request is over. */
    private void signalLevel() {
        int entry = read(ApicRegister.LVT_LINT0);
        int request = ApicRequest.level(DeliveryMode.FIXED, entry);
        boolean blocked = (entry & (Lvt.MASKED | Lvt.REMOTE_IRR)) != 0;
        if ((pins & 1) == 0 || blocked || !level(entry)) {
            return;
        }
        if (ApicRequest.hasIllegalVector(request)) {
            report(ApicError.RECEIVE_ILLEGAL_VECTOR);
        } else if (apic.accepts(request)) {
            entries[index(ApicRegister.LVT_LINT0)] |= Lvt.REMOTE_IRR;
            apic.carry(request);
        }
    }

    /** A vector was ended; a level that is still up is requested again. */
    void endOfInterrupt(int vector) {
        int entry = read(ApicRegister.LVT_LINT0);
        if ((entry & Lvt.REMOTE_IRR) != 0 && (entry & Lvt.VECTOR) == vector) {
            entries[index(ApicRegister.LVT_LINT0)] = entry & ~Lvt.REMOTE_IRR;
            signalLevel();
        }
    }

    // ---- errors -----------------------------------------------------------------------------------------------------

    /** Notes an error; the first of its kind since the last write of ESR raises the error interrupt. */
    void report(int error) {
        if (!errors.record(error) || masked(ApicRegister.LVT_ERROR)) {
            return;
        }
        int vector = read(ApicRegister.LVT_ERROR) & Lvt.VECTOR;
        if (vector < ApicError.FIRST_LEGAL_VECTOR) {
            // Noted without another error interrupt, which would have the same vector (XSA-462).
            errors.record(ApicError.RECEIVE_ILLEGAL_VECTOR);
        } else {
            apic.arrive(ApicRequest.fixed(vector));
        }
    }

    ErrorStatus errors() {
        return errors;
    }

    /** LINT0 is the way of an 8259's interrupts. */
    boolean passesExtInt() {
        Lvt lint0 = new Lvt(read(ApicRegister.LVT_LINT0));
        return !lint0.masked() && lint0.deliveryMode() == DeliveryMode.EXTINT;
    }
}
