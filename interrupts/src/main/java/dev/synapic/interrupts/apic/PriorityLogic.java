// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;

/**
 * Requested and in-service vectors, and which of them the processor is to take.
 *
 * <p>Models: IRR, ISR, TMR, TPR and PPR; vectors that never enter ISR. Spec: SDM vol. 3A, 12.8.3 and 12.8.4. Not
 * modelled: the spurious vector, which is {@link LocalApic#acknowledgeOrSpurious}'s. Threading: owner only, but for {@link #processorPriority}.
 */
final class PriorityLogic {
    private static final int NONE = LocalApic.NO_VECTOR;
    private static final VarHandle PPR;

    static {
        try {
            PPR = MethodHandles.lookup().findVarHandle(PriorityLogic.class, "ppr", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final VectorBitmap irr = new VectorBitmap();
    private final VectorBitmap isr = new VectorBitmap();
    private final VectorBitmap tmr = new VectorBitmap();
    private final VectorBitmap autoEoi = new VectorBitmap();
    /** Highest bit of irr; kept with every change of it. */
    private int highestRequest = NONE;
    /** Highest bit of isr; kept with every change of it. */
    private int highestInService = NONE;

    private int tpr;
    /** Written by the owner, read by any sender that arbitrates. */
    private int ppr;

    /** Takes vectors out of the mailbox; TMR is set or cleared now, at acceptance. */
    void take(PendingVectors mailbox) {
        for (int i = 3; i >= 0; i--) {
            long bits = mailbox.take(i);
            if (bits != 0) {
                tmr.setWord(i, (tmr.word(i) & ~bits) | (mailbox.levels(i) & bits));
                irr.setWord(i, irr.word(i) | bits);
                highestRequest = Math.max(highestRequest, (i << 6) + (63 - Long.numberOfLeadingZeros(bits)));
            }
        }
    }

    /** The highest request if its class is above that of PPR, or NO_VECTOR. */
    int deliverable() {
        int vector = highestRequest;
        return vector > (ppr | 0xF) ? vector : NONE;
    }

    /** IRR to ISR; returns whether the vector ends itself, so that ISR never sees it. */
    boolean acknowledge(int vector) {
        if (vector < 0 || !irr.contains(vector)) {
            throw new IllegalStateException(
                    "vector " + vector + " is not requested; acknowledge what pendingVector returned");
        }
        irr.remove(vector);
        highestRequest = irr.highest();
        if (autoEoi.contains(vector)) {
            return true;
        }
        isr.add(vector);
        highestInService = Math.max(highestInService, vector);
        updateProcessorPriority();
        return false;
    }

    /** Returns the vector that was in service, or NO_VECTOR. */
    int endOfInterrupt() {
        int vector = highestInService;
        if (vector != NONE) {
            isr.remove(vector);
            highestInService = isr.highest();
            updateProcessorPriority();
        }
        return vector;
    }

    /** Everything but TPR and the auto-EOI set. */
    void clear() {
        irr.clear();
        isr.clear();
        tmr.clear();
        highestRequest = NONE;
        highestInService = NONE;
        updateProcessorPriority();
    }

    LocalApicState.Vectors save() {
        return new LocalApicState.Vectors(words(irr), words(isr), words(tmr), words(autoEoi), tpr);
    }

    /** Any sets: a state may have several vectors of one class in service, and they end from the top. */
    void restore(LocalApicState.Vectors state) {
        fill(irr, state.irr());
        fill(isr, state.isr());
        fill(tmr, state.tmr());
        fill(autoEoi, state.autoEoi());
        highestRequest = irr.highest();
        highestInService = isr.highest();
        setTaskPriority(state.tpr());
    }

    private static List<Long> words(VectorBitmap set) {
        return List.of(set.word(0), set.word(1), set.word(2), set.word(3));
    }

    private static void fill(VectorBitmap set, List<Long> words) {
        for (int i = 0; i < words.size(); i++) {
            set.setWord(i, words.get(i));
        }
    }

    VectorBitmap irr() {
        return irr;
    }

    VectorBitmap isr() {
        return isr;
    }

    VectorBitmap tmr() {
        return tmr;
    }

    VectorBitmap autoEoi() {
        return autoEoi;
    }

    int highestRequest() {
        return highestRequest;
    }

    int highestInService() {
        return highestInService;
    }

    int taskPriority() {
        return tpr;
    }

    void setTaskPriority(int value) {
        tpr = value & 0xFF;
        updateProcessorPriority();
    }

    /** Any thread; another thread's reading may be about to change. */
    int processorPriority() {
        return (int) PPR.getOpaque(this);
    }

    private void updateProcessorPriority() {
        int service = highestInService == NONE ? 0 : highestInService & 0xF0;
        PPR.setOpaque(this, (tpr & 0xF0) >= service ? tpr : service);
    }
}
