// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.StopReason;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.machine.exits.ExitCounters;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.machine.schedule.Inbox;
import dev.synapic.machine.schedule.VirtualTime;
import dev.synapic.machine.trace.Trace;
import dev.synapic.machine.trace.TraceEvent;

/**
 * One virtual CPU: a processor, its local APIC, its clock, and the requests that are on their way to it. Runs on the machine's one
 * thread.
 */
public final class Vcpu {
    /** The longest run without a look at the outside, in instructions. */
    private static final long LONGEST_RUN = 1_000_000;

    private final int index;
    private final Cpu cpu;
    private final LocalApic apic;
    private final VcpuClock clock;
    private final ExitAccount exits;
    private final HardwareProfile profile;
    private final ApicVirtualization virtualization;
    private final Trace trace;
    private final Inbox inbox = new Inbox();
    private final Provenance provenance = new Provenance();
    private RunState state;
    private long blockedSincePs;
    private boolean windowRequested;
    private boolean inNmi;

    Vcpu(int index, VcpuParts parts, HardwareProfile profile, ApicVirtualization virtualization, Trace trace) {
        this.index = index;
        this.cpu = parts.cpu();
        this.apic = parts.apic();
        this.clock = parts.clock();
        this.exits = parts.exits();
        this.profile = profile;
        this.virtualization = virtualization;
        this.trace = trace;
        this.state = index == 0 ? RunState.RUNNING : RunState.WAIT_FOR_SIPI;
    }

    // ---- the scheduler's side

    /** When it can next do something: now, or when something arrives that may wake it. */
    long nextPs() {
        if (state == RunState.RUNNING) {
            return clock.nowPs();
        }
        long arrival = Math.min(inbox.firstPs(), timerDeadlinePs());
        return arrival == VirtualTime.NEVER ? VirtualTime.NEVER : Math.max(arrival, blockedSincePs);
    }

    /** Runs until limitPs or until something happened that may change who comes next. False: triple fault. */
    boolean run(long limitPs) {
        if (state != RunState.RUNNING) {
            wake();
            return true;
        }
        while (clock.nowPs() < limitPs) {
            takeArrivals();
            takeEvents();
            if (state != RunState.RUNNING || clock.nowPs() >= limitPs) {
                return true;
            }
            takeInterrupt();
            StopReason reason = cpu.run(budget(limitPs));
            switch (reason) {
                case BUDGET -> {}
                case INTERRUPT_WINDOW -> openWindow();
                case HALT -> {
                    halt();
                    return true;
                }
                case REQUESTED -> {
                    return true;
                }
                case SHUTDOWN -> {
                    return false;
                }
            }
        }
        return true;
    }

    /** A request is on its way: it takes effect at ps. */
    void expect(long ps, int request, int sender, long senderRip) {
        inbox.add(ps, request, sender, senderRip);
    }

    /** Whether it blocks at that time, so that a request must wake it. */
    boolean blockedAt(long ps) {
        return state != RunState.RUNNING && blockedSincePs <= ps && inbox.firstPs() >= ps;
    }

    /** Whether it executes the guest at that time, so that a request must be notified to it. */
    boolean inGuestAt(long ps) {
        return state == RunState.RUNNING && !exits.outsideAt(ps);
    }

    // ---- what others see

    public int index() {
        return index;
    }

    public Cpu cpu() {
        return cpu;
    }

    public LocalApic apic() {
        return apic;
    }

    public RunState state() {
        return state;
    }

    /** Its local time, in picoseconds since power-on. */
    public long nowPs() {
        return clock.nowPs();
    }

    public ExitCounters exitCounters() {
        return exits.counters();
    }

    /** Who sent the vectors that are pending. */
    public Provenance provenance() {
        return provenance;
    }

    VcpuClock clock() {
        return clock;
    }

    ExitAccount exits() {
        return exits;
    }

    // ---- a step

    private long budget(long limitPs) {
        long until = Math.min(limitPs, Math.min(inbox.firstPs(), timerDeadlinePs()));
        long ps = until - clock.nowPs();
        long instructions = ps / profile.instructionPs() + 1;
        return Math.clamp(instructions, 1, LONGEST_RUN);
    }

    private long timerDeadlinePs() {
        return VirtualTime.psOfNanos(apic.timerDeadlineNanos());
    }

    /** Takes in what has arrived by now. Without APICv a running processor must be kicked out of the guest to see it. */
    private void takeArrivals() {
        long now = clock.nowPs();
        ExitReason kick = null;
        while (inbox.firstPs() <= now) {
            if (state == RunState.RUNNING && inbox.firstPs() >= exits.enteredPs() && inbox.firstSender() != index) {
                kick = ExitReason.EXTERNAL_INTERRUPT;
            }
            provenance.note(inbox);
            apic.arrive(inbox.firstRequest());
            inbox.removeFirst();
        }
        if (timerDeadlinePs() <= now) {
            apic.expireTimer();
            kick = kick == null && state == RunState.RUNNING ? ExitReason.PREEMPTION_TIMER : kick;
        }
        if (kick != null && (kick == ExitReason.PREEMPTION_TIMER || !virtualization.active() || apic.hasEvents())) {
            exits.begin(kick, 0);
            exits.end();
        }
    }

    /** INIT, SIPI and NMI (SDM vol. 3A, 12.4.7 and 10.4.4). */
    private void takeEvents() {
        if (inNmi && !cpu.nmiBlocked()) {
            inNmi = false;
            apic.unblockNmi();
        }
        if (!apic.hasEvents()) {
            return;
        }
        if (apic.takeInit()) {
            cpu.init();
            apic.init();
            windowRequested = false;
            state = index == 0 ? RunState.RUNNING : RunState.WAIT_FOR_SIPI;
            blockedSincePs = clock.nowPs();
        }
        if (state == RunState.WAIT_FOR_SIPI) {
            int vector = apic.takeSipi();
            if (vector == LocalApic.NO_VECTOR) {
                return;
            }
            cpu.startup(vector);
            state = RunState.RUNNING;
            trace.record(TraceEvent.VCPU_START, index, clock.nowPs(), vector, 0);
        }
        if (cpu.takesNmi() && apic.takeNmi()) {
            inNmi = true;
            state = RunState.RUNNING;
            trace.record(TraceEvent.KVM_INJ_NMI, index, clock.nowPs(), 0, 0);
            cpu.injectNmi();
        }
    }

    private void takeInterrupt() {
        int vector = apic.pendingVector();
        if (vector == LocalApic.NO_VECTOR) {
            cpu.setInterruptPending(false);
        } else if (cpu.interruptible()) {
            apic.acknowledge(vector);
            cpu.setInterruptPending(false);
            cpu.injectInterrupt(vector);
        } else {
            cpu.setInterruptPending(true);
            windowRequested = true;
        }
    }

    /** Without APICv the hypervisor asked for an exit at the first moment at which the guest takes interrupts. */
    private void openWindow() {
        if (windowRequested && !virtualization.active()) {
            exits.begin(ExitReason.PENDING_INTERRUPT, 0);
            exits.end();
        }
        windowRequested = false;
    }

    private void halt() {
        exits.begin(ExitReason.HLT, cpu.rip);
        state = RunState.HALTED;
        blockedSincePs = clock.nowPs();
    }

    /** Something arrived while it was blocked: it enters the guest again, unless that does not wake it. */
    private void wake() {
        long arrivedPs = Math.min(inbox.firstPs(), timerDeadlinePs());
        clock.advanceTo(Math.max(arrivedPs, blockedSincePs));
        takeArrivals();
        if (!wakes()) {
            return;
        }
        if (arrivedPs > blockedSincePs) {
            clock.advance(profile.wakeUpPs());
        }
        if (exits.isOpen()) {
            state = RunState.RUNNING;
            exits.end();
        } else {
            clock.advance(profile.entryPs());
            takeEvents();
        }
    }

    private boolean wakes() {
        if (state == RunState.WAIT_FOR_SIPI) {
            return apic.hasEvents();
        }
        return apic.hasEvents() || apic.pendingVector() != LocalApic.NO_VECTOR && cpu.interruptible();
    }
}
