// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apicv.ApicvListener;
import dev.synapic.interrupts.hyperv.HvHypercallListener;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.kvm.KvmClockListener;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.machine.trace.FabricTracepoints;
import dev.synapic.machine.trace.Trace;
import dev.synapic.machine.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/** Puts what happens in the fabric into the trace and the counters. */
final class FabricTrace implements ApicListener {
    private static final int NO_VCPU = -1;

    private final InterruptCounters counters;
    private final Vcpu[] byApicId;
    private final FabricTracepoints tracepoints;

    FabricTrace(Trace trace, InterruptCounters counters, Vcpu[] byApicId, VcpuScheduler scheduler) {
        this.counters = counters;
        this.byApicId = byApicId;
        this.tracepoints = new FabricTracepoints(new Timed(trace, byApicId, scheduler));
    }

    @Override
    public void sent(@Nullable LocalApic source, long icr, int accepted) {
        counters.sent();
        tracepoints.sent(source, icr, accepted);
    }

    @Override
    public void arrived(LocalApic target, int request, boolean coalesced) {
        counters.arrived(coalesced);
        tracepoints.arrived(target, request, coalesced);
    }

    @Override
    public void acknowledged(LocalApic apic, int vector, boolean autoEoi) {
        counters.taken();
        byApicId[apic.x2ApicId()].vectors().taken(vector);
        tracepoints.acknowledged(apic, vector, autoEoi);
    }

    @Override
    public void eoi(LocalApic apic, int vector) {
        counters.ended();
        tracepoints.eoi(apic, vector);
    }

    ApicvListener apicv() {
        return tracepoints.apicv();
    }

    IrqChipListener irqChip() {
        return tracepoints.irqChip();
    }

    SynIcListener synIc() {
        return tracepoints.synIc();
    }

    HvHypercallListener hypercalls() {
        return tracepoints.hypercalls();
    }

    /** A guest has ended a vector by a bit in its memory. */
    void lazilyEnded(LocalApic apic, int vector) {
        tracepoints.lazilyEnded(apic, vector);
    }

    KvmClockListener kvmClock() {
        return tracepoints.kvmClock();
    }

    /** At virtual CPUs' own times, or at the instant of the one that runs. */
    private record Timed(Trace trace, Vcpu[] byApicId, VcpuScheduler scheduler) implements FabricTracepoints.Recorder {
        @Override
        public void at(TraceEvent event, LocalApic apic, long a, long b) {
            Vcpu vcpu = byApicId[apic.x2ApicId()];
            trace.record(event, vcpu.index(), vcpu.nowPs(), a, b);
        }

        @Override
        public void now(TraceEvent event, long a, long b) {
            Vcpu vcpu = scheduler.current();
            trace.record(event, vcpu == null ? NO_VCPU : vcpu.index(), scheduler.nowPs(), a, b);
        }

        @Override
        public void of(TraceEvent event, int processor, long a, long b) {
            trace.record(event, processor, scheduler.nowPs(), a, b);
        }
    }
}
