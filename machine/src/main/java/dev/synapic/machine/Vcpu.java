// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.StopReason;
import dev.synapic.interrupts.apic.LazyEoi;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.HypervProcessor;
import dev.synapic.interrupts.kvm.KvmProcessor;
import dev.synapic.interrupts.kvm.PvKick;
import dev.synapic.interrupts.pic.PicPair;
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
    private final LazyEoi lazyEoi;
    private final HypervProcessor hyperv;
    private final KvmProcessor kvm;
    private final VcpuClock clock;
    private final ExitAccount exits;
    private final HardwareProfile profile;
    private final ApicVirtualization virtualization;
    private final PicPair pic;
    private final Trace trace;
    private final Inbox inbox = new Inbox();
    private final Provenance provenance = new Provenance();
    private final VectorCounts vectors = new VectorCounts();
    private RunState state;
    private long blockedSincePs;
    private boolean windowRequested;
    private boolean extIntAwaited;
    private boolean inNmi;
    private long extIntPs = VirtualTime.NEVER;

    Vcpu(
            int index,
            VcpuParts parts,
            HardwareProfile profile,
            ApicVirtualization virtualization,
            PicPair pic,
            Trace trace) {
        this.index = index;
        this.cpu = parts.cpu();
        this.apic = parts.apic();
        this.lazyEoi = parts.lazyEoi();
        this.hyperv = parts.hyperv();
        this.kvm = parts.kvm();
        this.clock = parts.clock();
        this.exits = parts.exits();
        this.profile = profile;
        this.virtualization = virtualization;
        this.pic = pic;
        this.trace = trace;
        this.state = index == 0 ? RunState.RUNNING : RunState.WAIT_FOR_SIPI;
    }

    // ---- the scheduler's side

    /** When it can next do something: now, or when something arrives that may wake it. */
    long nextPs() {
        if (state == RunState.RUNNING) {
            return clock.nowPs();
        }
        long arrival = arrivalPs();
        return arrival == VirtualTime.NEVER ? VirtualTime.NEVER : Math.max(arrival, blockedSincePs);
    }

    /** Runs until limitPs or until something happened that may change who comes next. False: triple fault. */
    boolean run(long limitPs) {
        if (state != RunState.RUNNING) {
            wake();
            return true;
        }
        while (clock.nowPs() < limitPs) {
            if (exits.isOpen()) {
                exits.sendNext(this);
                return true;
            }
            takeArrivals();
            takeEvents();
            if (state != RunState.RUNNING || clock.nowPs() >= limitPs) {
                return true;
            }
            takeInterrupt();
            lazyEoi.offer();
            StopReason reason = cpu.run(budget(limitPs));
            lazyEoi.collect();
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

    /** INTR of the PIC pair, which leads to LINT0. */
    void setExtInt(boolean asserted, long ps) {
        if (!asserted) {
            extIntPs = VirtualTime.NEVER;
        } else if (extIntPs == VirtualTime.NEVER) {
            extIntPs = ps;
        }
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

    /** Its Hyper-V side. */
    public HypervProcessor hyperv() {
        return hyperv;
    }

    /** Its KVM side. */
    public KvmProcessor kvm() {
        return kvm;
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

    /** Which vectors it took. */
    public VectorCounts vectors() {
        return vectors;
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

    /** When something comes that may wake it. */
    private long arrivalPs() {
        if (isKicked()) {
            return blockedSincePs;
        }
        long arrival = Math.min(inbox.firstPs(), timerDeadlinePs());
        return cpu.interruptible() && apic.acceptsExtInt() ? Math.min(arrival, extIntPs) : arrival;
    }

    /** A halted processor that was kicked wakes, also by a kick that came before the HLT. */
    private boolean isKicked() {
        return state == RunState.HALTED && kvm.isKicked();
    }

    private boolean hasExtInt() {
        return extIntPs <= clock.nowPs() && apic.acceptsExtInt();
    }

    private long timerDeadlinePs() {
        return Math.min(apicTimerPs(), syntheticTimersPs());
    }

    private long apicTimerPs() {
        return VirtualTime.psOfNanos(apic.timerDeadlineNanos());
    }

    private long syntheticTimersPs() {
        return VirtualTime.psOfNanos(hyperv.timers().nextDeadlineNanos());
    }

    /** Takes in what has arrived by now. Without APICv a running processor must be kicked out of the guest to see it. */
    private void takeArrivals() {
        long now = clock.nowPs();
        boolean expired = syntheticTimersPs() <= now;
        boolean kicked = false;
        if (expired) {
            hyperv.timers().expire();
        }
        ExitReason kick = expired && state == RunState.RUNNING ? ExitReason.EXTERNAL_INTERRUPT : null;
        while (inbox.firstPs() <= now) {
            if (state == RunState.RUNNING && inbox.firstPs() >= exits.enteredPs() && inbox.firstSender() != index) {
                kick = ExitReason.EXTERNAL_INTERRUPT;
            }
            kicked |= inbox.firstRequest() == PvKick.REQUEST;
            arrive(inbox.firstRequest());
            inbox.removeFirst();
        }
        if (apicTimerPs() <= now) {
            apic.expireTimer();
            kick = kick == null && state == RunState.RUNNING ? ExitReason.PREEMPTION_TIMER : kick;
        }
        boolean always = expired || kicked || kick == ExitReason.PREEMPTION_TIMER;
        if (kick != null && (always || !virtualization.active() || apic.hasEvents())) {
            exits.begin(kick, 0);
            exits.end();
        }
    }

    private void arrive(int request) {
        if (request == PvKick.REQUEST) {
            trace.record(TraceEvent.KVM_APIC_ACCEPT_IRQ, index, clock.nowPs(), request, kvm.isKicked() ? 1 : 0);
            kvm.kick();
        } else {
            provenance.note(inbox);
            apic.arrive(request);
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
            kvm.init();
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
            kvm.running();
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
        if (hasExtInt() && cpu.interruptible()) {
            int vector = pic.acknowledge();
            vectors.taken(vector);
            trace.record(TraceEvent.KVM_INJ_VIRQ, index, clock.nowPs(), vector, 0);
            cpu.setInterruptPending(false);
            cpu.injectInterrupt(vector);
            awaitExtInt(false);
            return;
        }
        int vector = apic.pendingVector();
        if (vector == LocalApic.NO_VECTOR && !hasExtInt()) {
            cpu.setInterruptPending(false);
        } else if (cpu.interruptible()) {
            apic.acknowledge(vector);
            cpu.injectInterrupt(vector);
            // One that ended itself leaves the next one deliverable, and no EOI will come to tell.
            boolean more = apic.pendingVector() != LocalApic.NO_VECTOR;
            cpu.setInterruptPending(more);
            windowRequested |= more;
        } else {
            cpu.setInterruptPending(true);
            windowRequested = true;
            awaitExtInt(hasExtInt());
        }
    }

    private void awaitExtInt(boolean awaited) {
        if (awaited != extIntAwaited) {
            extIntAwaited = awaited;
            virtualization.awaitWindow(awaited);
        }
    }

    /**
     * The hypervisor asked for an exit at the first moment at which the guest takes interrupts: without APICv for any, with it for those of
     * the 8259, which only software delivers (SDM vol. 3C, 30.2.1).
     */
    private void openWindow() {
        if (windowRequested && (extIntAwaited || !virtualization.active())) {
            exits.begin(ExitReason.PENDING_INTERRUPT, 0);
            exits.end();
        }
        windowRequested = false;
        awaitExtInt(false);
    }

    private void halt() {
        exits.begin(ExitReason.HLT, cpu.rip);
        state = RunState.HALTED;
        blockedSincePs = clock.nowPs();
    }

    /** Something arrived while it was blocked: it enters the guest again, unless that does not wake it. */
    private void wake() {
        long arrivedPs = arrivalPs();
        clock.advanceTo(Math.max(arrivedPs, blockedSincePs));
        takeArrivals();
        if (!wakes()) {
            return;
        }
        if (arrivedPs > blockedSincePs) {
            clock.advance(profile.wakeUpPs());
        }
        if (exits.isOpen()) {
            if (isKicked()) {
                cpu.endHalt();
            }
            state = RunState.RUNNING;
            kvm.running();
            reportStolen(arrivedPs > blockedSincePs ? profile.wakeUpPs() : 0);
            exits.end();
        } else {
            clock.advance(profile.entryPs());
            takeEvents();
        }
    }

    /** From the request that wakes it to running again it is ready and does not run. */
    private void reportStolen(long ps) {
        if (ps != 0) {
            kvm.stealTime().stolen(ps / VirtualTime.PS_PER_NANOSECOND);
            kvm.stealTime().update();
        }
    }

    private boolean wakes() {
        if (state == RunState.WAIT_FOR_SIPI) {
            return apic.hasEvents();
        }
        boolean interrupt = (apic.pendingVector() != LocalApic.NO_VECTOR || hasExtInt()) && cpu.interruptible();
        return interrupt || apic.hasEvents() || isKicked();
    }
}
