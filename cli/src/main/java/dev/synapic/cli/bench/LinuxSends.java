// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.machine.trace.TraceSink;
import dev.synapic.spec.kvm.KvmHypercall;

/** Counts the exits that Linux takes on CPU 0 to send IPIs: ICR writes, and the hypercalls of KVM or Hyper-V that do it. */
final class LinuxSends implements TraceSink {
    private static final int SENDER = 0;
    private static final int HV_CALL_CODE = 0xFFFF;
    private static final int HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI = 0x0B;
    private static final int HV_CALL_SEND_SYNTHETIC_CLUSTER_IPI_EX = 0x15;
    private static final ExitReason[] REASONS = ExitReason.values();

    private final boolean hyperv;
    private final SendingExits all = new SendingExits();
    private long icrWrites;
    private long hypercalls;

    LinuxSends(boolean hyperv) {
        this.hyperv = hyperv;
    }

    @Override
    public void event(TraceEvent event, int vcpu, long ps, long a, long b) {
        if (event != TraceEvent.KVM_EXIT || vcpu != SENDER) {
            return;
        }
        all.event(event, vcpu, ps, a, b);
        ExitReason reason = REASONS[(int) a];
        if (reason != ExitReason.VMCALL) {
            icrWrites += SendingExits.sends(reason, b) ? 1 : 0;
        } else if (sendsIpis(b)) {
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

    SendingExits all() {
        return all;
    }

    long icrWrites() {
        return icrWrites;
    }

    long hypercalls() {
        return hypercalls;
    }
}
