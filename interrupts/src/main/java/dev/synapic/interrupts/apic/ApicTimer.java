// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.ApicTimerMode;

/**
 * The local APIC timer.
 *
 * <p>Models: one-shot, periodic and TSC-deadline mode, divide configuration, current count computed from the clock; any
 * number of missed periods is made up for in one step and gives one interrupt. Spec: SDM vol. 3A, 12.5.4. Not modelled:
 * a lower limit for periods. Threading: owner only.
 */
final class ApicTimer {
    static final long NEVER = Long.MAX_VALUE;
    /** Bits 3, 1 and 0. */
    static final int DIVIDE_BITS = 0xB;

    private final LocalVectorTable lvt;
    private final ApicClock clock;
    private final int nanosPerTick;

    private ApicTimerMode mode = ApicTimerMode.ONE_SHOT;
    private int divideConfiguration;
    private int initialCount;
    /** When the count reaches zero; NEVER where it stands still. */
    private long deadlineNanos = NEVER;
    /** Zero where not armed. */
    private long tscDeadline;

    ApicTimer(LocalVectorTable lvt, ApicClock clock, int nanosPerTick) {
        this.lvt = lvt;
        this.clock = clock;
        this.nanosPerTick = nanosPerTick;
    }

    void reset() {
        mode = ApicTimerMode.ONE_SHOT;
        divideConfiguration = 0;
        disarm();
    }

    LocalApicState.Timer save() {
        return new LocalApicState.Timer(divideConfiguration, initialCount, deadlineNanos, tscDeadline);
    }

    /** Lets nothing happen: what is due happens when the machine runs. */
    void restore(LocalApicState.Timer state, ApicTimerMode restoredMode) {
        mode = restoredMode;
        divideConfiguration = state.divideConfiguration() & DIVIDE_BITS;
        initialCount = state.initialCount();
        deadlineNanos = state.deadlineNanos();
        tscDeadline = state.tscDeadline();
    }

    /**
     * What a timer is that was saved with its registers only, as it stood at count, and goes on now. An armed deadline
     * stays, where the mode was TSC-deadline before. A one-shot whose count is 0 has fired before it was saved.
     */
    LocalApicState.Timer restarted(ApicTimerMode next, int divideBits, int initial, int count) {
        if (next == ApicTimerMode.TSC_DEADLINE) {
            return new LocalApicState.Timer(divideBits, 0, NEVER, mode == next ? tscDeadline : 0);
        }
        if (next == ApicTimerMode.RESERVED) {
            return new LocalApicState.Timer(divideBits, initial, NEVER, 0);
        }
        boolean reloads = count == 0 && next == ApicTimerMode.PERIODIC;
        long ticks = Math.min(Integer.toUnsignedLong(reloads ? initial : count), Integer.toUnsignedLong(initial));
        long left = ticks * nanosPerTick << divideShift(divideBits);
        return new LocalApicState.Timer(divideBits, initial, left == 0 ? NEVER : clock.nanos() + left, 0);
    }

    ApicTimerMode mode() {
        return mode;
    }

    int initialCount() {
        return initialCount;
    }

    int divideConfiguration() {
        return divideConfiguration;
    }

    /** Starts the count, except in TSC-deadline mode, where the write is ignored. */
    void writeInitialCount(int count) {
        settle();
        if (mode == ApicTimerMode.TSC_DEADLINE) {
            return;
        }
        initialCount = count;
        boolean runs = count != 0 && mode != ApicTimerMode.RESERVED;
        deadlineNanos = runs ? clock.nanos() + periodNanos() : NEVER;
    }

    /** What is left of a running count keeps its number of ticks. */
    void writeDivideConfiguration(int bits) {
        settle();
        int oldShift = divideShift();
        long left = leftNanos();
        divideConfiguration = bits & DIVIDE_BITS;
        if (deadlineNanos != NEVER) {
            deadlineNanos = clock.nanos() + (left << divideShift() >> oldShift);
        }
    }

    /** The LVT entry was written; whoever writes it settles first. Moving in or out of TSC-deadline mode disarms. */
    void changeMode(ApicTimerMode next) {
        boolean otherClock = (mode == ApicTimerMode.TSC_DEADLINE) != (next == ApicTimerMode.TSC_DEADLINE);
        mode = next;
        if (otherClock || next == ApicTimerMode.RESERVED) {
            disarm();
        }
    }

    /** Ticks until zero, rounded up; 0 where the count stands still. */
    int currentCount() {
        if (deadlineNanos == NEVER) {
            return 0;
        }
        long left = leftNanos();
        if (left <= 0) {
            if (mode != ApicTimerMode.PERIODIC) {
                return 0;
            }
            long period = periodNanos();
            left = period - (-left % period);
        }
        return (int) Math.ceilDiv(left, (long) nanosPerTick << divideShift());
    }

    /** 0 outside TSC-deadline mode, where not armed, and after expiry. */
    long tscDeadline() {
        return tscDeadline != 0 && tscReached() ? 0 : tscDeadline;
    }

    /** Arms; 0 disarms; a time that is over fires at once. Ignored outside TSC-deadline mode. */
    void writeTscDeadline(long tscTicks) {
        settle();
        if (mode == ApicTimerMode.TSC_DEADLINE) {
            tscDeadline = tscTicks;
            settle();
        }
    }

    /** When {@link #settle} next has an interrupt to deliver. */
    long nextDeadlineNanos() {
        // An expiry behind a mask is lost, so nobody needs to wake up for it; the next access settles it.
        if (lvt.masked(ApicRegister.LVT_TIMER)) {
            return NEVER;
        }
        if (mode == ApicTimerMode.TSC_DEADLINE) {
            return tscDeadline == 0 ? NEVER : clock.nanosAtTsc(tscDeadline);
        }
        return deadlineNanos;
    }

    /** Lets what is due happen. */
    void settle() {
        if (tscDeadline != 0) {
            if (tscReached()) {
                tscDeadline = 0;
                lvt.signal(ApicRegister.LVT_TIMER);
            }
        } else if (deadlineNanos != NEVER) {
            long late = clock.nanos() - deadlineNanos;
            if (late >= 0) {
                reload(late);
                lvt.signal(ApicRegister.LVT_TIMER);
            }
        }
    }

    private void reload(long lateNanos) {
        if (mode == ApicTimerMode.PERIODIC) {
            long period = periodNanos();
            deadlineNanos += (lateNanos / period + 1) * period;
        } else {
            deadlineNanos = NEVER;
        }
    }

    /** Until the count reaches zero: a period at most, also where a restored deadline lies further ahead. */
    private long leftNanos() {
        return Math.min(deadlineNanos - clock.nanos(), periodNanos());
    }

    private boolean tscReached() {
        return Long.compareUnsigned(clock.tsc(), tscDeadline) >= 0;
    }

    private long periodNanos() {
        return Integer.toUnsignedLong(initialCount) * nanosPerTick << divideShift();
    }

    /** 000 divides by 2, 110 by 128, 111 by 1. */
    private int divideShift() {
        return divideShift(divideConfiguration);
    }

    private static int divideShift(int bits) {
        int code = (bits & 3) | (bits >> 1 & 4);
        return (code + 1) & 7;
    }

    private void disarm() {
        initialCount = 0;
        deadlineNanos = NEVER;
        tscDeadline = 0;
    }
}
