// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.hyperv.HvVpAssistPage;
import dev.synapic.spec.x86.ApicError;
import java.util.function.IntPredicate;

/**
 * The VP assist page of one virtual processor: the guest ends an interrupt by clearing a bit in memory instead of
 * leaving for the EOI.
 *
 * <ul>
 *   <li>Models: VP_ASSIST_PAGE and the EOI assist field. {@link #offer} before the guest runs, {@link #collect} behind
 *       it: a bit that the guest has cleared is an EOI.
 *   <li>Spec: TLFS, "EOI Assist".
 *   <li>Offered only for an edge-triggered vector in service while no other is requested, and never for one whose EOI
 *       somebody waits for: that EOI would come late.
 *   <li>Not modelled: the page as an overlay (it is the RAM that the guest names; only the field is written), its other
 *       fields.
 *   <li>Threading: the owner vCPU's thread. Between offer and collect only the guest's memory accesses may happen:
 *       whoever touches the APIC collects first.
 * </ul>
 */
public final class VpAssistPage {
    private static final int NOTHING = LocalApic.NO_VECTOR;

    private final LocalApic apic;
    private final GuestMemory memory;
    private final IntPredicate eoiAwaited;
    private long register;
    /** The vector that the guest may end by the bit, or NOTHING. */
    private int offered = NOTHING;

    /** eoiAwaited: whether the EOI of a vector must not go unseen, or would cost nothing anyway. */
    public VpAssistPage(LocalApic apic, GuestMemory memory, IntPredicate eoiAwaited) {
        this.apic = apic;
        this.memory = memory;
        this.eoiAwaited = eoiAwaited;
    }

    /** VP_ASSIST_PAGE as it was written. */
    public long register() {
        return register;
    }

    /** WRMSR; #GP where the page is to be enabled and is not RAM. */
    public void write(long value) {
        collect();
        if ((value & HvVpAssistPage.ENABLE) != 0) {
            long page = value & HvVpAssistPage.GPA_MASK;
            if (!memory.contains(page, GuestMemory.PAGE_SIZE)) {
                throw generalProtection();
            }
            memory.putInt(page + HvVpAssistPage.APIC_ASSIST_OFFSET, 0);
        }
        register = value;
    }

    /** The guest is about to run. */
    public void offer() {
        if ((register & HvVpAssistPage.ENABLE) == 0 || offered != NOTHING) {
            return;
        }
        int vector = apic.highestInService();
        if (vector != NOTHING
                && apic.highestRequested() == NOTHING
                && !apic.tmr().contains(vector)
                && !eoiAwaited.test(vector)) {
            memory.getAndBitwiseOrInt(field(), HvVpAssistPage.NO_EOI_REQUIRED);
            offered = vector;
        }
    }

    /** The guest has run, and somebody is about to look at the APIC, or to let the guest change it. */
    public void collect() {
        if (offered == NOTHING) {
            return;
        }
        int vector = offered;
        offered = NOTHING;
        boolean ended = (clear() & HvVpAssistPage.NO_EOI_REQUIRED) == 0;
        if (apic.highestInService() != vector) {
            throw new IllegalStateException(
                    "the APIC was changed while the EOI of vector " + vector + " was the guest's: collect first");
        }
        if (ended) {
            apic.eoi();
        }
    }

    /** Returns the field as it was. */
    private int clear() {
        int old;
        do {
            old = memory.getInt(field());
        } while (!memory.compareAndSetInt(field(), old, old & ~HvVpAssistPage.NO_EOI_REQUIRED));
        return old;
    }

    private long field() {
        return (register & HvVpAssistPage.GPA_MASK) + HvVpAssistPage.APIC_ASSIST_OFFSET;
    }

    /** System reset, before that of the APIC. */
    public void reset() {
        collect();
        register = 0;
    }

    /** offeredVector: which vector the guest may end by the bit now, or -1. */
    public record State(int version, long register, int offeredVector) {
        public static final int CURRENT_VERSION = 1;

        private static final int HIGHEST_VECTOR = 0xFF;

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

    public State save() {
        return new State(State.CURRENT_VERSION, register, offered);
    }

    /** Writes no guest memory: the page travels with it. */
    public void restore(State state) {
        long page = state.register() & HvVpAssistPage.GPA_MASK;
        if ((state.register() & HvVpAssistPage.ENABLE) != 0 && !memory.contains(page, GuestMemory.PAGE_SIZE)) {
            throw new IllegalArgumentException(
                    "the VP assist page of the state, 0x" + Long.toHexString(page) + ", is not RAM");
        }
        register = state.register();
        offered = state.offeredVector();
    }
}
