// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.spec.x86.Rflags;
import org.jspecify.annotations.Nullable;

/** What can keep a processor from simply going on to the next block: stops, halts, interrupts and their shadow. */
final class RunState {
    /** The shadow covers the instruction that comes next, or the one that executes. */
    private static final int SHADOW_AHEAD = 2, SHADOW_NOW = 1;

    /** Something below wants a look before the next block, or instructions must go one by one. */
    boolean attention = true;

    boolean halted;
    boolean shutdown;
    boolean nmiBlocked;
    /** Set by each event, so that a single step knows of it. */
    boolean eventDelivered;

    /** An instruction breakpoint is armed: every instruction is looked at. */
    boolean stepping;
    /** DR6 bits of a debug trap that waits for the instruction boundary. */
    int pendingDebug;

    /** Somebody has an NMI, which a shadow held off: stop when it ends. */
    boolean nmiWaits;

    private boolean stopRequested;
    private boolean interruptPending;
    private int shadow;
    /** The shadow is that of a load of SS, which holds off debug exceptions too. */
    private boolean shadowHoldsDebug;

    /** As reset and INIT leave it; what the owner asked for stays. */
    void clear() {
        halted = false;
        shutdown = false;
        nmiBlocked = false;
        shadow = 0;
        pendingDebug = 0;
        attention = true;
    }

    void requestStop() {
        stopRequested = true;
        attention = true;
    }

    void setInterruptPending(boolean pending) {
        interruptPending = pending;
        attention |= pending;
    }

    void halt() {
        halted = true;
        attention = true;
    }

    void shutDown() {
        shutdown = true;
        attention = true;
    }

    /** holdsDebug: behind a load of SS, not behind STI. */
    void shadowInterrupts(boolean holdsDebug) {
        shadow = SHADOW_AHEAD;
        shadowHoldsDebug = holdsDebug;
        attention = true;
    }

    /** Debug exceptions are not recognized at this instruction boundary (SDM vol. 3A, 6.8.3). */
    boolean holdsDebug() {
        return shadow == SHADOW_AHEAD && shadowHoldsDebug;
    }

    void debugTrap(int bits) {
        pendingDebug |= bits;
        attention = true;
    }

    boolean debugTrapDue() {
        return pendingDebug != 0 && !holdsDebug();
    }

    /** An event is about to be delivered; it ends a shadow. */
    void event() {
        shadow = 0;
        halted = false;
        eventDelivered = true;
        attention = true;
    }

    boolean takesNmi() {
        nmiWaits = shadow != 0;
        return !nmiBlocked && shadow == 0;
    }

    boolean interruptible(long flags) {
        return (flags & Rflags.IF) != 0 && shadow == 0 && !shutdown;
    }

    /** Why not to go on, or null; {@link #attention} then says whether instructions must go one by one. */
    @Nullable
    StopReason attend(long flags) {
        if (shutdown) {
            return StopReason.SHUTDOWN;
        }
        if (stopRequested) {
            stopRequested = false;
            return StopReason.REQUESTED;
        }
        if (interruptPending && interruptible(flags)) {
            return StopReason.INTERRUPT_WINDOW;
        }
        if (halted) {
            return StopReason.HALT;
        }
        attention = shadow != 0 || stepping || pendingDebug != 0 || (flags & Rflags.TF) != 0;
        return null;
    }

    void beginStep() {
        if (shadow == SHADOW_AHEAD) {
            shadow = SHADOW_NOW;
        }
        eventDelivered = false;
    }

    void endStep() {
        if (shadow == SHADOW_NOW) {
            shadow = 0;
            stopRequested |= nmiWaits;
            nmiWaits = false;
        }
    }
}
