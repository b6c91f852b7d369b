// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.interrupts.apic.LazyEoi;
import java.util.function.IntPredicate;
import java.util.function.LongSupplier;

/**
 * The Hyper-V side of one virtual processor: SynIC, synthetic timers, VP assist page and run time, with their state in
 * one piece. Its registers are reached through {@link HypervMsrs}.
 *
 * <p>Threading: the owner vCPU's thread.
 */
public final class HypervProcessor {
    private final SynIc synIc;
    private final ReferenceClock clock;
    private final LongSupplier runTime;
    private final SyntheticTimers timers;
    private final VpAssistPage assistPage;

    /**
     * runTime counts what the processor has consumed, in units of 100 ns; eoiAwaited as in {@link LazyEoi}, which is
     * this side's alone. The SynIC gets its timers here, so it belongs to one processor.
     */
    public HypervProcessor(SynIc synIc, ReferenceClock clock, LongSupplier runTime, IntPredicate eoiAwaited) {
        this(synIc, clock, runTime, new LazyEoi(synIc.apic(), synIc.memory(), eoiAwaited, vector -> {}));
    }

    /** lazyEoi is the processor's, whoever else uses it. */
    public HypervProcessor(SynIc synIc, ReferenceClock clock, LongSupplier runTime, LazyEoi lazyEoi) {
        this.synIc = synIc;
        this.clock = clock;
        this.runTime = runTime;
        this.timers = new SyntheticTimers(synIc, clock);
        this.assistPage = new VpAssistPage(synIc.memory(), synIc.overlays(), lazyEoi);
    }

    /** Its SynIC, and through that its VP index and local APIC. */
    public SynIc synIc() {
        return synIc;
    }

    /** Its four timers, which the owner expires. */
    public SyntheticTimers timers() {
        return timers;
    }

    /** Its VP assist page, which the owner offers and collects around each run of the guest. */
    public VpAssistPage assistPage() {
        return assistPage;
    }

    /** TIME_REF_COUNT as this processor reads it now. */
    long referenceTime() {
        return clock.reading();
    }

    /** VP_RUNTIME. */
    long runTime() {
        return runTime.getAsLong();
    }

    /** System reset, before that of the APIC. */
    public void reset() {
        assistPage.reset();
        timers.reset();
        synIc.reset();
    }

    /** All state of the processor's Hyper-V side; its run time is the machine's. */
    public record State(int version, SynIcState synIc, SyntheticTimersState timers, VpAssistPage.State assistPage) {
        public static final int CURRENT_VERSION = 1;

        /** Throws IllegalArgumentException for a version that this build does not read. */
        public State {
            if (version != CURRENT_VERSION) {
                throw new IllegalArgumentException(
                        "processor state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
            }
        }
    }

    /** All state, on the owner's thread; it writes no guest memory. */
    public State save() {
        return new State(State.CURRENT_VERSION, synIc.save(), timers.save(), assistPage.save());
    }

    /** Behind the partition's state and the APIC's. Writes no guest memory, delivers nothing. */
    public void restore(State state) {
        synIc.restore(state.synIc());
        timers.restore(state.timers());
        assistPage.restore(state.assistPage());
    }
}
