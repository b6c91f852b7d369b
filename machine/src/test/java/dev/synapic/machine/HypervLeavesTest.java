// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.hyperv.PartitionPrivileges;
import dev.synapic.machine.exits.HardwareProfiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TLFS, "Feature and Interface Discovery"; flags as QEMU names them. */
class HypervLeavesTest {
    /** Hypercall registers; extended calls; a lock bit; retries of a lock. */
    private static final int ALWAYS_REGISTERS = 1 << 5;

    private static final int ALWAYS_CALLS = 1 << 20;
    private static final int ALWAYS_FACILITIES = 1 << 18;

    private static PartitionPrivileges leaves(String flags, String profile) {
        CpuModel model = CpuModel.parse("max,hv-passthrough=off" + flags, "hyperv");
        return new CpuidTable(model, HardwareProfiles.load().get(profile), 1).privileges();
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
    })
    void flagsStandInTheLeaves(String flags, String eax, String ebx, String edx, String recommended) {
        PartitionPrivileges leaves = leaves("," + flags, "skylake-apicv");

        assertThat(leaves.registers()).isEqualTo(ALWAYS_REGISTERS | Integer.decode(eax));
        assertThat(leaves.calls()).isEqualTo(ALWAYS_CALLS | Integer.decode(ebx));
        assertThat(leaves.facilities()).isEqualTo(ALWAYS_FACILITIES | Integer.decode(edx));
        assertThat(leaves.recommendations()).isEqualTo(Integer.decode(recommended));
        assertThat(leaves.spinRetries()).isEqualTo(0xFFF);
        assertThat(leaves.enforced()).isFalse();
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
            PartitionPrivileges leaves =
                    new CpuidTable(model, HardwareProfiles.load().get("skylake-apicv"), 1).privileges();
            assertThat(leaves.registers()).isEqualTo(0xAFF);
            assertThat(leaves.calls()).isEqualTo(0x10_0030);
            assertThat(leaves.facilities()).isEqualTo(0xE_0500);
            assertThat(leaves.recommendations()).isEqualTo(0xE24);
            assertThat(leaves.enforced()).isFalse();
        }
        assertThat(CpuModel.parse("max,hv-passthrough=off", "all").hasFace(CpuFeature.Face.HYPERV))
                .isFalse();
        assertThat(leaves(",hv-passthrough,+hv-enforce-cpuid", "skylake-apicv").enforced())
                .isTrue();
    }
}
