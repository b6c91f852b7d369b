// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.machine.trace.TraceSink;
import dev.synapic.spec.kvm.KvmHypercall;

/**
 * Counts the exits that Linux takes on CPU 0 to send IPIs: ICR writes by what they are for, and the hypercalls of KVM or Hyper-V that send. The
 * vectors are those of arch/x86/include/asm/irq_vectors.h.
 */
final class LinuxSends implements TraceSink {
    static final int CALL_FUNCTION_VECTOR = 0xFC;
    static final int CALL_FUNCTION_SINGLE_VECTOR = 0xFB;

    private static final int SENDER = 0;
    private static final int VECTOR = 0xFF;
    private static final int HV_CALL_CODE = 0xFFFF;
    private static final int HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI = 0x0B;
    private static final int HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI_EX = 0x15;
    private static final ExitReason[] REASONS = ExitReason.values();

    private final boolean hyperv;
    private final SendingExits all = new SendingExits();
    private boolean writesIcr;
    private long toMany;
    private long toOne;
    private long other;
    private long hypercalls;

    LinuxSends(boolean hyperv) {
        this.hyperv = hyperv;
    }

    /**
     * Exits so far.
     *
     * @param toMany ICR writes that ask CPUs to call a function
     * @param toOne ICR writes that ask one CPU to
     * @param other further ICR accesses, for instance to make a CPU look at its run queue
     * @param hypercalls that send IPIs; what they are for is not told apart
     */
    record Counts(long toMany, long toOne, long other, long hypercalls) {
        Counts since(Counts begin) {
            return new Counts(
                    toMany - begin.toMany, toOne - begin.toOne, other - begin.other, hypercalls - begin.hypercalls);
        }
    }

    @Override
    public void event(TraceEvent event, int vcpu, long ps, long a, long b) {
        if (vcpu != SENDER) {
            return;
        }
        switch (event) {
            case KVM_EXIT -> exit(REASONS[(int) a], b);
            case KVM_APIC_IPI -> sent((int) a & VECTOR);
            case KVM_ENTRY -> entry();
            default -> {}
        }
        all.event(event, vcpu, ps, a, b);
    }

    private void exit(ExitReason reason, long detail) {
        writesIcr = reason != ExitReason.VMCALL && SendingExits.sends(reason, detail);
        if (reason == ExitReason.VMCALL && sendsIpis(detail)) {
            hypercalls++;
        }
    }

    /** Linux also calls to wake a CPU that waits for a lock, to yield and to flush TLBs. */
    private boolean sendsIpis(long call) {
        if (!hyperv) {
            return call == KvmHypercall.KVM_HC_SEND_IPI;
        }
        long code = call & HV_CALL_CODE;
        return code == HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI || code == HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI_EX;
    }

    private void sent(int vector) {
        if (!writesIcr) {
            return;
        }
        writesIcr = false;
        switch (vector) {
            case CALL_FUNCTION_VECTOR -> toMany++;
            case CALL_FUNCTION_SINGLE_VECTOR -> toOne++;
            default -> other++;
        }
    }

    /** An access that sent nothing, as of the ICR's high half in xAPIC mode. */
    private void entry() {
        if (writesIcr) {
            writesIcr = false;
            other++;
        }
    }

    SendingExits all() {
        return all;
    }

    Counts counts() {
        return new Counts(toMany, toOne, other, hypercalls);
    }
}
