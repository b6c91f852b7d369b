// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.hyperv.HvReferenceTscPage;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;

/**
 * The partition's reference time, made from the machine's time-stamp counter, and the page by which a guest computes it
 * without an exit.
 *
 * <ul>
 *   <li>Models: REFERENCE_TSC; the page's sequence, scale and offset. The reference counter is computed by the page's
 *       own formula, so that register and page can never differ.
 *   <li>Spec: TLFS, "Partition Reference Time Enlightenment".
 *   <li>Not modelled: "strictly" increasing readings: two processors may read the same value.
 *   <li>Threading: any thread.
 * </ul>
 *
 * <p>The page is valid while all processors' TSCs are in step. When they are not, because the guest has moved one, its
 * sequence is 0 and the guest reads the register. When they are in step again, elsewhere, the page is published anew
 * with an offset that makes the time go on where it was.
 */
public final class ReferenceTime {
    private static final long TICKS_PER_SECOND = 10_000_000;

    /** What is added to the machine's TSC to get the guest's, and to the product to get the time, and how many came before. */
    private record Base(long tscOffset, long timeOffset, int epoch) {
        Base next(long nextTscOffset, long nextTimeOffset) {
            return new Base(nextTscOffset, nextTimeOffset, epoch + 1);
        }
    }

    private final GuestMemory memory;
    private final OverlayPage page;
    private final long tscHz;
    private final long scale;
    private volatile Base base = new Base(0, 0, 0);
    private volatile long register;
    private boolean valid = true;
    private int sequence;

    /** tscHz is the rate of the machine's TSC, above 10 MHz. The page is in RAM. */
    public ReferenceTime(GuestMemory memory, long tscHz) {
        this(memory, new OverlayPages(memory, OverlayPages.Pages.IN_RAM), tscHz);
    }

    /** overlays are the machine's. */
    public ReferenceTime(GuestMemory memory, OverlayPages overlays, long tscHz) {
        if (tscHz <= TICKS_PER_SECOND) {
            throw new IllegalArgumentException("a TSC of " + tscHz + " Hz is too slow for a reference in 100 ns units");
        }
        this.memory = memory;
        this.page = overlays.page();
        this.tscHz = tscHz;
        this.scale = BigInteger.valueOf(TICKS_PER_SECOND)
                .shiftLeft(Long.SIZE)
                .divide(BigInteger.valueOf(tscHz))
                .longValue();
    }

    /** The rate of the machine's TSC in Hz, as TSC_FREQUENCY reads. */
    public long tscHz() {
        return tscHz;
    }

    // ---- the counter ------------------------------------------------------------------------------------------------

    /** The time when the machine's TSC stands at tsc, whatever guests have added to theirs. */
    public long at(long tsc) {
        Base now = base;
        return scaled(tsc + now.tscOffset) + now.timeOffset;
    }

    /** The first machine's TSC at which {@link #at} is at least time; {@link Long#MAX_VALUE} where never. */
    public long tscAt(long time) {
        Base now = base;
        long target = time - now.timeOffset;
        boolean overflow = time >= 0 && now.timeOffset < 0 && target < 0;
        if (time < 0 || overflow) {
            return Long.MAX_VALUE;
        }
        long tsc = target <= 0 ? 0 : unscaled(target);
        if (tsc == Long.MAX_VALUE || (now.tscOffset < 0 && tsc > Long.MAX_VALUE + now.tscOffset)) {
            return Long.MAX_VALUE;
        }
        return Math.max(0, tsc - now.tscOffset);
    }

    /** Another number whenever {@link #tscAt} may answer otherwise than before. */
    public int epoch() {
        return base.epoch;
    }

    private long scaled(long tsc) {
        return Math.unsignedMultiplyHigh(tsc, scale);
    }

    /** The first tsc whose product is at least target, which is positive. */
    private long unscaled(long target) {
        long seconds = target / TICKS_PER_SECOND;
        if (seconds >= Long.MAX_VALUE / tscHz - 1) {
            return Long.MAX_VALUE;
        }
        // The scale is rounded down, so the quotient may be a step or two early.
        long tsc = seconds * tscHz + target % TICKS_PER_SECOND * tscHz / TICKS_PER_SECOND;
        while (scaled(tsc) < target) {
            tsc++;
        }
        while (scaled(tsc - 1) >= target) {
            tsc--;
        }
        return tsc;
    }

    // ---- the page ---------------------------------------------------------------------------------------------------

    /** REFERENCE_TSC as it was written. */
    public long register() {
        return register;
    }

    /** WRMSR. A page that is not RAM is stored and inert. */
    public synchronized void write(long value) {
        register = value;
        page.moveTo(value);
        if (isPublished()) {
            memory.fill(value & HvReferenceTscPage.GPA_MASK, GuestMemory.PAGE_SIZE, (byte) 0);
            publish();
        }
    }

    /**
     * A guest has moved a TSC, while the machine's stands at tscNow. inStep: all processors add tscOffset to it now;
     * otherwise they differ.
     */
    public synchronized void tscMoved(long tscNow, boolean inStep, long tscOffset) {
        // A guest's TSC below zero would wrap within reach, and the page's formula with it.
        valid = inStep && tscNow + tscOffset >= 0;
        if (valid) {
            base = base.next(tscOffset, at(tscNow) - scaled(tscNow + tscOffset));
        }
        if (isPublished()) {
            publish();
        }
    }

    private boolean isPublished() {
        return (register & HvReferenceTscPage.ENABLE) != 0
                && memory.contains(register & HvReferenceTscPage.GPA_MASK, GuestMemory.PAGE_SIZE);
    }

    /** Invalid first, valid last: a guest that reads meanwhile sees the sequence change and begins again. */
    private void publish() {
        long gpa = register & HvReferenceTscPage.GPA_MASK;
        page.putInt(gpa + HvReferenceTscPage.SEQUENCE_OFFSET, HvReferenceTscPage.SEQUENCE_INVALID);
        if (!valid) {
            return;
        }
        sequence = next(sequence);
        VarHandle.fullFence();
        page.putLong(gpa + HvReferenceTscPage.SCALE_OFFSET, scale);
        page.putLong(gpa + HvReferenceTscPage.OFFSET_OFFSET, base.timeOffset);
        VarHandle.fullFence();
        page.putInt(gpa + HvReferenceTscPage.SEQUENCE_OFFSET, sequence);
    }

    /** Skips the two values that mean "not valid". */
    private static int next(int sequence) {
        int next = sequence + 1;
        return next == HvReferenceTscPage.SEQUENCE_ALSO_INVALID ? HvReferenceTscPage.SEQUENCE_INVALID + 1 : next;
    }

    // ---- state ------------------------------------------------------------------------------------------------------

    /** System reset: the page goes, the time goes on. */
    public synchronized void reset() {
        page.moveTo(0);
        register = 0;
        sequence = 0;
    }

    /** valid: the TSCs are in step; the offsets are those of the last time they were. */
    public record State(int version, long register, boolean valid, int sequence, long tscOffset, long timeOffset) {
        public static final int CURRENT_VERSION = 1;

        /** Throws IllegalArgumentException for a version that this build does not read. */
        public State {
            if (version != CURRENT_VERSION) {
                throw new IllegalArgumentException(
                        "reference time state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
            }
        }
    }

    /** The register, the page's sequence and both offsets; the page is guest memory. */
    public synchronized State save() {
        return new State(State.CURRENT_VERSION, register, valid, sequence, base.tscOffset, base.timeOffset);
    }

    /** Writes no guest memory: the page travels with it. */
    public synchronized void restore(State state) {
        register = state.register();
        valid = state.valid();
        sequence = state.sequence();
        base = base.next(state.tscOffset(), state.timeOffset());
    }
}
