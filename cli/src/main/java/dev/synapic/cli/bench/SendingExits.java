// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.machine.trace.TraceSink;
import dev.synapic.spec.x86.Msr;

/** Counts the exits that the sender takes to send: ICR accesses and hypercalls, not its EOIs, pauses or I/O. */
final class SendingExits implements TraceSink {
    private static final int SENDER = 0;
    private static final int X2APIC_SELF_IPI = 0x83F;
    private static final int HV_X64_MSR_ICR = 0x4000_0071;
    private static final int ICR_LOW = 0x300;
    private static final int ICR_HIGH = 0x310;
    private static final int REGISTER_MASK = 0xFF0;
    private static final ExitReason[] REASONS = ExitReason.values();

    private long count;

    @Override
    public void event(TraceEvent event, int vcpu, long ps, long a, long b) {
        if (event == TraceEvent.KVM_EXIT && vcpu == SENDER && sends(REASONS[(int) a], b)) {
            count++;
        }
    }

    long count() {
        return count;
    }

    /** Whether an exit with that detail (MSR, offset in the APIC page) is part of sending an IPI. */
    static boolean sends(ExitReason reason, long detail) {
        return switch (reason) {
            case MSR_READ, MSR_WRITE ->
                detail == Msr.X2APIC_ICR || detail == X2APIC_SELF_IPI || detail == HV_X64_MSR_ICR;
            case APIC_ACCESS, APIC_WRITE, AVIC_UNACCELERATED_ACCESS ->
                (detail & REGISTER_MASK) == ICR_LOW || (detail & REGISTER_MASK) == ICR_HIGH;
            case VMCALL, AVIC_INCOMPLETE_IPI -> true;
            default -> false;
        };
    }
}
