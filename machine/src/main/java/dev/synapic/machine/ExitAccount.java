// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.machine.exits.ExitCounters;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.machine.trace.Trace;
import dev.synapic.machine.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/** Keeps the exits of one virtual CPU: each is counted, traced and charged when it begins and when the guest is entered again. */
final class ExitAccount {
    private final int vcpu;
    private final VcpuClock clock;
    private final HardwareProfile profile;
    private final Trace trace;
    private final ExitCounters counters = new ExitCounters();
    private @Nullable ExitReason open;
    private long beganPs;
    private long enteredPs;

    ExitAccount(int vcpu, VcpuClock clock, HardwareProfile profile, Trace trace) {
        this.vcpu = vcpu;
        this.clock = clock;
        this.profile = profile;
        this.trace = trace;
    }

    /** The processor leaves the guest. detail is the MSR, port, address or hypercall that made it. */
    void begin(ExitReason reason, long detail) {
        if (open != null) {
            throw new IllegalStateException("exit " + reason + " within exit " + open + " on vcpu " + vcpu);
        }
        open = reason;
        beganPs = clock.nowPs();
        counters.count(reason);
        trace.record(TraceEvent.KVM_EXIT, vcpu, beganPs, reason.ordinal(), detail);
        clock.advance(profile.exitToHostPs());
    }

    /** The processor enters the guest again. */
    void end() {
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
