// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.kvm.KvmMsr;
import dev.synapic.spec.kvm.PvclockVcpuTimeInfo;
import dev.synapic.spec.kvm.PvclockWallClock;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;

/**
 * kvmclock: the time since power-on, which each processor computes from its TSC by a structure in guest memory, and the
 * calendar's time at power-on.
 *
 * <ul>
 *   <li>Models: SYSTEM_TIME and WALL_CLOCK in both forms, the version protocol, scale and shift, the flag TSC_STABLE.
 *   <li>Spec: Linux, Documentation/virt/kvm/x86/msr.rst.
 *   <li>Not modelled: periodic updates, which nothing here would change; the flag GUEST_STOPPED is never set, and what
 *       the guest has of it is kept.
 *   <li>Threading: any thread.
 * </ul>
 *
 * <p>All structures describe one and the same function of the machine's TSC, counted from its start: tsc_timestamp is
 * what the guest has added to that processor's TSC, system_time is 0. Hence readings of different processors can never
 * run backwards, not even by a rounding, and a structure changes only when the guest moves a TSC. A structure serves
 * other processors, which is what guests conclude from TSC_STABLE, while all TSCs are in step; the flag says so.
 */
public final class KvmClock {
    private final GuestMemory memory;
    private final TscScale scale;
    private final long bootSeconds;
    private final KvmClockListener listener;
    private final long[] systemTimes;
    private final long[] tscOffsets;
    private boolean inStep = true;
    private long wallClock;

    /** bootSeconds is the calendar's time at power-on, in seconds since 1970. */
    public KvmClock(GuestMemory memory, long tscHz, long bootSeconds, int processors, KvmClockListener listener) {
        this.memory = memory;
        this.scale = TscScale.of(tscHz);
        this.bootSeconds = bootSeconds;
        this.listener = listener;
        this.systemTimes = new long[processors];
        this.tscOffsets = new long[processors];
    }

    /** kvmclock in nanoseconds when the machine's TSC, without what guests have added, stands at machineTsc. */
    public long at(long machineTsc) {
        return scale.nanos(machineTsc);
    }

    /** The calendar's time at power-on, in seconds since 1970. */
    public long bootSeconds() {
        return bootSeconds;
    }

    /** What the guest has added to a processor's TSC. */
    public synchronized long tscOffset(int processor) {
        return tscOffsets[processor];
    }

    // ---- system time ------------------------------------------------------------------------------------------------

    /** SYSTEM_TIME of a processor as it was written, in whichever form. */
    public synchronized long systemTime(int processor) {
        return systemTimes[processor];
    }

    /** WRMSR. A place that is not RAM is stored and inert, as in KVM. */
    public synchronized void writeSystemTime(int processor, long value) {
        systemTimes[processor] = value;
        publish(processor);
    }

    /** A guest has made offset what it adds to a processor's TSC. inStep: all processors add the same. */
    public synchronized void tscMoved(int processor, boolean allInStep, long offset) {
        tscOffsets[processor] = offset;
        boolean flagChanges = inStep != allInStep;
        inStep = allInStep;
        for (int i = 0; i < systemTimes.length; i++) {
            if (flagChanges || i == processor) {
                publish(i);
            }
        }
    }

    private void publish(int processor) {
        long gpa = systemTimes[processor] & ~KvmMsr.ENABLED;
        if ((systemTimes[processor] & KvmMsr.ENABLED) == 0 || !memory.contains(gpa, PvclockVcpuTimeInfo.SIZE)) {
            return;
        }
        int version = memory.getInt(gpa + PvclockVcpuTimeInfo.VERSION_OFFSET) + 1 | 1;
        int kept = memory.getByte(gpa + PvclockVcpuTimeInfo.FLAGS_OFFSET) & PvclockVcpuTimeInfo.PVCLOCK_GUEST_STOPPED;
        int flags = kept | (inStep ? PvclockVcpuTimeInfo.PVCLOCK_TSC_STABLE_BIT : 0);
        memory.putInt(gpa + PvclockVcpuTimeInfo.VERSION_OFFSET, version);
        VarHandle.fullFence();
        memory.putLong(gpa + PvclockVcpuTimeInfo.TSC_TIMESTAMP_OFFSET, tscOffsets[processor]);
        memory.putLong(gpa + PvclockVcpuTimeInfo.SYSTEM_TIME_OFFSET, 0);
        memory.putInt(gpa + PvclockVcpuTimeInfo.TSC_TO_SYSTEM_MUL_OFFSET, scale.multiplier());
        memory.putByte(gpa + PvclockVcpuTimeInfo.TSC_SHIFT_OFFSET, (byte) scale.shift());
        memory.putByte(gpa + PvclockVcpuTimeInfo.FLAGS_OFFSET, (byte) flags);
        VarHandle.fullFence();
        memory.putInt(gpa + PvclockVcpuTimeInfo.VERSION_OFFSET, version + 1);
        listener.updated(processor, version + 1, tscOffsets[processor], flags);
    }

    /** INIT or reset of a processor: its structure is not written any more. */
    public synchronized void stop(int processor) {
        systemTimes[processor] = 0;
    }

    // ---- wall clock -------------------------------------------------------------------------------------------------

    /** WALL_CLOCK as any processor wrote it, in whichever form. */
    public synchronized long wallClock() {
        return wallClock;
    }

    /** WRMSR: writes the structure there, once. 0 and a place that is not RAM do nothing. */
    public synchronized void writeWallClock(long gpa) {
        wallClock = gpa;
        if (gpa == 0 || !memory.contains(gpa, PvclockWallClock.SIZE)) {
            return;
        }
        int version = memory.getInt(gpa + PvclockWallClock.VERSION_OFFSET) + 1 | 1;
        memory.putInt(gpa + PvclockWallClock.VERSION_OFFSET, version);
        VarHandle.fullFence();
        memory.putInt(gpa + PvclockWallClock.SEC_OFFSET, (int) bootSeconds);
        memory.putInt(gpa + PvclockWallClock.NSEC_OFFSET, 0);
        VarHandle.fullFence();
        memory.putInt(gpa + PvclockWallClock.VERSION_OFFSET, version + 1);
    }

    // ---- state ------------------------------------------------------------------------------------------------------

    /** System reset, which puts the TSCs in step: the registers go, the time goes on. */
    public synchronized void reset() {
        Arrays.fill(systemTimes, 0);
        Arrays.fill(tscOffsets, 0);
        inStep = true;
        wallClock = 0;
    }

    /** systemTimes and tscOffsets have an element for each processor. */
    public record State(int version, long wallClock, boolean inStep, List<Long> systemTimes, List<Long> tscOffsets) {
        public static final int CURRENT_VERSION = 1;

        /** Throws IllegalArgumentException for a version that this build does not read. */
        public State {
            if (version != CURRENT_VERSION) {
                throw new IllegalArgumentException(
                        "kvmclock state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
            }
            systemTimes = List.copyOf(systemTimes);
            tscOffsets = List.copyOf(tscOffsets);
        }
    }

    /** The registers and TSC offsets; the structures are guest memory and travel with it. */
    public synchronized State save() {
        return new State(State.CURRENT_VERSION, wallClock, inStep, boxed(systemTimes), boxed(tscOffsets));
    }

    /** Writes no guest memory: the structures travel with it. Throws IllegalArgumentException for other processors' state. */
    public synchronized void restore(State state) {
        if (state.systemTimes().size() != systemTimes.length
                || state.tscOffsets().size() != tscOffsets.length) {
            throw new IllegalArgumentException("the kvmclock state is of %d and %d processors, this clock of %d"
                    .formatted(state.systemTimes().size(), state.tscOffsets().size(), systemTimes.length));
        }
        wallClock = state.wallClock();
        inStep = state.inStep();
        for (int i = 0; i < systemTimes.length; i++) {
            systemTimes[i] = state.systemTimes().get(i);
            tscOffsets[i] = state.tscOffsets().get(i);
        }
    }

    private static List<Long> boxed(long[] values) {
        return Arrays.stream(values).boxed().toList();
    }
}
