// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.LazyEoi;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.hyperv.HvVpAssistPage;
import dev.synapic.spec.x86.ApicError;
import java.util.function.IntPredicate;

/**
 * The VP assist page of one virtual processor: the guest ends an interrupt by clearing a bit in memory instead of
 * leaving for the EOI.
 *
 * <ul>
 *   <li>Models: VP_ASSIST_PAGE and the EOI assist field, whose bit {@link LazyEoi} sets and takes back.
 *   <li>Spec: TLFS, "EOI Assist".
 *   <li>Not modelled: its other fields.
 *   <li>Threading: the owner vCPU's thread, as {@link LazyEoi}.
 * </ul>
 */
public final class VpAssistPage {
    private static final int NOTHING = LocalApic.NO_VECTOR;

    private final GuestMemory memory;
    private final OverlayPage page;
    private final LazyEoi lazyEoi;
    private final LazyEoi.Word field;
    private long register;

    /** A page of a processor that has no other way to end interrupts lazily; eoiAwaited as in {@link LazyEoi}. */
    public VpAssistPage(LocalApic apic, GuestMemory memory, IntPredicate eoiAwaited) {
        this(memory, new LazyEoi(apic, memory, eoiAwaited, vector -> {}));
    }

    /** A page in RAM. */
    public VpAssistPage(GuestMemory memory, LazyEoi lazyEoi) {
        this(memory, new OverlayPages(memory, OverlayPages.Pages.IN_RAM), lazyEoi);
    }

    VpAssistPage(GuestMemory memory, OverlayPages overlays, LazyEoi lazyEoi) {
        this.memory = memory;
        this.page = overlays.page();
        this.lazyEoi = lazyEoi;
        this.field = lazyEoi.word();
    }

    /** VP_ASSIST_PAGE as it was written. */
    public long register() {
        return register;
    }

    /** WRMSR; #GP where the page is to be enabled and is not RAM. */
    public void write(long value) {
        collect();
        if ((value & HvVpAssistPage.ENABLE) != 0) {
            if (!memory.contains(value & HvVpAssistPage.GPA_MASK, GuestMemory.PAGE_SIZE)) {
                throw generalProtection();
            }
            page.moveTo(value);
            memory.putInt(fieldOf(value), 0);
            field.enable(fieldOf(value));
        } else {
            field.disable();
            page.moveTo(value);
        }
        register = value;
    }

    /** The guest is about to run. */
    public void offer() {
        lazyEoi.offer();
    }

    /** The guest has run, and somebody is about to look at the APIC, or to let the guest change it. */
    public void collect() {
        lazyEoi.collect();
    }

    private static long fieldOf(long register) {
        return (register & HvVpAssistPage.GPA_MASK) + HvVpAssistPage.APIC_ASSIST_OFFSET;
    }

    /** System reset, before that of the APIC. */
    public void reset() {
        field.disable();
        page.reset(0);
        register = 0;
    }

    /** offeredVector: which vector the guest may end in this page now, or -1. */
    public record State(int version, long register, int offeredVector) {
        public static final int CURRENT_VERSION = 1;

        private static final int HIGHEST_VECTOR = 0xFF;

        /**
         * Throws IllegalArgumentException for another version, and for a vector that cannot be offered or is offered in
         * a disabled page.
         */
        public State {
            if (version != CURRENT_VERSION) {
                throw new IllegalArgumentException(
                        "VP assist state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
            }
            boolean offers = offeredVector != NOTHING;
            if (offers && (offeredVector < ApicError.FIRST_LEGAL_VECTOR || offeredVector > HIGHEST_VECTOR)) {
                throw new IllegalArgumentException("the EOI of vector " + offeredVector + " cannot be the guest's");
            }
            if (offers && (register & HvVpAssistPage.ENABLE) == 0) {
                throw new IllegalArgumentException("an EOI is offered in a VP assist page that is disabled");
            }
        }
    }

    /** The register and the vector on offer; the page is guest memory. */
    public State save() {
        return new State(State.CURRENT_VERSION, register, field.offeredVector());
    }

    /** Writes no guest memory: the page travels with it. */
    public void restore(State state) {
        long gpa = state.register() & HvVpAssistPage.GPA_MASK;
        if ((state.register() & HvVpAssistPage.ENABLE) != 0 && !memory.contains(gpa, GuestMemory.PAGE_SIZE)) {
            throw new IllegalArgumentException(
                    "the VP assist page of the state, 0x" + Long.toHexString(gpa) + ", is not RAM");
        }
        register = state.register();
        if ((register & HvVpAssistPage.ENABLE) != 0) {
            field.restore(fieldOf(register), state.offeredVector());
        } else {
            field.restoreDisabled();
        }
    }
}
