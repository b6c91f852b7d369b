// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.machine.trace.Trace;
import dev.synapic.machine.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/** Puts what happens at the APICs into the trace and the counters. */
final class FabricTrace implements ApicListener {
    private final Trace trace;
    private final InterruptCounters counters;
    private final Vcpu[] byApicId;

    FabricTrace(Trace trace, InterruptCounters counters, Vcpu[] byApicId) {
        this.trace = trace;
        this.counters = counters;
        this.byApicId = byApicId;
    }

    @Override
    public void sent(@Nullable LocalApic source, long icr, int accepted) {
        counters.sent();
        if (source != null) {
            record(TraceEvent.KVM_APIC_IPI, source, icr, accepted);
        }
    }

    @Override
    public void arrived(LocalApic target, int request, boolean coalesced) {
        counters.arrived(coalesced);
        record(TraceEvent.KVM_APIC_ACCEPT_IRQ, target, request, coalesced ? 1 : 0);
    }

    @Override
    public void acknowledged(LocalApic apic, int vector, boolean autoEoi) {
        counters.taken();
        record(TraceEvent.KVM_INJ_VIRQ, apic, vector, autoEoi ? 1 : 0);
    }

    @Override
    public void eoi(LocalApic apic, int vector) {
        counters.ended();
        record(TraceEvent.KVM_EOI, apic, vector, 0);
    }

    private void record(TraceEvent event, LocalApic apic, long a, long b) {
        Vcpu vcpu = byApicId[apic.x2ApicId()];
        trace.record(event, vcpu.index(), vcpu.nowPs(), a, b);
    }
}
