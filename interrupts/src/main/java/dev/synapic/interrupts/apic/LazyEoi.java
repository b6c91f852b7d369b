// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.guestmem.GuestMemory;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Lets the guest of one processor end an interrupt by clearing a bit in its memory, which costs no exit.
 *
 * <ul>
 *   <li>Models: bit 0 of a 32-bit word. {@link #offer} sets it before the guest runs; {@link #collect} behind it takes
 *       it back: a bit that the guest has cleared is an EOI. Front ends have a {@link Word} each; the one that was
 *       enabled last is in force, and when it goes the other one is again.
 *   <li>Spec: TLFS, "EOI Assist"; Linux, Documentation/virt/kvm/x86/msr.rst, MSR_KVM_EOI_EN. The protocol is the same.
 *   <li>Offered only for an edge-triggered vector in service while no other is requested, and never for one whose EOI
 *       somebody waits for: that EOI would come late.
 *   <li>Not modelled: KVM's refusal while interrupts nest; here the highest one may be ended by the bit, the ones below
 *       need a conventional EOI or the next offer.
 *   <li>Threading: the owner's thread. Between offer and collect only the guest's memory accesses may happen: whoever
 *       touches the APIC or a word collects first.
 * </ul>
 */
public final class LazyEoi {
    private static final int NOTHING = LocalApic.NO_VECTOR;
    private static final int NO_EOI_REQUIRED = 1;
    private static final long BENEATH = 0;

    private final LocalApic apic;
    private final GuestMemory memory;
    private final IntPredicate eoiAwaited;
    private final IntConsumer ended;
    private @Nullable Word first;
    private @Nullable Word inForce;
    private long enablings;
    /** The vector that the guest may end by the bit, or NOTHING. */
    private int offered = NOTHING;

    /**
     * eoiAwaited: whether the EOI of a vector must not go unseen, or would cost nothing anyway; ended hears each vector
     * that the guest ended by the bit, after its EOI.
     */
    public LazyEoi(LocalApic apic, GuestMemory memory, IntPredicate eoiAwaited, IntConsumer ended) {
        this.apic = apic;
        this.memory = memory;
        this.eoiAwaited = eoiAwaited;
        this.ended = ended;
    }

    /** The word of one front end, disabled. */
    public Word word() {
        Word word = new Word(first);
        first = word;
        return word;
    }

    /** The guest is about to run. */
    public void offer() {
        Word word = inForce;
        if (word == null || offered != NOTHING) {
            return;
        }
        int vector = apic.highestInService();
        if (vector != NOTHING
                && apic.highestRequested() == NOTHING
                && !apic.tmr().contains(vector)
                && !eoiAwaited.test(vector)) {
            memory.getAndBitwiseOrInt(word.gpa, NO_EOI_REQUIRED);
            offered = vector;
        }
    }

    /** The guest has run, and somebody is about to look at the APIC, or to let the guest change it. */
    public void collect() {
        Word word = inForce;
        if (offered == NOTHING || word == null) {
            return;
        }
        int vector = offered;
        offered = NOTHING;
        boolean endedByGuest = (clear(word.gpa) & NO_EOI_REQUIRED) == 0;
        if (apic.highestInService() != vector) {
            throw new IllegalStateException(
                    "the APIC was changed while the EOI of vector " + vector + " was the guest's: collect first");
        }
        if (endedByGuest) {
            apic.eoi();
            ended.accept(vector);
        }
    }

    /** Returns the word as it was. */
    private int clear(long gpa) {
        int old;
        do {
            old = memory.getInt(gpa);
        } while (!memory.compareAndSetInt(gpa, old, old & ~NO_EOI_REQUIRED));
        return old;
    }

    private void choose() {
        inForce = null;
        for (Word word = first; word != null; word = word.next) {
            Word best = inForce;
            if (word.enabled && (best == null || word.enabledAt > best.enabledAt)) {
                inForce = word;
            }
        }
    }

    /** Where a front end would have the bit. */
    public final class Word {
        private final @Nullable Word next;
        private boolean enabled;
        private long gpa;
        private long enabledAt;

        private Word(@Nullable Word next) {
            this.next = next;
        }

        /** From now on the bit is at gpa, which is RAM. It is not touched before the next offer. */
        public void enable(long at) {
            collect();
            set(true, at, ++enablings);
        }

        /** Collects, and offers the bit here no more; another word that is enabled is in force again. */
        public void disable() {
            collect();
            set(false, 0, BENEATH);
        }

        private void set(boolean on, long at, long rank) {
            enabled = on;
            gpa = at;
            enabledAt = rank;
            choose();
        }

        /** Whether the bit, when it is offered, is offered here. */
        public boolean isInForce() {
            return inForce == this;
        }

        /** The vector that the guest may end here now, or {@link LocalApic#NO_VECTOR}. */
        public int offeredVector() {
            return isInForce() ? offered : NOTHING;
        }

        /** Enabled at gpa as the last one, with an offer that was made there. Touches neither memory nor APIC. */
        public void restore(long at, int offeredVector) {
            set(true, at, ++enablings);
            offered = offeredVector;
        }

        /** Enabled at gpa, but another one that is restored has been enabled since. */
        public void restoreBeneath(long at) {
            boolean hadOffer = isInForce();
            set(true, at, BENEATH);
            offered = hadOffer ? NOTHING : offered;
        }

        /** Disabled. */
        public void restoreDisabled() {
            boolean hadOffer = isInForce();
            set(false, 0, BENEATH);
            offered = hadOffer ? NOTHING : offered;
        }
    }
}
