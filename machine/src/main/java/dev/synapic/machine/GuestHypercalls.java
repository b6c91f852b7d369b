// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.HypercallPort;
import dev.synapic.interrupts.hyperv.HypercallRegisters;
import dev.synapic.interrupts.hyperv.XmmRegisters;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.trace.Trace;
import dev.synapic.machine.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/**
 * VMCALL and VMMCALL of one virtual CPU. A guest that has announced itself to Hyper-V's interface speaks that one; any other speaks
 * KVM's. (KVM decides in the same order; the two faces exclude each other by what the guest does, not by configuration.)
 */
final class GuestHypercalls implements HypercallPort {
    private final int vcpu;
    private final VcpuContext context;
    private final InterruptFabric fabric;
    private final CpuModel model;
    private final boolean hasHyperv;
    private final Trace trace;

    GuestHypercalls(int vcpu, VcpuContext context, InterruptFabric fabric, CpuModel model, Trace trace) {
        this.vcpu = vcpu;
        this.context = context;
        this.fabric = fabric;
        this.model = model;
        this.hasHyperv = model.hasFace(CpuFeature.Face.HYPERV);
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
        if (!model.hasFace(CpuFeature.Face.KVM)) {
            return false;
        }
        long[] gpr = cpu.gpr;
        long number = gpr[HypercallRegisters.RAX];
        long result = fabric.kvmHypercalls()
                .call(
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
