// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.HypercallPort.Outcome;
import dev.synapic.interrupts.apic.LazyEoi;
import dev.synapic.interrupts.hyperv.HypercallRegisters;
import dev.synapic.machine.trace.Trace;
import dev.synapic.machine.trace.TraceSink;
import org.junit.jupiter.api.Test;

/**
 * Which hypervisor's language VMCALL speaks is decided for each virtual CPU by its own model. A machine gives all its processors one
 * model; a VMM of KVM's can give each another CPUID, and KVM looks at that of the caller (Linux, kvm_hv_hypercall_enabled).
 */
class GuestHypercallsTest {
    private static final String ANNOUNCE_AND_STOP = """
        b9 00 00 00 40 ; mov ecx, HV_X64_MSR_GUEST_OS_ID
        b8 01 00 00 00 ; mov eax, 1
        31 d2          ; xor edx, edx
        0f 30          ; wrmsr
        b9 01 00 00 40 ; mov ecx, HV_X64_MSR_HYPERCALL
        b8 01 00 19 00 ; mov eax, 0x190001
        0f 30          ; wrmsr
        e6 f4          ; out 0xf4, al
        """;

    /** KVM_HC_VAPIC_POLL_IRQ, which gives 0; and a code that Hyper-V's side does not have: HV_STATUS_INVALID_HYPERCALL_CODE is 2. */
    private static final int CALL_1 = 1;

    private static final long UNTOUCHED = 0x77;

    /** What a processor whose model has only these faces finds in EAX; the guest has announced itself to Hyper-V's side. */
    private static Outcome call(Machine machine, int index, String faces) {
        Vcpu vcpu = machine.vcpus().get(index);
        Cpu cpu = vcpu.cpu();
        cpu.enterFlatProtectedMode(0x10_0000);
        cpu.gpr[HypercallRegisters.RAX] = CALL_1;
        cpu.gpr[HypercallRegisters.RDX] = 0;
        cpu.gpr[HypercallRegisters.RBX] = UNTOUCHED;
        cpu.gpr[HypercallRegisters.RCX] = 0;
        VcpuContext context = new VcpuContext();
        LazyEoi lazyEoi = new LazyEoi(vcpu.apic(), machine.memory(), vector -> true, vector -> {});
        context.tie(new VcpuParts(cpu, vcpu.apic(), lazyEoi, vcpu.hyperv(), vcpu.kvm(), vcpu.clock(), vcpu.exits()));
        return new GuestHypercalls(index, context, machine.fabric(), CpuModel.max(faces), new Trace(TraceSink.NONE))
                .hypercall(cpu);
    }

    private static long eax(Machine machine, int index) {
        return machine.vcpus().get(index).cpu().gpr[HypercallRegisters.RAX];
    }

    @Test
    void processorsOfOneMachineAreServedEachByItsOwnModel() {
        MachineConfig config = MachineConfig.standard().withVcpus(3).withCpu(CpuModel.max("all"));
        try (InterruptedGuest guest = new InterruptedGuest(ANNOUNCE_AND_STOP, config)) {
            Machine machine = guest.machine();
            guest.run();
            assertThat(machine.fabric().partition().hypercallsEnabled()).isTrue();

            assertThat(call(machine, 0, "all")).isEqualTo(Outcome.DONE);
            assertThat(eax(machine, 0)).as("both faces: Hyper-V's goes first").isEqualTo(2);
            assertThat(call(machine, 1, "kvm")).isEqualTo(Outcome.DONE);
            assertThat(eax(machine, 1)).as("KVM's face only").isZero();
            assertThat(call(machine, 2, "none")).as("no face").isEqualTo(Outcome.UNDEFINED);
            assertThat(eax(machine, 2)).isEqualTo(CALL_1);
        }
    }

    @Test
    void beforeTheGuestHasAnnouncedItselfOnlyKvmsFaceAnswers() {
        MachineConfig config = MachineConfig.standard().withVcpus(2).withCpu(CpuModel.max("all"));
        try (InterruptedGuest guest = new InterruptedGuest("e6 f4 ; out 0xf4, al", config)) {
            Machine machine = guest.machine();
            guest.run();

            assertThat(call(machine, 0, "kvm")).isEqualTo(Outcome.DONE);
            assertThat(eax(machine, 0)).isZero();
            assertThat(call(machine, 1, "none")).isEqualTo(Outcome.UNDEFINED);
        }
    }
}
