// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.Lvt;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Says in words why a machine stands still: for each virtual CPU what it does, and for each vector that is pending there who sent
 * it, when, and what blocks it.
 */
final class StateDump {
    private static final long INTERRUPT_FLAG = 1 << 9;
    private static final int MOST_ALIKE = 8;

    private final StringBuilder out = new StringBuilder();

    private StateDump() {}

    static String of(Machine machine) {
        StateDump dump = new StateDump();
        dump.line(
                "state at %.3f us of virtual time, %d vCPUs",
                machine.nowPs() / 1e6, machine.vcpus().size());
        int quiet = 0;
        for (Vcpu vcpu : machine.vcpus()) {
            if (isQuiet(vcpu) && ++quiet > MOST_ALIKE) {
                continue;
            }
            dump.vcpu(vcpu);
        }
        if (quiet > MOST_ALIKE) {
            dump.line("... and %d more vCPUs with nothing pending", quiet - MOST_ALIKE);
        }
        return dump.out.toString();
    }

    private static boolean isQuiet(Vcpu vcpu) {
        return vcpu.state() != RunState.RUNNING
                && vcpu.apic().irr().isEmpty()
                && vcpu.apic().isr().isEmpty();
    }

    private void vcpu(Vcpu vcpu) {
        LocalApic apic = vcpu.apic();
        boolean enabled = (vcpu.cpu().rflags() & INTERRUPT_FLAG) != 0;
        line(
                "vcpu %-3d apic id %-4d %-13s rip 0x%x  IF=%d TPR=0x%02x PPR=0x%02x  IRR {%s}  ISR {%s}",
                vcpu.index(),
                apic.x2ApicId(),
                vcpu.state().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                vcpu.cpu().rip,
                enabled ? 1 : 0,
                apic.taskPriority(),
                apic.processorPriority(),
                list(apic.irr()),
                list(apic.isr()));
        for (int vector : vectors(apic.irr())) {
            line(
                    "         0x%02x pending, sent %s; blocked by: %s",
                    vector, vcpu.provenance().describe(vector), blockage(vcpu, vector, enabled));
        }
        if (apic.irr().isEmpty() && vcpu.state() != RunState.RUNNING) {
            line("         nothing pending: %s", waitsFor(vcpu));
        }
    }

    private static String blockage(Vcpu vcpu, int vector, boolean enabled) {
        LocalApic apic = vcpu.apic();
        List<String> reasons = new ArrayList<>();
        if (!enabled) {
            reasons.add("IF=0 at rip 0x%x".formatted(vcpu.cpu().rip));
        }
        if (vector >> 4 <= apic.taskPriority() >> 4) {
            reasons.add("TPR class 0x%x".formatted(apic.taskPriority() >> 4));
        }
        int inService = apic.isr().highest();
        if (inService >= 0 && vector >> 4 <= inService >> 4) {
            reasons.add("ISR: vector 0x%02x is in service and was not ended (no EOI)".formatted(inService));
        }
        if (vcpu.state() == RunState.WAIT_FOR_SIPI) {
            reasons.add("the processor waits for a SIPI");
        }
        return reasons.isEmpty() ? "nothing; it is deliverable" : String.join(", ", reasons);
    }

    private static String waitsFor(Vcpu vcpu) {
        if (vcpu.state() == RunState.WAIT_FOR_SIPI) {
            return "never started (no SIPI came)";
        }
        Lvt timer = new Lvt(vcpu.apic().readRegister(ApicRegister.LVT_TIMER));
        boolean counting = vcpu.apic().readRegister(ApicRegister.INITIAL_COUNT) != 0;
        if (timer.masked() && counting) {
            return "halted; its APIC timer counts, but LVT timer is masked";
        }
        return "halted without anything that could wake it" + (timer.masked() ? " (LVT timer masked)" : "");
    }

    private static String list(VectorBitmap bitmap) {
        return String.join(
                " ", vectors(bitmap).stream().map(v -> "0x%02x".formatted(v)).toList());
    }

    private static List<Integer> vectors(VectorBitmap bitmap) {
        List<Integer> vectors = new ArrayList<>();
        for (int vector = 255; vector >= 0; vector--) {
            if (bitmap.contains(vector)) {
                vectors.add(vector);
            }
        }
        return vectors;
    }

    private void line(String format, Object... arguments) {
        out.append(format.formatted(arguments)).append('\n');
    }
}
