// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.ApicTimerMode;
import dev.synapic.spec.x86.Svr;
import java.util.List;

/**
 * All state of a local APIC and of the latches between it and its processor. What was in the mailbox is in it as if it
 * had been taken in; what follows from the rest (mode, PPR, software enablement, timer mode) is not.
 *
 * @param initialApicId whose state it is; another APIC refuses it
 * @param base IA32_APIC_BASE
 * @param smis SMIs that came since power-on
 */
public record LocalApicState(
        int version,
        int initialApicId,
        long base,
        Ids ids,
        Vectors vectors,
        Registers registers,
        LocalVectors localVectors,
        Timer timer,
        Events events,
        int smis) {
    public static final int CURRENT_VERSION = 1;

    private static final int WORDS = 4;
    private static final int LOCAL_VECTORS = 7;

    /** Throws IllegalArgumentException for another version, a disabled APIC that is not empty, and a timer that does not fit its mode. */
    public LocalApicState {
        if (version != CURRENT_VERSION) {
            throw new IllegalArgumentException(
                    "local APIC state version " + version + " is unknown; this build reads version " + CURRENT_VERSION);
        }
        boolean disabled = new ApicBaseMsr(base).mode() == ApicMode.DISABLED;
        if (disabled && (registers.softwareEnabled() || vectors.holdsAny())) {
            throw new IllegalArgumentException("a disabled APIC has forgotten its vectors and SVR, the state has some");
        }
        ApicTimerMode mode = ApicTimerMode.of(localVectors.entries().getFirst());
        timer.require(mode);
    }

    /**
     * What messages find it by.
     *
     * @param xapicId the 8-bit id
     * @param ldr in xAPIC mode; in x2APIC mode it derives from the id, whatever stands here
     */
    public record Ids(int xapicId, int ldr, int dfr) {}

    /** Sets of vectors, each of four words of 64, and TPR. autoEoi: vectors that end themselves when taken. */
    public record Vectors(List<Long> irr, List<Long> isr, List<Long> tmr, List<Long> autoEoi, int tpr) {
        private static final long ILLEGAL = (1L << ApicError.FIRST_LEGAL_VECTOR) - 1;

        /** Throws IllegalArgumentException for sets that are not four words, vectors below 16, and a TPR beyond 8 bits. */
        public Vectors {
            irr = words("IRR", irr);
            isr = words("ISR", isr);
            tmr = words("TMR", tmr);
            autoEoi = words("the auto-EOI set", autoEoi);
            if (tpr < 0 || tpr > 0xFF) {
                throw new IllegalArgumentException("TPR has 8 bits, the state has " + tpr);
            }
        }

        private static List<Long> words(String name, List<Long> words) {
            if (words.size() != WORDS) {
                throw new IllegalArgumentException(name + " has 4 words of 64 bits, the state has " + words.size());
            }
            long illegal = words.getFirst() & ILLEGAL;
            if (illegal != 0) {
                throw new IllegalArgumentException(name + " has vector " + Long.numberOfTrailingZeros(illegal)
                        + "; vectors below 16 are never accepted");
            }
            return List.copyOf(words);
        }

        boolean holdsAny() {
            return irr.stream().anyMatch(word -> word != 0) || isr.stream().anyMatch(word -> word != 0);
        }
    }

    /** SVR and the halves of ICR. */
    public record Registers(int svr, int icrLow, int icrHigh) {
        boolean softwareEnabled() {
            return new Svr(svr).softwareEnabled();
        }
    }

    /**
     * The local vector table: timer, thermal, performance, LINT0, LINT1, error, CMCI.
     *
     * @param pins bits 1:0: the levels of LINT1 and LINT0
     */
    public record LocalVectors(List<Integer> entries, int pins, Errors errors) {
        /** Throws IllegalArgumentException for another number of entries than 7, and for pins beyond LINT0 and LINT1. */
        public LocalVectors {
            if (entries.size() != LOCAL_VECTORS) {
                throw new IllegalArgumentException(
                        "a local vector table has 7 entries, the state has " + entries.size());
            }
            if ((pins & ~3) != 0) {
                throw new IllegalArgumentException("an APIC has pins LINT0 and LINT1, the state has more: " + pins);
            }
            entries = List.copyOf(entries);
        }
    }

    /** ESR as the guest reads it, and what has gathered since its last write. */
    public record Errors(int visible, int gathered) {}

    /**
     * The timer.
     *
     * @param deadlineNanos when the count reaches zero, in {@link ApicClock#nanos}; {@link Long#MAX_VALUE} where it
     *     stands
     * @param tscDeadline in TSC ticks; 0 where not armed
     */
    public record Timer(int divideConfiguration, int initialCount, long deadlineNanos, long tscDeadline) {
        private void require(ApicTimerMode mode) {
            boolean counts = deadlineNanos != ApicTimer.NEVER;
            boolean mayCount = mode == ApicTimerMode.ONE_SHOT || mode == ApicTimerMode.PERIODIC;
            if (counts && (!mayCount || initialCount == 0 || deadlineNanos < 0)) {
                throw new IllegalArgumentException(
                        "the APIC timer counts to %d ns in mode %s from %d; it needs a time, a counting mode and a count"
                                .formatted(deadlineNanos, mode, Integer.toUnsignedLong(initialCount)));
            }
            if (tscDeadline != 0 && mode != ApicTimerMode.TSC_DEADLINE) {
                throw new IllegalArgumentException("a TSC deadline is armed in timer mode " + mode);
            }
            if (initialCount != 0 && mode == ApicTimerMode.TSC_DEADLINE) {
                throw new IllegalArgumentException("the APIC timer has an initial count in mode " + mode);
            }
        }
    }

    /**
     * What waits for the processor.
     *
     * @param nmis latched NMIs, 0 to 2; at most one while the handler runs
     * @param nmiBlocked the NMI handler runs
     * @param sipi the start-up vector that waits, or {@link LocalApic#NO_VECTOR}
     */
    public record Events(int nmis, boolean nmiBlocked, boolean init, int sipi, boolean waitForSipi) {
        /** Throws IllegalArgumentException for more NMIs than can be latched, a vector beyond 8 bits, and a SIPI that nobody waits for. */
        public Events {
            if (nmis < 0 || nmis > (nmiBlocked ? 1 : 2)) {
                throw new IllegalArgumentException(
                        "at most two NMIs wait, one while the handler runs; the state has " + nmis);
            }
            if (sipi < LocalApic.NO_VECTOR || sipi > 0xFF) {
                throw new IllegalArgumentException("a start-up vector is 0 to 255 or none, the state has " + sipi);
            }
            if (sipi != LocalApic.NO_VECTOR && !init && !waitForSipi) {
                throw new IllegalArgumentException("a SIPI waits for a processor that does not wait for one");
            }
        }
    }
}
