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

    /** model is that of this virtual CPU. */
    GuestHypercalls(int vcpu, VcpuContext context, InterruptFabric fabric, CpuModel model, Trace trace) {
        this.vcpu = vcpu;
        this.context = context;
        this.fabric = fabric;
        this.kvm = fabric.kvmHypercalls(vcpu);
        this.hasHyperv = model.hasFace(CpuFeature.Face.HYPERV);
        this.hasKvm = model.hasFace(CpuFeature.Face.KVM);
        this.trace = trace;
    }

    @Override
    public boolean hypercall(Cpu cpu) {
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
    private boolean hypervCall(Cpu cpu) {
        if (cpu.cpl() != 0 || cpu.inRealMode()) {
            return false;
        }
        return fabric.hvHypercalls().call(new Registers(cpu), cpu.in64BitMode());
    }

    private boolean kvmCall(Cpu cpu) {
        if (!hasKvm) {
            return false;
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
        return true;
    }

    private record Registers(Cpu cpu) implements HypercallRegisters {
        @Override
        public long get(int register) {
            return cpu.gpr[register];
        }

        @Override
        public void set(int register, long value) {
            cpu.gpr[register] = value;
        }

        /** The processor has none yet; hence CPUID does not offer fast input by them. */
        @Override
        public @Nullable XmmRegisters xmm() {
            return null;
        }
    }
}
