// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.HypercallPort;
import dev.synapic.interrupts.hyperv.HypercallRegisters;
import dev.synapic.interrupts.hyperv.XmmRegisters;
import dev.synapic.interrupts.kvm.KvmHypercalls;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.trace.Trace;
import dev.synapic.machine.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/**
 * VMCALL and VMMCALL of one virtual CPU. It speaks Hyper-V's language where its CPU model offers that and the guest has announced
 * itself there; otherwise KVM's, where its model offers it. (KVM decides in the same order: by the CPUID of the virtual CPU and the
 * guest's identity, which all share.)
 */
final class GuestHypercalls implements HypercallPort {
    private final int vcpu;
    private final VcpuContext context;
    private final InterruptFabric fabric;
    private final KvmHypercalls kvm;
    private final boolean hasHyperv;
    private final boolean hasKvm;
    private final Trace trace;
    private final HypercallRegisters caller;

    /** model is that of this virtual CPU. */
    GuestHypercalls(int vcpu, VcpuContext context, InterruptFabric fabric, CpuModel model, Trace trace) {
        this.vcpu = vcpu;
        this.context = context;
        this.fabric = fabric;
        this.kvm = fabric.kvmHypercalls(vcpu);
        this.hasHyperv = model.hasFace(CpuFeature.Face.HYPERV);
        this.hasKvm = model.hasFace(CpuFeature.Face.KVM);
        this.trace = trace;
        this.caller = new CallerRegisters(context, model.has(CpuFeature.SSE) ? new CallerXmm(context) : null);
    }

    @Override
    public Outcome hypercall(Cpu cpu) {
        boolean hyperv = hasHyperv && fabric.partition().hypercallsEnabled();
        context.exits()
                .begin(ExitReason.VMCALL, hyperv ? cpu.gpr[HypercallRegisters.RCX] : cpu.gpr[HypercallRegisters.RAX]);
        try {
            return hyperv ? hypervCall(cpu) : kvmCall(cpu);
        } finally {
            context.exits().end();
            cpu.requestStop();
        }
    }

    /** TLFS 3.4: #UD outside ring 0 and in real mode. */
    private Outcome hypervCall(Cpu cpu) {
        if (cpu.cpl() != 0 || cpu.inRealMode()) {
            return Outcome.UNDEFINED;
        }
        return switch (fabric.hvHypercalls().call(caller, cpu.in64BitMode())) {
            case DONE -> Outcome.DONE;
            case AGAIN -> Outcome.AGAIN;
            case UNDEFINED -> Outcome.UNDEFINED;
        };
    }

    private Outcome kvmCall(Cpu cpu) {
        if (!hasKvm) {
            return Outcome.UNDEFINED;
        }
        long[] gpr = cpu.gpr;
        long number = gpr[HypercallRegisters.RAX];
        long result = kvm.call(
                cpu.in64BitMode(),
                cpu.cpl(),
                number,
                gpr[HypercallRegisters.RBX],
                gpr[HypercallRegisters.RCX],
                gpr[HypercallRegisters.RDX],
                gpr[HypercallRegisters.RSI]);
        gpr[HypercallRegisters.RAX] = result;
        trace.record(TraceEvent.KVM_HYPERCALL, vcpu, context.clock().nowPs(), number, result);
        return Outcome.DONE;
    }

    private record CallerRegisters(
            VcpuContext context, @Nullable XmmRegisters xmm) implements HypercallRegisters {
        @Override
        public long get(int register) {
            return context.cpu().gpr[register];
        }

        @Override
        public void set(int register, long value) {
            context.cpu().gpr[register] = value;
        }
    }

    /** There whatever CR4.OSFXSR says: that is between the guest's kernel and its programs. */
    private record CallerXmm(VcpuContext context) implements XmmRegisters {
        @Override
        public long get(int word) {
            return context.cpu().xmmWord(word);
        }

        @Override
        public void set(int word, long value) {
            context.cpu().setXmmWord(word, value);
        }
    }
}
