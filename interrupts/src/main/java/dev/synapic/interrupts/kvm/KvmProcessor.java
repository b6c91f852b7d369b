// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.LazyEoi;

/**
 * KVM's side of one virtual processor: PV EOI, steal time, the remembered kick and poll control, with their state in
 * one piece. Its clock is in {@link KvmClock}; its registers are reached through {@link KvmMsrs}.
 *
 * <p>Poll control is a register only: no hardware profile polls on HLT.
 *
 * <p>Threading: the owner vCPU's thread.
 */
public final class KvmProcessor {
    private static final long POLLING = 1;

    private final int index;
    private final KvmClock clock;
    private final PvEoi pvEoi;
    private final StealTime stealTime;
    private long pollControl = POLLING;
    private boolean kicked;

    /** index is the processor's in the clock; lazyEoi is the processor's, whoever else uses it. */
    public KvmProcessor(int index, KvmClock clock, GuestMemory memory, LazyEoi lazyEoi) {
        this.index = index;
        this.clock = clock;
        this.pvEoi = new PvEoi(memory, lazyEoi);
        this.stealTime = new StealTime(memory);
    }

    /** Its MSR_KVM_PV_EOI_EN, with the word behind it. */
    public PvEoi pvEoi() {
        return pvEoi;
    }

    /** Its MSR_KVM_STEAL_TIME; whoever schedules the processor reports there. */
    public StealTime stealTime() {
        return stealTime;
    }

    KvmClock clock() {
        return clock;
    }

    int index() {
        return index;
    }

    /** MSR_KVM_POLL_CONTROL. */
    public long pollControl() {
        return pollControl;
    }

    /** WRMSR; #GP for all bits but bit 0. */
    public void writePollControl(long value) {
        if ((value & ~POLLING) != 0) {
            throw generalProtection();
        }
        pollControl = value;
    }

    // ---- kick -------------------------------------------------------------------------------------------------------

    /** KVM_HC_KICK_CPU of another processor has arrived: the present HLT ends, or the next one does at once. */
    public void kick() {
        kicked = true;
    }

    /** Whether a kick waits for the processor's HLT. */
    public boolean isKicked() {
        return kicked;
    }

    /** The processor runs again, for whatever reason: a kick is used up. */
    public void running() {
        kicked = false;
    }

    // ---- state ------------------------------------------------------------------------------------------------------

    /** INIT, as KVM has it: before that of the APIC. Poll control stays. */
    public void init() {
        clock.stop(index);
        pvEoi.reset();
        stealTime.reset();
        kicked = false;
    }

    /** System reset, before that of the APIC. */
    public void reset() {
        init();
        stealTime.restore(0, 0);
        pollControl = POLLING;
    }

    /** All state of the processor's KVM side. unreportedSteal is in nanoseconds. */
    public record State(
            int version, PvEoi.State pvEoi, long stealTime, long unreportedSteal, long pollControl, boolean kicked) {
        public static final int CURRENT_VERSION = 1;

        /** Throws IllegalArgumentException for a version that this build does not read. */
        public State {
            if (version != CURRENT_VERSION) {
                throw new IllegalArgumentException(
                        "KVM processor state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
            }
        }
    }

    /** All state, on the owner's thread; a vector that the guest may end by PV EOI is in it as offered. */
    public State save() {
        return new State(
                State.CURRENT_VERSION, pvEoi.save(), stealTime.register(), stealTime.unreported(), pollControl, kicked);
    }

    /** Behind the APIC's state and the Hyper-V side's. Writes no guest memory, delivers nothing. */
    public void restore(State state) {
        pvEoi.restore(state.pvEoi());
        stealTime.restore(state.stealTime(), state.unreportedSteal());
        pollControl = state.pollControl();
        kicked = state.kicked();
    }
}
