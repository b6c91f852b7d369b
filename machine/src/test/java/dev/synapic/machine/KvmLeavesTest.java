// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Linux, Documentation/virt/kvm/x86/cpuid.rst; flags as QEMU names them. */
class KvmLeavesTest {
    private static final int SIGNATURE = 0x4000_0000, FEATURES = 0x4000_0001, TIMING = 0x4000_0010;

    private static int[] leaf(String cpu, String hypervisor, int leaf) {
        int[] result = new int[4];
        MachineConfig config = MachineConfig.standard().withCpu(CpuModel.parse(cpu, hypervisor));
        try (Machine machine = new Machine(config)) {
            machine.vcpus().getFirst().cpu().ports.platform().identify(leaf, 0, result);
        }
        return result;
    }

    /** Each bit is announced with its flag and not without; bit numbers as in cpuid.rst. */
    @ParameterizedTest
    @CsvSource({
        "kvmclock, 0x9, 0",
        "kvm-nopiodelay, 0x2, 0",
        "kvm-steal-time, 0x20, 0",
        "kvm-pv-eoi, 0x40, 0",
        "kvm-pv-unhalt, 0x80, 0",
        "kvm-pv-ipi, 0x800, 0",
        "kvm-poll-control, 0x1000, 0",
        "kvm-pv-sched-yield, 0x2000, 0",
        "kvm-msi-ext-dest-id, 0x8000, 0",
        "kvmclock-stable-bit, 0x1000000, 0",
        "kvm-hint-dedicated, 0, 1",
    })
    void eachFeatureIsAFlagOfItsOwn(String flag, String eax, int edx) {
        int bits = Integer.decode(eax);
        int[] with = leaf("max,+" + flag, "kvm", FEATURES);
        int[] without = leaf("max,-" + flag, "kvm", FEATURES);
        assertThat(with[0] & ~without[0]).isEqualTo(bits);
        assertThat(with[3] & ~without[3]).isEqualTo(edx);
    }

    /** No MMU_OP, asynchronous page faults, PV TLB flush, HC_MAP_GPA_RANGE or migration control; the hint only when asked for. */
    @Test
    void whatIsNotThereIsNeverAnnounced() {
        int[] all = leaf("max", "kvm", FEATURES);
        assertThat(all[0]).isEqualTo(0x0100_B8EB);
        assertThat(all).containsExactly(all[0], 0, 0, 0);
    }

    @Test
    void theFrequenciesStandInVmwaresLeaf() {
        MachineConfig config = MachineConfig.standard();
        assertThat(leaf("max", "kvm", SIGNATURE)[0]).isEqualTo(TIMING);
        assertThat(leaf("max", "kvm", TIMING))
                .as("TSC and APIC timer in kHz")
                .containsExactly((int) config.profile().tscKhz(), 1_000_000, 0, 0);
    }

    /** QEMU, kvm_arch_init_vcpu: only where KVM's leaves stand at 0x40000000. */
    @Test
    void theFrequenciesGoWithTheirFlagAndBesideHyperv() {
        assertThat(leaf("max,-vmware-cpuid-freq", "kvm", SIGNATURE)[0]).isEqualTo(FEATURES);
        assertThat(leaf("max,-vmware-cpuid-freq", "kvm", TIMING)).containsOnly(0);
        assertThat(leaf("max", "all", 0x4000_0100)[0]).isEqualTo(0x4000_0101);
        assertThat(leaf("max", "all", 0x4000_0110)).containsOnly(0);
    }

    @Test
    void switchesWithoutABitMakeNoFace() {
        CpuModel model = CpuModel.parse("max,+kvm-pv-enforce-cpuid,+vmware-cpuid-freq", "none");
        assertThat(model.hasFace(CpuFeature.Face.KVM)).isFalse();
    }
}
