// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The mailbox of a local APIC: what other processors and devices ask of it, until its owner takes it in.
 *
 * <p>Models: requests on their way into IRR, TMR and the NMI/INIT/SIPI latches. Spec: none; real APICs hide this step.
 * Not modelled: order between different vectors (priority decides, not arrival). Threading: post from any thread; take
 * by the owner only.
 *
 * <h2>Algorithmic notes</h2>
 *
 * A poster writes its bit by an atomic read-modify-write and makes sure that {@code work} is set; the owner clears
 * {@code work} first and takes the bits afterwards. All these accesses but one are volatile, so they have one order,
 * and in it either the owner's take follows the poster's write, or the poster's final look at {@code work} follows the
 * owner's clear and sets it again. No bit is left behind without {@code work} (OpenVMM 5f02833a4 is what happens
 * otherwise).
 *
 * <p>The exception is the early opaque store of {@code work}: a hint that may be lost. It is there so that the usual
 * post costs one locked instruction: the read-modify-write that follows it also orders it before whatever the poster
 * does next, such as looking whether the owner sleeps. An owner about to sleep publishes that, then calls
 * {@link #hasWork}: one of the two sees the other.
 *
 * <p>A poster does not skip the write when it finds its bit set. Skipping is only right after a full fence (the owner
 * may already have taken the bit when the poster's earlier stores become visible), and a fence costs as much as the
 * write.
 *
 * <p>The trigger mode of a vector is written before its bit. Two posters that disagree about it race, as two devices on
 * one vector with different trigger modes do.
 */
final class PendingVectors {
    /** Bits of {@link #takeEvents}: up to two NMIs are counted in bits 1:0. */
    static final int NMI_COUNT = 3;

    static final int INIT = 1 << 2;
    /** A SIPI that came after the INIT in the same word; its vector is in bits 15:8. */
    static final int SIPI = 1 << 3;

    static final int ILLEGAL_VECTOR = 1 << 4;

    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle WORK;
    private static final VarHandle EVENTS;

    static {
        try {
            WORK = MethodHandles.lookup().findVarHandle(PendingVectors.class, "work", int.class);
            EVENTS = MethodHandles.lookup().findVarHandle(PendingVectors.class, "events", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long[] vectors = new long[4];
    private final long[] levels = new long[4];
    private volatile int work;
    private volatile int events;

    /** Asks for a vector. Returns whether it was asked for already and not yet taken. */
    boolean post(int vector, boolean levelTriggered) {
        int index = vector >> 6;
        long bit = 1L << vector;
        long triggers = (long) WORDS.getOpaque(levels, index);
        if (((triggers & bit) != 0) != levelTriggered) {
            writeTrigger(index, bit, levelTriggered);
        }
        hintWork();
        long before = (long) WORDS.getAndBitwiseOr(vectors, index, bit);
        confirmWork();
        return (before & bit) != 0;
    }

    private void writeTrigger(int index, long bit, boolean levelTriggered) {
        if (levelTriggered) {
            WORDS.getAndBitwiseOr(levels, index, bit);
        } else {
            WORDS.getAndBitwiseAnd(levels, index, ~bit);
        }
    }

    /** One more NMI, of which two are kept. */
    void postNmi() {
        int old;
        do {
            old = events;
        } while (!EVENTS.compareAndSet(this, old, (old & NMI_COUNT) == 2 ? old : old + 1));
        signalWork();
    }

    /** INIT withdraws a SIPI that waits. */
    void postInit() {
        int old;
        do {
            old = events;
        } while (!EVENTS.compareAndSet(this, old, (old & ~(SIPI | 0xFF00)) | INIT));
        signalWork();
    }

    /** The first SIPI wins. */
    void postSipi(int vector) {
        int old;
        do {
            old = events;
        } while (!EVENTS.compareAndSet(this, old, (old & SIPI) != 0 ? old : old | SIPI | vector << 8));
        signalWork();
    }

    /** A message with a vector below 16 came. */
    void postIllegalVector() {
        EVENTS.getAndBitwiseOr(this, ILLEGAL_VECTOR);
        signalWork();
    }

    /** Whether something may have come since {@link #beginTake}. */
    boolean hasWork() {
        return work != 0;
    }

    /** Owner: to be called before taking words. */
    void beginTake() {
        work = 0;
    }

    /** Owner: the vectors 64 * index to 64 * index + 63 that were asked for, which are now the owner's. */
    long take(int index) {
        return (long) WORDS.getVolatile(vectors, index) == 0 ? 0 : (long) WORDS.getAndSet(vectors, index, 0L);
    }

    /** The trigger modes of the vectors of a word, set where level-triggered. */
    long levels(int index) {
        return (long) WORDS.getVolatile(levels, index);
    }

    /** Owner: the events that came, which are now the owner's. */
    int takeEvents() {
        return events == 0 ? 0 : (int) EVENTS.getAndSet(this, 0);
    }

    /** Owner: forgets vectors that were under way to an APIC that has been disabled since. */
    void discardVectors() {
        for (int i = 0; i < 4; i++) {
            WORDS.setVolatile(vectors, i, 0L);
        }
    }

    /** Owner: forgets everything, for a restore. */
    void discard() {
        beginTake();
        discardVectors();
        events = 0;
    }

    private void hintWork() {
        if ((int) WORK.getOpaque(this) == 0) {
            WORK.setOpaque(this, 1);
        }
    }

    private void confirmWork() {
        if (work == 0) {
            work = 1;
        }
    }

    private void signalWork() {
        work = 1;
    }
}
