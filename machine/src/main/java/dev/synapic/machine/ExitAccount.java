// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.machine.exits.ExitCounters;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.ExitSites;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.machine.trace.Trace;
import dev.synapic.machine.trace.TraceEvent;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Keeps the exits of one virtual CPU: each is counted, traced and charged when it begins and when the guest is entered again. */
final class ExitAccount {
    private final int vcpu;
    private final Cpu cpu;
    private final VcpuClock clock;
    private final HardwareProfile profile;
    private final Trace trace;
    private final IpiTransit transit;
    private final ExitSites sites;
    private final ExitCounters counters = new ExitCounters();
    private @Nullable ExitReason open;
    private long beganPs;
    private long enteredPs;
    /** What the open exit sends: requests 0 to toSend - 1, of which the first sent ones have gone out. */
    private Vcpu[] targets = new Vcpu[16];

    private int[] requests = new int[16];
    private int toSend;
    private int sent;

    ExitAccount(
            int vcpu,
            Cpu cpu,
            VcpuClock clock,
            HardwareProfile profile,
            Trace trace,
            IpiTransit transit,
            ExitSites sites) {
        this.vcpu = vcpu;
        this.cpu = cpu;
        this.clock = clock;
        this.profile = profile;
        this.trace = trace;
        this.transit = transit;
        this.sites = sites;
    }

    /** The processor leaves the guest. detail is the MSR, port, address or hypercall that made it. */
    void begin(ExitReason reason, long detail) {
        if (open != null) {
            throw new IllegalStateException("exit " + reason + " within exit " + open + " on vcpu " + vcpu);
        }
        open = reason;
        beganPs = clock.nowPs();
        counters.count(reason);
        sites.count(reason, cpu);
        trace.record(TraceEvent.KVM_EXIT, vcpu, beganPs, reason.ordinal(), detail);
        clock.advance(profile.exitToHostPs());
    }

    /** The open exit sends a request: not before the others have come as far, since what it costs depends on its target then. */
    void send(Vcpu target, int request) {
        if (toSend == targets.length) {
            targets = Arrays.copyOf(targets, toSend * 2);
            requests = Arrays.copyOf(requests, toSend * 2);
        }
        targets[toSend] = target;
        requests[toSend++] = request;
    }

    /** Sends the next request of the open exit, and enters the guest behind the last one. */
    void sendNext(Vcpu sender) {
        transit.send(sender, targets[sent], requests[sent]);
        sent++;
        end();
    }

    /** The exit's work is done: the processor enters the guest again, or will when all that it sends has gone out. */
    void end() {
        if (sent == toSend) {
            sent = 0;
            toSend = 0;
            enter();
        }
    }

    private void enter() {
        ExitReason reason = open;
        if (reason == null) {
            throw new IllegalStateException("no exit is open on vcpu " + vcpu);
        }
        open = null;
        clock.advance(profile.entryPs());
        enteredPs = clock.nowPs();
        counters.time(reason, enteredPs - beganPs);
        trace.record(TraceEvent.KVM_ENTRY, vcpu, enteredPs, reason.ordinal(), 0);
    }

    /** Whether the processor is outside the guest. */
    boolean isOpen() {
        return open != null;
    }

    /** Whether the processor was outside the guest at that time, as far as its present or latest exit tells. */
    boolean outsideAt(long ps) {
        return ps >= beganPs && (open != null || ps < enteredPs);
    }

    /** When the guest was last entered, in picoseconds. */
    long enteredPs() {
        return enteredPs;
    }

    ExitCounters counters() {
        return counters;
    }
}
