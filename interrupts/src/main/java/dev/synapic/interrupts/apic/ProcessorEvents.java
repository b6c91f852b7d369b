// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/**
 * NMI, INIT and SIPI between the APIC and its processor.
 *
 * <p>Models: the NMI latch, the INIT latch, the wait-for-SIPI state. Spec: SDM vol. 3A, 10.4 and 12.4.7.3; vol. 3A,
 * 7.7.1 for NMI. Not modelled: INIT blocked by SMM or VMX operation. Threading: owner only.
 */
final class ProcessorEvents {
    private final boolean bootstrap;
    private int nmis;
    private boolean nmiBlocked;
    private boolean init;
    private int sipi;
    private boolean waitForSipi;

    ProcessorEvents(boolean bootstrap) {
        this.bootstrap = bootstrap;
        reset();
    }

    void reset() {
        nmis = 0;
        nmiBlocked = false;
        init = false;
        sipi = LocalApic.NO_VECTOR;
        waitForSipi = !bootstrap;
    }

    LocalApicState.Events save() {
        return new LocalApicState.Events(nmis, nmiBlocked, init, sipi, waitForSipi);
    }

    void restore(LocalApicState.Events state) {
        nmis = state.nmis();
        nmiBlocked = state.nmiBlocked();
        init = state.init();
        sipi = state.sipi();
        waitForSipi = state.waitForSipi();
    }

    /** Takes in a word of {@link PendingVectors#takeEvents}. */
    void take(int word) {
        // A processor that is in its NMI handler latches one NMI; one that is not takes the first at once and latches
        // the second.
        nmis = Math.min(nmiBlocked ? 1 : 2, nmis + (word & PendingVectors.NMI_COUNT));
        if ((word & PendingVectors.INIT) != 0) {
            init = true;
            sipi = LocalApic.NO_VECTOR;
        }
        boolean listening = init || waitForSipi;
        if ((word & PendingVectors.SIPI) != 0 && listening && sipi == LocalApic.NO_VECTOR) {
            sipi = word >> 8 & 0xFF;
        }
    }

    boolean any() {
        return canTakeNmi() || init || sipi != LocalApic.NO_VECTOR;
    }

    /** A processor that waits for a SIPI takes no NMI; the latch keeps it. */
    private boolean canTakeNmi() {
        return nmis != 0 && !nmiBlocked && !waitForSipi;
    }

    boolean takeNmi() {
        if (!canTakeNmi()) {
            return false;
        }
        // The second of two becomes the one that is latched while the handler of the first runs.
        nmis--;
        nmiBlocked = true;
        return true;
    }

    void unblockNmi() {
        nmiBlocked = false;
    }

    boolean takeInit() {
        boolean taken = init;
        init = false;
        return taken;
    }

    /** The processor is initialized: pending NMIs go, a SIPI that came after the INIT stays. */
    void initialized() {
        nmis = 0;
        nmiBlocked = false;
        waitForSipi = !bootstrap;
        if (bootstrap) {
            sipi = LocalApic.NO_VECTOR;
        }
    }

    int takeSipi() {
        int vector = sipi;
        if (vector == LocalApic.NO_VECTOR || init) {
            return LocalApic.NO_VECTOR;
        }
        sipi = LocalApic.NO_VECTOR;
        waitForSipi = false;
        return vector;
    }

    boolean waitingForSipi() {
        return waitForSipi;
    }

    int pendingNmis() {
        return nmis;
    }
}
