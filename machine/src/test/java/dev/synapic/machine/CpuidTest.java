// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** SDM vol. 2A, CPUID. */
class CpuidTest {
    private static final int EAX = 0, EBX = 1, ECX = 2, EDX = 3;
    private static final int APIC_BASE_OFF = 0xFEE0_0100;

    private static int[] leaf(Machine machine, int leaf, int subleaf) {
        int[] result = new int[4];
        machine.vcpus().get(0).cpu().ports.platform().identify(leaf, subleaf, result);
        return result;
    }

    private static Machine machine(String cpu, int vcpus) {
        return new Machine(MachineConfig.standard().withVcpus(vcpus).withCpu(CpuModel.parse(cpu, "none")));
    }

    private static String text(int... words) {
        ByteBuffer bytes = ByteBuffer.allocate(words.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int word : words) {
            bytes.putInt(word);
        }
        return new String(bytes.array(), StandardCharsets.ISO_8859_1).replace("\0", "");
    }

    @Test
    void theVendorIsTheProfilesUnlessTheModelSaysOtherwise() {
        try (Machine plain = machine("qemu64", 1);
                Machine amd = machine("qemu64,vendor=AuthenticAMD", 1)) {
            int[] a = leaf(plain, 0, 0);
            int[] b = leaf(amd, 0, 0);
            assertThat(text(a[EBX], a[EDX], a[ECX])).isEqualTo("GenuineIntel");
            assertThat(text(b[EBX], b[EDX], b[ECX])).isEqualTo("AuthenticAMD");
        }
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> CpuModel.parse("max,vendor=Intel", "none"))
                .withMessageContaining("12 characters");
    }

    @Test
    void qemu64IsTheProcessorThatQemuMeans() {
        try (Machine machine = machine("qemu64", 1)) {
            assertThat(leaf(machine, 1, 0)[EAX])
                    .as("family 15, model 107, stepping 1")
                    .isEqualTo(0x0006_0FB1);
            assertThat(leaf(machine, 7, 0)[EBX] & ~(1 << 1))
                    .as("nothing of leaf 7 but TSC_ADJUST")
                    .isZero();
            StringBuilder brand = new StringBuilder();
            for (int i = 0; i < 3; i++) {
                brand.append(text(leaf(machine, 0x8000_0002 + i, 0)));
            }
            assertThat(brand.toString()).isEqualTo("QEMU Virtual CPU version 2.5+");
        }
    }

    @Test
    void cachesHaveTheSizesThatTheirGeometrySays() { // leaf 4
        long[] sizes = {32 << 10, 32 << 10, 1 << 20, 16 << 20};
        try (Machine machine = machine("max", 6)) {
            for (int i = 0; i < sizes.length; i++) {
                int[] cache = leaf(machine, 4, i);
                long ways = (cache[EBX] >>> 22) + 1L;
                long line = (cache[EBX] & 0xFFF) + 1L;
                assertThat(ways * line * (cache[ECX] + 1L)).isEqualTo(sizes[i]);
                assertThat(cache[EAX] >>> 26).as("core ids, less one").isEqualTo(7);
            }
            assertThat(leaf(machine, 4, sizes.length)[EAX] & 0x1F).as("no more").isZero();
        }
    }

    @Test
    void theTscIsTheCrystalTimesItsRatio() { // leaf 15H
        try (Machine machine = machine("max", 1)) {
            int[] time = leaf(machine, 0x15, 0);
            long hz = (time[ECX] & 0xFFFF_FFFFL) * time[EBX] / time[EAX];
            assertThat(hz).isEqualTo(machine.config().profile().tscKhz() * 1000);
        }
    }

    @Test
    void anApicThatIsSwitchedOffIsNotThere() { // vol. 3A, 12.4.3
        try (Machine machine = machine("max", 1)) {
            assertThat(leaf(machine, 1, 0)[EDX] & 1 << 9).isNotZero();
            machine.vcpus().get(0).apic().setApicBase(APIC_BASE_OFF & 0xFFFF_FFFFL);
            assertThat(leaf(machine, 1, 0)[EDX] & 1 << 9).isZero();
        }
    }

    @Test
    void amdRepeatsTheOldFeaturesInTheExtendedLeaf() { // APM vol. 3, appendix E
        try (Machine machine = machine("Opteron_G1", 2)) {
            int[] extended = leaf(machine, 0x8000_0001, 0);
            assertThat(extended[EAX]).isEqualTo(leaf(machine, 1, 0)[EAX]);
            assertThat(extended[EDX] & 1 << 8).as("CX8").isNotZero();
            assertThat(leaf(machine, 0x8000_0008, 0)[ECX] & 0xFF)
                    .as("cores, less one")
                    .isEqualTo(1);
        }
    }

    @Test
    void askingForOneselfIsNoExit() {
        try (Machine machine = machine("max", 1)) {
            leaf(machine, 1, 0);
            assertThat(machine.exitCounters().total()).isZero();
        }
    }

    private static Machine machine(String cpu, int vcpus, CpuTopology topology) {
        return new Machine(MachineConfig.standard().withVcpus(vcpus, topology).withCpu(CpuModel.parse(cpu, "none")));
    }

    /** Leaves 4, 0BH and 1FH; the shifts tell how to take an APIC id apart. */
    @Test
    void theTopologyIsWhatTheConfigurationSays() {
        try (Machine machine = machine("max", 16, new CpuTopology(2, 2, 2))) {
            assertThat(leaf(machine, 0xB, 0)).startsWith(1, 2, 1 << 8);
            assertThat(leaf(machine, 0xB, 1)).startsWith(3, 8, 2 << 8 | 1);
            assertThat(leaf(machine, 0xB, 2)).startsWith(0, 0, 2);
            assertThat(leaf(machine, 0, 0)[EAX]).isEqualTo(0x1F);
            assertThat(leaf(machine, 0x1F, 1)).startsWith(2, 4, 2 << 8 | 1);
            assertThat(leaf(machine, 0x1F, 2)).startsWith(3, 8, 5 << 8 | 2);
            assertThat(leaf(machine, 4, 0)[EAX] >>> 26)
                    .as("cores of a package, less one")
                    .isEqualTo(3);
            assertThat(leaf(machine, 4, 0)[EAX] >>> 14 & 0xFFF)
                    .as("threads at an L1, less one")
                    .isEqualTo(1);
            assertThat(leaf(machine, 4, 3)[EAX] >>> 14 & 0xFFF)
                    .as("threads at an L3, less one")
                    .isEqualTo(3);
            assertThat(leaf(machine, 1, 0)[EBX] >>> 16 & 0xFF)
                    .as("threads of a package")
                    .isEqualTo(8);
        }
    }

    @Test
    void socketsOfOneThreadAreNoHyperThreading() {
        try (Machine machine = machine("max", 4, new CpuTopology(1, 1, 1))) {
            assertThat(leaf(machine, 1, 0)[EDX] & 1 << 28).as("HTT").isZero();
            assertThat(leaf(machine, 0xB, 1)).startsWith(0, 1, 2 << 8 | 1);
        }
    }

    @Test
    void idsWithGapsAreRefused() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> MachineConfig.standard().withVcpus(6, new CpuTopology(1, 3, 1)))
                .withMessageContaining("powers of two");
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> MachineConfig.standard().withVcpus(6, new CpuTopology(1, 2, 3)));
        assertThat(MachineConfig.standard()
                        .withVcpus(6, new CpuTopology(1, 3, 2))
                        .topology())
                .as("the outermost level may have any number")
                .isEqualTo(new CpuTopology(1, 3, 2));
    }

    @Test
    void identityIsWhatTheFlagsSay() {
        String flags = "max,family=23,model=49,stepping=2,model-id=A CPU,level=7";
        try (Machine machine = machine(flags, 1)) {
            assertThat(leaf(machine, 1, 0)[EAX]).isEqualTo(0x0083_0F12);
            assertThat(leaf(machine, 0, 0)[EAX]).isEqualTo(7);
            int[] brand = leaf(machine, 0x8000_0002, 0);
            assertThat(text(brand)).isEqualTo("A CPU");
        }
    }
}
