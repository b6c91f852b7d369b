// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.HvHypercallListener;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.kvm.KvmClockListener;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.machine.trace.Trace;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.spec.hyperv.HvMsr;
import org.jspecify.annotations.Nullable;

/** Puts what happens in the fabric into the trace and the counters. */
final class FabricTrace implements ApicListener {
    private static final int NO_VCPU = -1;

    private final Trace trace;
    private final InterruptCounters counters;
    private final Vcpu[] byApicId;
    private final VcpuScheduler scheduler;

    FabricTrace(Trace trace, InterruptCounters counters, Vcpu[] byApicId, VcpuScheduler scheduler) {
        this.trace = trace;
        this.counters = counters;
        this.byApicId = byApicId;
        this.scheduler = scheduler;
    }

    @Override
    public void sent(@Nullable LocalApic source, long icr, int accepted) {
        counters.sent();
        now(TraceEvent.KVM_APIC_IPI, icr, accepted);
    }

    @Override
    public void arrived(LocalApic target, int request, boolean coalesced) {
        counters.arrived(coalesced);
        at(TraceEvent.KVM_APIC_ACCEPT_IRQ, target, request, coalesced ? 1 : 0);
    }

    @Override
    public void acknowledged(LocalApic apic, int vector, boolean autoEoi) {
        counters.taken();
        byApicId[apic.x2ApicId()].vectors().taken(vector);
        at(TraceEvent.KVM_INJ_VIRQ, apic, vector, autoEoi ? 1 : 0);
    }

    @Override
    public void eoi(LocalApic apic, int vector) {
        counters.ended();
        at(TraceEvent.KVM_EOI, apic, vector, 0);
    }

    void inhibitChanged(int reason, boolean set) {
        now(TraceEvent.KVM_APICV_INHIBIT_CHANGED, reason, set ? 1 : 0);
    }

    IrqChipListener irqChip() {
        return new IrqChipListener() {
            @Override
            public void lineSet(int gsi, boolean level, int sourceId, int result) {
                now(TraceEvent.KVM_SET_IRQ, gsi, level ? 1 : 0);
            }

            @Override
            public void acknowledged(int gsi) {
                now(TraceEvent.KVM_ACK_IRQ, gsi, 0);
            }
        };
    }

    SynIcListener synIc() {
        return new SynIcListener() {
            @Override
            public void pagesChanged(SynIc synIc, int msr, long control, long evtPage, long msgPage) {
                long value = switch (msr) {
                    case HvMsr.HV_X64_MSR_SCONTROL -> control;
                    case HvMsr.HV_X64_MSR_SIEFP -> evtPage;
                    case HvMsr.HV_X64_MSR_SIMP -> msgPage;
                    default -> 0;
                };
                now(TraceEvent.KVM_HV_SYNIC_SET_MSR, msr, value);
            }

            @Override
            public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
                now(TraceEvent.KVM_HV_NOTIFY_ACKED_SINT, sint | (long) synIc.vpIndex() << 8, cause.ordinal());
            }

            @Override
            public void raised(SynIc synIc, int sint, int vector, int result) {
                now(TraceEvent.KVM_HV_SYNIC_SET_IRQ, sint | (long) synIc.vpIndex() << 8, result);
            }
        };
    }

    HvHypercallListener hypercalls() {
        return new HvHypercallListener() {
            @Override
            public void done(long control, long result) {
                now(TraceEvent.KVM_HV_HYPERCALL, control, result);
            }

            @Override
            public void ipiSent(int vector, long processorMask, int accepted) {
                now(TraceEvent.KVM_HV_SEND_IPI, vector, processorMask);
            }

            @Override
            public void ipiSentEx(int vector, long format, long validBanks, int accepted) {
                now(TraceEvent.KVM_HV_SEND_IPI_EX, vector | format << Integer.SIZE, validBanks);
            }
        };
    }

    /** A guest has ended a vector by a bit in its memory. */
    void lazilyEnded(LocalApic apic, int vector) {
        at(TraceEvent.KVM_PV_EOI, apic, vector, 0);
    }

    KvmClockListener kvmClock() {
        return (processor, version, tscTimestamp, flags) -> trace.record(
                TraceEvent.KVM_PVCLOCK_UPDATE,
                processor,
                scheduler.nowPs(),
                (long) version << Byte.SIZE | flags,
                tscTimestamp);
    }

    private void at(TraceEvent event, LocalApic apic, long a, long b) {
        Vcpu vcpu = byApicId[apic.x2ApicId()];
        trace.record(event, vcpu.index(), vcpu.nowPs(), a, b);
    }

    /** At the instant and in the name of whoever acts: the running virtual CPU, or a device. */
    private void now(TraceEvent event, long a, long b) {
        Vcpu vcpu = scheduler.current();
        trace.record(event, vcpu == null ? NO_VCPU : vcpu.index(), scheduler.nowPs(), a, b);
    }
}
