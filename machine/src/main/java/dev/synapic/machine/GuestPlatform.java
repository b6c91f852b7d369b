// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.PlatformPort;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.machine.schedule.VirtualTime;
import dev.synapic.machine.trace.UnknownInstructions;

/** CPUID, RDTSC, RDRAND, PAUSE and CR8 of one virtual CPU. */
final class GuestPlatform implements PlatformPort {
    /** About what a serializing move to a control register, and one to or from CR8, take on recent processors. */
    private static final long SERIALIZING_CYCLES = 200, TASK_PRIORITY_CYCLES = 20;

    private static final long NEVER_PAUSED = Long.MIN_VALUE / 2;

    private final VcpuContext context;
    private final CpuidTable cpuid;
    private final TimeReading time;
    private final UnknownInstructions unknown;
    private final HardwareProfile profile;
    private final GuestRandom random;
    private long spinSincePs = NEVER_PAUSED;
    private long lastPausePs = NEVER_PAUSED;

    GuestPlatform(
            VcpuContext context,
            CpuidTable cpuid,
            TimeReading time,
            UnknownInstructions unknown,
            HardwareProfile profile,
            GuestRandom random) {
        this.context = context;
        this.cpuid = cpuid;
        this.time = time;
        this.unknown = unknown;
        this.profile = profile;
        this.random = random;
    }

    @Override
    public void cpuid(int leaf, int subleaf, int[] result) {
        ExitAccount exits = context.exits();
        exits.begin(ExitReason.CPUID, leaf & 0xFFFF_FFFFL);
        cpuid.read(leaf, subleaf, context.apic(), result);
        exits.end();
        context.cpu().requestStop();
    }

    @Override
    public void identify(int leaf, int subleaf, int[] result) {
        cpuid.read(leaf, subleaf, context.apic(), result);
    }

    @Override
    public long readTsc() {
        VcpuClock clock = context.clock();
        long tsc = clock.tscAt(time.read(clock.nowPs()));
        clock.advance(profile.rdtscPs());
        context.cpu().charge(profile.rdtscPs() / profile.instructionPs());
        return tsc;
    }

    @Override
    public long random() {
        return random.next();
    }

    @Override
    public void pause() {
        VcpuClock clock = context.clock();
        long nowPs = clock.nowPs();
        if (nowPs - lastPausePs > profile.pleGapPs()) {
            spinSincePs = nowPs;
        }
        clock.advance(profile.pausePs());
        if (clock.nowPs() - spinSincePs > profile.pleWindowPs()) {
            context.exits().begin(ExitReason.PAUSE_INSTRUCTION, context.cpu().rip);
            context.exits().end();
            spinSincePs = clock.nowPs();
        }
        lastPausePs = clock.nowPs();
        context.cpu().requestStop();
    }

    private void takeCycles(long cycles) {
        long ps = VirtualTime.psAtTicks(cycles, profile.tscKhz());
        context.clock().advance(ps);
        context.cpu().charge(ps / profile.instructionPs());
    }

    @Override
    public void controlRegisterWritten() {
        takeCycles(SERIALIZING_CYCLES);
    }

    @Override
    public int readCr8() {
        takeCycles(TASK_PRIORITY_CYCLES);
        return context.apic().taskPriority() >> 4;
    }

    @Override
    public void writeCr8(int value) {
        takeCycles(TASK_PRIORITY_CYCLES);
        context.apic().setTaskPriority(value << 4);
        context.cpu().requestStop();
    }

    @Override
    public void undefinedInstruction(long rip, byte[] bytes, int length) {
        unknown.note(rip, bytes, length);
    }
}
