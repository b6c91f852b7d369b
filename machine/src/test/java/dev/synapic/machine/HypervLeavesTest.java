// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cpu.Cpu;
import dev.synapic.interrupts.hyperv.PartitionPrivileges;
import dev.synapic.machine.exits.HardwareProfiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, "Feature and Interface Discovery"; flags as QEMU names them. */
class HypervLeavesTest {
    /** Hypercall registers; extended calls; a lock bit. */
    private static final int ALWAYS_REGISTERS = 1 << 5;

    private static final int ALWAYS_CALLS = 1 << 20;
    private static final int ALWAYS_FACILITIES = 1 << 18;

    private static PartitionPrivileges leaves(String flags, String profile) {
        CpuModel model = CpuModel.parse("max,hv-passthrough=off" + flags, "hyperv");
        return new CpuidTable(model, HardwareProfiles.load().get(profile), CpuTopology.ofCores(1)).privileges();
    }

    /** What each flag adds to EAX, EBX and EDX of leaf 0x40000003 and to EAX of leaf 0x40000004. */
    @ParameterizedTest
    @CsvSource({
        "+hv-relaxed, 0, 0, 0, 0x20",
        "+hv-vapic, 0x10, 0, 0, 0",
        "+hv-time, 0x202, 0, 0, 0",
        "+hv-crash, 0, 0, 0x400, 0",
        "+hv-reset, 0x80, 0, 0, 0",
        "+hv-vpindex, 0x40, 0, 0, 0",
        "+hv-runtime, 0x1, 0, 0, 0",
        "'+hv-vpindex,+hv-synic', 0x44, 0x30, 0x20000, 0",
        "'+hv-vpindex,+hv-synic,+hv-time,+hv-stimer', 0x24E, 0x30, 0x20000, 0",
        "'+hv-vpindex,+hv-synic,+hv-time,+hv-stimer,+hv-stimer-direct', 0x24E, 0x30, 0xA0000, 0",
        "+hv-frequencies, 0x800, 0, 0x100, 0",
        "'+hv-vpindex,+hv-tlbflush', 0x40, 0, 0, 0x804",
        "'+hv-vpindex,+hv-ipi', 0x40, 0, 0, 0xC00",
        "+hv-avic, 0, 0, 0, 0x200",
        "hv-apicv=on, 0, 0, 0, 0x200",
        "+hv-reenlightenment, 0x2000, 0, 0, 0",
        "+hv-xmm-input, 0, 0, 0x8010, 0",
        "'+hv-vpindex,+hv-tlbflush,+hv-tlbflush-ext', 0x40, 0, 0x4000, 0x804",
        "hv-no-nonarch-coresharing=on, 0, 0, 0, 0x40000",
    })
    void flagsStandInTheLeaves(String flags, String eax, String ebx, String edx, String recommended) {
        PartitionPrivileges leaves = leaves("," + flags, "skylake-apicv");

        assertThat(leaves.registers()).isEqualTo(ALWAYS_REGISTERS | Integer.decode(eax));
        assertThat(leaves.calls()).isEqualTo(ALWAYS_CALLS | Integer.decode(ebx));
        assertThat(leaves.facilities()).isEqualTo(ALWAYS_FACILITIES | Integer.decode(edx));
        assertThat(leaves.recommendations()).isEqualTo(Integer.decode(recommended));
        assertThat(leaves.spinRetries()).as("never").isEqualTo(-1);
        assertThat(leaves.enforced()).isFalse();
    }

    /** TLFS 2.4.5: attempts before HvCallNotifyLongSpinWait; KVM's number where nobody says another. */
    @ParameterizedTest
    @CsvSource({"hv-spinlocks=0x1fff, 0x1FFF", "hv_spinlocks=8191, 0x1FFF", "+hv-spinlocks, 0xFFF"})
    void spinlocksTellAfterHowManyAttempts(String flag, String retries) {
        assertThat(leaves("," + flag, "skylake-apicv").spinRetries()).isEqualTo(Integer.decode(retries));
    }

    private static int[] leaf(int leaf, String flags, String profile) {
        CpuModel model = CpuModel.parse("max" + flags, "hyperv");
        int[] result = new int[4];
        HypervLeaves.read(leaf, model, HardwareProfiles.load().get(profile), result);
        return result;
    }

    /** QEMU's defaults and names: x86 -cpu documentation, "hv-version-id-*" and "hv-vendor-id". */
    @Test
    void vendorAndVersionCanBeSaid() {
        assertThat(leaf(0, "", "skylake-apicv")).containsExactly(0x4000_0006, 0x7263_694D, 0x666F_736F, 0x7648_2074);
        assertThat(leaf(0, ",hv-vendor-id=KVM Hv", "skylake-apicv")).endsWith(0x204D_564B, 0x7648, 0);
        assertThat(leaf(2, "", "skylake-apicv")).containsExactly(0x3839, 0xA_0000, 0, 0);
        String version = ",hv-version-id-build=20348,hv-version-id-major=10,hv_version_id_minor=1"
                + ",hv-version-id-spack=2,hv-version-id-sbranch=3,hv-version-id-snumber=0x859";
        assertThat(leaf(2, version, "skylake-apicv")).containsExactly(20348, 0xA_0001, 2, 3 << 24 | 0x859);
    }

    /** TLFS 2.4.6 and 2.4.7; Linux refuses a hypervisor whose last leaf is below 0x40000005 (HYPERV_CPUID_MIN). */
    @Test
    void limitsAndHardware() {
        int most = MachineConfig.MOST_VCPUS;
        assertThat(leaf(5, "", "skylake-apicv")).containsExactly(most, most, 0, 0);
        assertThat(leaf(6, "", "skylake-apicv"))
                .as("overlay assist, MSR bitmaps, SLAT")
                .containsExactly(0b1011, 0, 0, 0);
        assertThat(leaf(6, "", "skylake-no-apicv")).containsExactly(0b1010, 0, 0, 0);
        assertThat(leaf(4, "", "skylake-apicv")[2]).as("physical address bits").isEqualTo(Cpu.PHYSICAL_ADDRESS_BITS);
    }

    /** Nothing is nested: no leaf says so, and none is beyond the last one. */
    @ParameterizedTest
    @ValueSource(ints = {7, 8, 9, 0xA, 0xB, 0x7F, 0x80, 0x82, 0xFF})
    void noLeafIsBeyondTheLastOne(int leaf) {
        assertThat(leaf(leaf, "", "skylake-apicv")).containsOnly(0);
    }

    /** The APIC's own accesses exit there, so that synthetic ones, which always exit, are no worse. */
    @Test
    void apicRegistersAreRecommendedOnlyWhereTheApicsOwnCostAnExit() {
        assertThat(leaves(",+hv-vapic", "skylake-no-apicv").recommendations()).isEqualTo(1 << 3);
        assertThat(leaves(",+hv-vapic", "skylake-apicv").recommendations()).isZero();
        assertThat(leaves(",+hv-vapic", "avic").recommendations()).isZero();
    }

    @Test
    void passthroughIsAllThereIsButForTheRefusalOfTheRest() {
        for (CpuModel model : new CpuModel[] {
            CpuModel.parse("max,hv_passthrough", "kvm"),
            CpuModel.parse("max,hv-passthrough=off,hv-passthrough=on", "all"),
            CpuModel.max("hyperv")
        }) {
            PartitionPrivileges leaves = new CpuidTable(
                            model, HardwareProfiles.load().get("skylake-apicv"), CpuTopology.ofCores(1))
                    .privileges();
            assertThat(leaves.registers()).isEqualTo(0x2AFF);
            assertThat(leaves.calls()).isEqualTo(0x10_0030);
            assertThat(leaves.facilities()).isEqualTo(0xE_C510);
            assertThat(leaves.recommendations()).isEqualTo(0x4_0E24);
            assertThat(leaves.enforced()).isFalse();
        }
        assertThat(CpuModel.parse("max,hv-passthrough=off", "all").hasFace(CpuFeature.Face.HYPERV))
                .isFalse();
        assertThat(leaves(",hv-passthrough,+hv-enforce-cpuid", "skylake-apicv").enforced())
                .isTrue();
    }
}
