// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.trace;

import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apicv.ApicvListener;
import dev.synapic.interrupts.hyperv.HvHypercallListener;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.kvm.KvmClockListener;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.spec.hyperv.HvMsr;
import org.jspecify.annotations.Nullable;

/** Says in the words of {@link TraceEvent} what happens in an interrupt fabric: the listeners of its parts. Threading: as the fabric's. */
public final class FabricTracepoints implements ApicListener {
    /** Knows when, and in whose name, things happen. a and b are the event's arguments. */
    public interface Recorder {
        /** At an APIC. */
        void at(TraceEvent event, LocalApic apic, long a, long b);

        /** In the name of whoever acts: a processor, or a device. */
        void now(TraceEvent event, long a, long b);

        /** In the name of a processor, now. */
        void of(TraceEvent event, int processor, long a, long b);
    }

    private final Recorder recorder;

    public FabricTracepoints(Recorder recorder) {
        this.recorder = recorder;
    }

    @Override
    public void sent(@Nullable LocalApic source, long icr, int accepted) {
        recorder.now(TraceEvent.KVM_APIC_IPI, icr, accepted);
    }

    @Override
    public void arrived(LocalApic target, int request, boolean coalesced) {
        recorder.at(TraceEvent.KVM_APIC_ACCEPT_IRQ, target, request, coalesced ? 1 : 0);
    }

    @Override
    public void acknowledged(LocalApic apic, int vector, boolean autoEoi) {
        recorder.at(TraceEvent.KVM_INJ_VIRQ, apic, vector, autoEoi ? 1 : 0);
    }

    @Override
    public void eoi(LocalApic apic, int vector) {
        recorder.at(TraceEvent.KVM_EOI, apic, vector, 0);
    }

    public ApicvListener apicv() {
        return (reason, set, active) ->
                recorder.now(TraceEvent.KVM_APICV_INHIBIT_CHANGED, reason.ordinal(), set ? 1 : 0);
    }

    public IrqChipListener irqChip() {
        return new IrqChipListener() {
            @Override
            public void lineSet(int gsi, boolean level, int sourceId, int result) {
                recorder.now(TraceEvent.KVM_SET_IRQ, gsi, level ? 1 : 0);
            }

            @Override
            public void acknowledged(int gsi) {
                recorder.now(TraceEvent.KVM_ACK_IRQ, gsi, 0);
            }
        };
    }

    public SynIcListener synIc() {
        return new SynIcListener() {
            @Override
            public void pagesChanged(SynIc synIc, int msr, long control, long evtPage, long msgPage) {
                long value = switch (msr) {
                    case HvMsr.HV_X64_MSR_SCONTROL -> control;
                    case HvMsr.HV_X64_MSR_SIEFP -> evtPage;
                    case HvMsr.HV_X64_MSR_SIMP -> msgPage;
                    default -> 0;
                };
                recorder.now(TraceEvent.KVM_HV_SYNIC_SET_MSR, msr, value);
            }

            @Override
            public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
                recorder.now(TraceEvent.KVM_HV_NOTIFY_ACKED_SINT, place(synIc, sint), cause.ordinal());
            }

            @Override
            public void raised(SynIc synIc, int sint, int vector, int result) {
                recorder.now(TraceEvent.KVM_HV_SYNIC_SET_IRQ, place(synIc, sint), result);
            }
        };
    }

    private static long place(SynIc synIc, int sint) {
        return sint | (long) synIc.vpIndex() << 8;
    }

    public HvHypercallListener hypercalls() {
        return new HvHypercallListener() {
            @Override
            public void done(long control, long result) {
                recorder.now(TraceEvent.KVM_HV_HYPERCALL, control, result);
            }

            @Override
            public void ipiSent(int vector, long processorMask, int accepted) {
                recorder.now(TraceEvent.KVM_HV_SEND_IPI, vector, processorMask);
            }

            @Override
            public void ipiSentEx(int vector, long format, long validBanks, int accepted) {
                recorder.now(TraceEvent.KVM_HV_SEND_IPI_EX, vector | format << Integer.SIZE, validBanks);
            }
        };
    }

    /** A guest has ended a vector by a bit in its memory. */
    public void lazilyEnded(LocalApic apic, int vector) {
        recorder.at(TraceEvent.KVM_PV_EOI, apic, vector, 0);
    }

    public KvmClockListener kvmClock() {
        return (processor, version, tscTimestamp, flags) -> recorder.of(
                TraceEvent.KVM_PVCLOCK_UPDATE, processor, (long) version << Byte.SIZE | flags, tscTimestamp);
    }
}
