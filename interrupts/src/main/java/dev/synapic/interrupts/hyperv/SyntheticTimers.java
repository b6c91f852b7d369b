// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvStimerConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * The four synthetic timers of one virtual processor.
 *
 * <ul>
 *   <li>Models: CONFIG and COUNT registers with auto-enable; one-shot and periodic timers; expiry by message, held while
 *       its slot is taken or the SynIC is off, and by vector, held while the APIC is disabled.
 *   <li>Spec: TLFS, "Synthetic Timers"; where sources differ: docs, semantics-hyperv.
 *   <li>A periodic timer keeps its phase: it expires at whole periods after it was started, and what was missed is
 *       skipped, whether or not it is lazy.
 *   <li>Not modelled: catching up by shorter periods (the lazy bit is stored and makes no difference), the time-unhalted
 *       timer, a lower limit for periods.
 *   <li>Threading: the owner vCPU's thread. The owner calls {@link #expire} at or after {@link #nextDeadlineNanos},
 *       which also wakes a halted processor.
 * </ul>
 */
public final class SyntheticTimers {
    private final SynIc synIc;
    private final SyntheticTimer[] timers = new SyntheticTimer[HvStimerConfig.TIMERS];
    /** Whether anybody has written a register since reset: most machines ask for deadlines that never come. */
    private boolean used;

    /** Timers live in the time of the processor whose SynIC this is. */
    public SyntheticTimers(SynIc synIc, ReferenceClock clock) {
        this.synIc = synIc;
        for (int i = 0; i < timers.length; i++) {
            timers[i] = new SyntheticTimer(i, synIc, clock);
        }
        synIc.producedBy(this::slotMayBeFree);
    }

    // ---- registers --------------------------------------------------------------------------------------------------

    /** RDMSR of a timer's register; #GP while the SynIC is not activated. */
    public long read(int msr) {
        requireTimer(msr);
        return hostRead(msr);
    }

    /** WRMSR of a timer's register; #GP while the SynIC is not activated. */
    public void write(int msr, long value) {
        requireTimer(msr);
        used = true;
        if (isConfig(msr)) {
            timer(msr).writeConfig(value);
        } else {
            timer(msr).writeCount(value);
        }
    }

    /** KVM_GET_MSRS. */
    public long hostRead(int msr) {
        return isConfig(msr) ? timer(msr).config() : timer(msr).count();
    }

    /**
     * KVM_SET_MSRS: a count neither enables nor disables. While the SynIC is not activated only 0 is accepted, and
     * changes nothing.
     *
     * @return false where it is refused
     */
    public boolean hostWrite(int msr, long value) {
        if (!HvMsr.isSyntheticTimer(msr) || !synIc.isActive()) {
            return HvMsr.isSyntheticTimer(msr) && value == 0;
        }
        used = true;
        if (isConfig(msr)) {
            timer(msr).writeConfig(value);
        } else {
            timer(msr).hostWriteCount(value);
        }
        return true;
    }

    private void requireTimer(int msr) {
        if (!HvMsr.isSyntheticTimer(msr) || !synIc.isActive()) {
            throw generalProtection();
        }
    }

    private static boolean isConfig(int msr) {
        return (msr - HvMsr.HV_X64_MSR_STIMER0_CONFIG & 1) == 0;
    }

    private SyntheticTimer timer(int msr) {
        return timers[msr - HvMsr.HV_X64_MSR_STIMER0_CONFIG >> 1];
    }

    // ---- time -------------------------------------------------------------------------------------------------------

    /** When {@link #expire} next has something to do, on the APIC's clock; 0: now; {@link Long#MAX_VALUE}: never. */
    public long nextDeadlineNanos() {
        long first = Long.MAX_VALUE;
        if (!used) {
            return first;
        }
        for (SyntheticTimer timer : timers) {
            first = Math.min(first, timer.deadlineNanos());
        }
        return first;
    }

    /** Lets what is due happen; what is not due yet does not mind. */
    public void expire() {
        for (SyntheticTimer timer : timers) {
            timer.settle();
        }
    }

    private void slotMayBeFree(int sint) {
        for (SyntheticTimer timer : timers) {
            timer.slotMayBeFree(sint);
        }
    }

    // ---- state ------------------------------------------------------------------------------------------------------

    /** System reset. */
    public void reset() {
        used = false;
        for (SyntheticTimer timer : timers) {
            timer.reset();
        }
    }

    /** All four timers; expiry times are reference times. */
    public SyntheticTimersState save() {
        List<SyntheticTimersState.Timer> states = new ArrayList<>(timers.length);
        for (SyntheticTimer timer : timers) {
            states.add(timer.save());
        }
        return new SyntheticTimersState(SyntheticTimersState.CURRENT_VERSION, states);
    }

    /** Behind the SynIC's state. Delivers nothing and enables nothing. */
    public void restore(SyntheticTimersState state) {
        used = state.timers().stream().anyMatch(SyntheticTimersState.Timer::used);
        for (int i = 0; i < timers.length; i++) {
            timers[i].restore(state.timers().get(i));
        }
    }
}
