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
    private static final ExitReason[] REASONS = ExitReason.values();

    private final SendingExits all = new SendingExits();
    private final boolean hyperv;
    private boolean writesIcr;
    private long icrToMany;
    private long icrToOne;
    private long callsToMany;
    private long callsToOne;
    private long other;

    /** hyperv tells whose hypercalls the guest makes. */
    LinuxSends(boolean hyperv) {
        this.hyperv = hyperv;
    }

    /**
     * Exits so far.
     *
     * @param icrToMany ICR writes that ask CPUs to call a function
     * @param icrToOne ICR writes that ask one CPU to
     * @param callsToMany hypercalls that ask CPUs to call a function
     * @param callsToOne hypercalls that ask one CPU to
     * @param other further ICR accesses and hypercalls that send, for instance to make a CPU look at its run queue
     */
    record Counts(long icrToMany, long icrToOne, long callsToMany, long callsToOne, long other) {
        long all() {
            return icrToMany + icrToOne + callsToMany + callsToOne + other;
        }

        Counts since(Counts begin) {
            return new Counts(
                    icrToMany - begin.icrToMany,
                    icrToOne - begin.icrToOne,
                    callsToMany - begin.callsToMany,
                    callsToOne - begin.callsToOne,
                    other - begin.other);
        }
    }

    @Override
    public void event(TraceEvent event, int vcpu, long ps, long a, long b) {
        if (vcpu != SENDER) {
            return;
        }
        switch (event) {
            case KVM_EXIT -> exit(REASONS[(int) a], b);
            case KVM_APIC_IPI -> written((int) a & VECTOR);
            case KVM_HV_SEND_IPI, KVM_HV_SEND_IPI_EX -> called((int) a & VECTOR);
            case KVM_ENTRY -> entry();
            default -> {}
        }
        all.event(event, vcpu, ps, a, b);
    }

    private void exit(ExitReason reason, long detail) {
        writesIcr = reason != ExitReason.VMCALL && SendingExits.sends(reason, detail);
        if (reason == ExitReason.VMCALL && !hyperv && detail == KvmHypercall.KVM_HC_SEND_IPI) {
            // The hypercall takes the place of what sends to a mask, and only calls of functions go to one
            // (kvm_setup_pv_ipi).
            called(CALL_FUNCTION_VECTOR);
        }
    }

    private void called(int vector) {
        switch (vector) {
            case CALL_FUNCTION_VECTOR -> callsToMany++;
            case CALL_FUNCTION_SINGLE_VECTOR -> callsToOne++;
            default -> other++;
        }
    }

    private void written(int vector) {
        if (!writesIcr) {
            return;
        }
        writesIcr = false;
        switch (vector) {
            case CALL_FUNCTION_VECTOR -> icrToMany++;
            case CALL_FUNCTION_SINGLE_VECTOR -> icrToOne++;
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
        return new Counts(icrToMany, icrToOne, callsToMany, callsToOne, other);
    }
}
