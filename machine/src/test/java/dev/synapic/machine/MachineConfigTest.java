// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.machine.block.MemoryStore;
import dev.synapic.machine.exits.HardwareProfiles;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Design decision D8: a wrong configuration gets a one-line message that names what is wrong, or the fix. */
class MachineConfigTest {
    private static final MachineConfig MACHINE = MachineConfig.standard();
    private static final long MIB = 1 << 20;

    private static void assertRefused(ThrowingCallable configuration, String... words) {
        assertThatThrownBy(configuration)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll(words)
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1025, 100_000, Integer.MIN_VALUE})
    void aNumberOfVcpusThatNoMachineHasIsRefusedWithTheRange(int vcpus) {
        assertRefused(() -> MACHINE.withVcpus(vcpus), "-smp " + vcpus, "1 to 1024");
    }

    @ParameterizedTest
    @ValueSource(
            longs = {
                0,
                -1,
                MIB,
                2 * MIB - 1,
                2 * MIB + 1,
                64 * MIB + 4096,
                8192 * MIB + MIB,
                Long.MAX_VALUE,
                Long.MIN_VALUE
            })
    void memoryOfNoWholeMibOrBeyondTheRangeIsRefusedWithTheRange(long bytes) {
        assertRefused(() -> MACHINE.withMemoryBytes(bytes), "-m", "MiB", "2M to 8G");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1024})
    void theEndsOfTheRangesArePossible(int vcpus) {
        assertThat(MACHINE.withVcpus(vcpus).vcpus()).isEqualTo(vcpus);
        assertThat(MACHINE.withMemoryBytes(2 * MIB).memoryBytes()).isEqualTo(2 * MIB);
        assertThat(MACHINE.withMemoryBytes(8192 * MIB).memoryBytes()).isEqualTo(8192 * MIB);
    }

    @Test
    void anUnknownProfileIsRefusedWithThoseThereAre() {
        assertRefused(
                () -> HardwareProfiles.load().get("skylake"),
                "unknown profile 'skylake'",
                "skylake-apicv, skylake-no-apicv, ipi-virtualization, avic");
    }

    /** A processor that has no x2APIC offers none, whatever the model says. */
    @Test
    void aProfileWithoutX2apicTakesItOutOfTheModel() {
        assertThat(MACHINE.cpu().has(CpuFeature.X2APIC)).isTrue();
        assertThat(MACHINE.withProfile(HardwareProfiles.load().get("avic"))
                        .cpu()
                        .has(CpuFeature.X2APIC))
                .isFalse();
    }

    @Test
    void aDiskOnVmbusNeedsVmbus() {
        DiskConfig disk = new DiskConfig(DiskConfig.Bus.VMBUS, new MemoryStore(512), "", 1, line -> {});
        PcConfig board = PcConfig.standard().withDisk(disk);
        assertRefused(() -> MACHINE.withPc(board), "a disk on VMBus", "vmbus-bridge");
        PcConfig complete = board.with(PcDevice.VMBUS);
        assertThat(MACHINE.withPc(complete).pc().disks()).containsExactly(disk);
        assertRefused(
                () -> MACHINE.withCpu(CpuModel.max("kvm")).withPc(complete), "a disk on VMBus", "hv-vpindex,hv-synic");
    }

    @Test
    void oneChangeLeavesAllElseAsItWas() {
        MachineConfig changed = MACHINE.withVcpus(7).withSeed(9).withMemoryBytes(16 * MIB);

        assertThat(changed.vcpus()).isEqualTo(7);
        assertThat(changed.seed()).isEqualTo(9);
        assertThat(changed.memoryBytes()).isEqualTo(16 * MIB);
        assertThat(changed.withVcpus(1).withSeed(0).withMemoryBytes(MACHINE.memoryBytes()))
                .isEqualTo(MACHINE);
    }
}
