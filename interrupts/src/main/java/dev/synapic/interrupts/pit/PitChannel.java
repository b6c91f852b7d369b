// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pit;

import dev.synapic.spec.x86.Pit;

/**
 * One counter of an 8254.
 *
 * <p>Models: modes 0 to 5, binary and BCD, gate, the latches for count and status, null count; a count that is written is
 * loaded by the next tick. What the counter holds and puts out is computed from the tick at which it was loaded. Spec:
 * 8254 data sheet. Not modelled: a count of 1 in modes 2 and 3, which the data sheet forbids (taken for 2). Threading:
 * under the lock of its {@link Pit8254}.
 */
final class PitChannel {
    static final long NEVER = PitTicks.NEVER;
    private static final int NOTHING = -1;

    private int access = Pit.ACCESS_LOW_THEN_HIGH;
    private int mode;
    private boolean bcd;
    private boolean gate;
    /** The count register; 0 before it is written. */
    private int reload;
    /** Whether the counter has not been loaded since the count register or the mode was written. */
    private boolean nullCount;
    /** What the present cycle counts down from. */
    private int count = 0x1_0000;
    /** The tick at which the counter was loaded, in the future for the tick after a write; NEVER while it stands. */
    private long start = NEVER;
    /** Ticks that had been counted when the gate of mode 0 or 4 closed, or -1. */
    private long pausedAfter = NOTHING;
    /** What a counter that stands shows. */
    private int held;
    /** Up to where edges of the output have been counted. */
    private long settled;

    private boolean writesHigh;
    private int lowByte;
    private boolean readsHigh;
    private int latchedCount = NOTHING;
    private int latchedStatus = NOTHING;

    PitChannel(boolean gate) {
        this.gate = gate;
    }

    // ---- time ---------------------------------------------------------------------------------------------------

    /** Goes on to a tick; returns how often the output has risen on the way. */
    long advance(long now) {
        long rises = 0;
        if (nullCount && start != NEVER && periodic()) {
            long boundary = nextBoundary(settled);
            if (boundary <= now) {
                rises += risesUntil(boundary);
                settled = boundary;
                reloadAt(boundary);
            }
        }
        rises += risesUntil(now);
        settled = Math.max(settled, now);
        return rises;
    }

    private boolean periodic() {
        return mode == 2 || mode == 3;
    }

    private boolean triggered() {
        return mode == 1 || mode == 5;
    }

    /** Ticks from load to the rise of a one-shot's output: the strobe of modes 4 and 5 lasts one tick. */
    private int shot() {
        return mode >= 4 ? count + 1 : count;
    }

    private long risesUntil(long now) {
        if (start == NEVER || pausedAfter != NOTHING || now < start) {
            return 0;
        }
        if (periodic()) {
            return (now - start) / count - Math.max(settled - start, 0) / count;
        }
        long rise = start + shot();
        return settled < rise && rise <= now ? 1 : 0;
    }

    /** The next tick at which the output rises, or NEVER. */
    long nextRise() {
        if (start == NEVER || pausedAfter != NOTHING) {
            return NEVER;
        }
        if (!periodic()) {
            long rise = start + shot();
            return rise > settled ? rise : NEVER;
        }
        long cycles = Math.max(settled - start, 0) / count + 1;
        long rise = start + cycles * count;
        // A new count of mode 3 begins with the next half of a cycle, so the rise may come otherwise.
        return nullCount ? Math.min(rise, nextBoundary(settled)) : rise;
    }

    /** Where a new count takes over: the end of a cycle in mode 2, of half a cycle in mode 3. */
    private long nextBoundary(long after) {
        long done = Math.max(after - start, 0);
        long cycle = start + done / count * count;
        boolean firstHalf = mode == 3 && done % count < highTicks(count);
        return cycle + (firstHalf ? highTicks(count) : count);
    }

    private void reloadAt(long boundary) {
        boolean fell = mode == 3 && (boundary - start) % count != 0;
        count = reload;
        start = fell ? boundary - highTicks(count) : boundary;
        nullCount = false;
    }

    private static int highTicks(int cycle) {
        return cycle + 1 >> 1;
    }

    // ---- what it shows ------------------------------------------------------------------------------------------

    boolean output() {
        if (start == NEVER || settled < start) {
            return mode != 0;
        }
        long done = elapsed();
        return switch (mode) {
            case 0 -> done >= count;
            case 1 -> done >= count;
            case 2 -> done % count != count - 1;
            case 3 -> done % count < highTicks(count);
            default -> done != count;
        };
    }

    private long elapsed() {
        return pausedAfter != NOTHING ? pausedAfter : settled - start;
    }

    private int value() {
        if (start == NEVER || settled < start) {
            return held;
        }
        long done = elapsed();
        int modulus = modulus();
        int now = switch (mode) {
            case 2 -> count - (int) (done % count);
            case 3 -> squareWave((int) (done % count));
            default -> (int) Math.floorMod(count - done, (long) modulus);
        };
        return bcd ? toBcd(now % modulus) : now & 0xFFFF;
    }

    /** Counts by two, both halves from the same even number. */
    private int squareWave(int done) {
        int high = highTicks(count);
        int even = count & ~1;
        return done < high ? even - 2 * done : even - 2 * (done - high);
    }

    private int modulus() {
        return bcd ? 10_000 : 0x1_0000;
    }

    private int status() {
        boolean empty = nullCount || start != NEVER && settled < start;
        return (output() ? Pit.STATUS_OUT : 0)
                | (empty ? Pit.STATUS_NULL_COUNT : 0)
                | access << 4
                | mode << 1
                | (bcd ? Pit.BCD : 0);
    }

    private static int toBcd(int n) {
        return n / 1000 % 10 << 12 | n / 100 % 10 << 8 | n / 10 % 10 << 4 | n % 10;
    }

    private static int fromBcd(int bits) {
        return (bits >> 12) * 1000 + (bits >> 8 & 0xF) * 100 + (bits >> 4 & 0xF) * 10 + (bits & 0xF);
    }

    // ---- the guest's side; advance comes first --------------------------------------------------------------------

    /** A control word that is neither a latch nor a read-back. */
    void program(int command) {
        held = value();
        access = command >> 4 & 3;
        mode = (command >> 1 & 7) > 5 ? command >> 1 & 3 : command >> 1 & 7;
        bcd = (command & Pit.BCD) != 0;
        reload = 0;
        nullCount = true;
        start = NEVER;
        pausedAfter = NOTHING;
        writesHigh = false;
        readsHigh = false;
        latchedCount = NOTHING;
        latchedStatus = NOTHING;
    }

    void write(int value) {
        if (access == Pit.ACCESS_LOW) {
            load(value);
        } else if (access == Pit.ACCESS_HIGH) {
            load(value << 8);
        } else if (writesHigh) {
            writesHigh = false;
            load(value << 8 | lowByte);
        } else {
            writesHigh = true;
            lowByte = value;
            if (mode == 0) {
                // The first byte stops the count.
                held = value();
                start = NEVER;
                pausedAfter = NOTHING;
            }
        }
    }

    private void load(int bits) {
        int n = (bcd ? fromBcd(bits) : bits) % modulus();
        n = n == 0 ? modulus() : n;
        reload = periodic() ? Math.max(n, 2) : n;
        nullCount = true;
        if (mode == 0 || mode == 4) {
            loadNextTick();
            pausedAfter = gate ? NOTHING : 0;
        } else if (periodic() && start == NEVER && gate) {
            loadNextTick();
        }
    }

    private void loadNextTick() {
        held = value();
        count = reload;
        start = settled + 1;
        nullCount = false;
    }

    void setGate(boolean open) {
        if (open == gate) {
            return;
        }
        gate = open;
        if (open) {
            openGate();
        } else if (start != NEVER) {
            closeGate();
        }
    }

    private void openGate() {
        if (pausedAfter != NOTHING) {
            start = settled - pausedAfter;
            pausedAfter = NOTHING;
        } else if (reload != 0 && (triggered() || periodic())) {
            loadNextTick();
        }
    }

    private void closeGate() {
        if (mode == 0 || mode == 4) {
            pausedAfter = Math.max(settled - start, 0);
            start = Math.min(start, settled);
        } else if (periodic()) {
            held = value();
            start = NEVER;
        }
    }

    boolean gate() {
        return gate;
    }

    /** A count that is latched already stays. */
    void latchCount() {
        if (latchedCount == NOTHING) {
            latchedCount = value();
        }
    }

    void latchStatus() {
        if (latchedStatus == NOTHING) {
            latchedStatus = status();
        }
    }

    int read() {
        if (latchedStatus != NOTHING) {
            int status = latchedStatus;
            latchedStatus = NOTHING;
            return status;
        }
        int value = latchedCount != NOTHING ? latchedCount : value();
        boolean high = access == Pit.ACCESS_HIGH || access == Pit.ACCESS_LOW_THEN_HIGH && readsHigh;
        readsHigh = access == Pit.ACCESS_LOW_THEN_HIGH && !readsHigh;
        if (!readsHigh) {
            latchedCount = NOTHING;
        }
        return (high ? value >> 8 : value) & 0xFF;
    }

    // ---- state --------------------------------------------------------------------------------------------------

    PitState.Channel save() {
        return new PitState.Channel(
                access,
                mode,
                bcd,
                gate,
                reload,
                nullCount,
                count,
                start,
                pausedAfter,
                held,
                settled,
                writesHigh,
                lowByte,
                readsHigh,
                latchedCount,
                latchedStatus);
    }

    void restore(PitState.Channel state) {
        access = state.access();
        mode = state.mode();
        bcd = state.bcd();
        gate = state.gate();
        reload = state.reload();
        nullCount = state.nullCount();
        count = state.count();
        start = state.start();
        pausedAfter = state.pausedAfter();
        held = state.held();
        settled = state.settled();
        writesHigh = state.writesHigh();
        lowByte = state.lowByte();
        readsHigh = state.readsHigh();
        latchedCount = state.latchedCount();
        latchedStatus = state.latchedStatus();
    }
}
