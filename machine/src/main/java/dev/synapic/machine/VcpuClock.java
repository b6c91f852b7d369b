// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.machine.schedule.VirtualTime;

/** The local clock of one virtual CPU: executed instructions times their cost, and all that was charged beside them. */
final class VcpuClock implements ApicClock {
    private final Cpu cpu;
    private final long instructionPs;
    private final long tscKhz;
    private long chargedPs;
    private long idlePs;
    private long tscOffset;
    /** The latest question of {@link #nanosAtMachineTsc} and its answer: a deadline is asked for again and again. */
    private long askedTicks;

    private long answeredNanos;

    VcpuClock(Cpu cpu, HardwareProfile profile) {
        this.cpu = cpu;
        this.instructionPs = profile.instructionPs();
        this.tscKhz = profile.tscKhz();
    }

    /** Picoseconds since power-on. */
    long nowPs() {
        return chargedPs + cpu.executedInstructions() * instructionPs;
    }

    void advance(long ps) {
        chargedPs += ps;
    }

    /** Jumps forward to ps; stays where it is when that is past. */
    void advanceTo(long ps) {
        long jump = Math.max(0, ps - nowPs());
        chargedPs += jump;
        idlePs += jump;
    }

    /** What it did not spend waiting. */
    long busyPs() {
        return nowPs() - idlePs;
    }

    /** What IA32_TSC_ADJUST adds. */
    long tscOffset() {
        return tscOffset;
    }

    void setTscOffset(long ticks) {
        tscOffset = ticks;
    }

    long tscAt(long ps) {
        return VirtualTime.ticks(ps, tscKhz) + tscOffset;
    }

    /** The TSC without what the guest has added. */
    long machineTsc() {
        return VirtualTime.ticks(nowPs(), tscKhz);
    }

    /** The first nanosecond at which {@link #machineTsc} is at least tscTicks; {@link VirtualTime#NEVER} where never. */
    long nanosAtMachineTsc(long tscTicks) {
        if (tscTicks != askedTicks) {
            long ps = VirtualTime.psAtTicks(tscTicks, tscKhz);
            answeredNanos =
                    ps == VirtualTime.NEVER ? VirtualTime.NEVER : -Math.floorDiv(-ps, VirtualTime.PS_PER_NANOSECOND);
            askedTicks = tscTicks;
        }
        return answeredNanos;
    }

    @Override
    public long nanos() {
        return nowPs() / VirtualTime.PS_PER_NANOSECOND;
    }

    @Override
    public long tsc() {
        return tscAt(nowPs());
    }

    @Override
    public long nanosAtTsc(long tscTicks) {
        return nanosAtMachineTsc(tscTicks - tscOffset);
    }
}
