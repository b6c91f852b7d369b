// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_APIC_FREQUENCY;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_GUEST_OS_ID;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_HYPERCALL;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SCONTROL;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_TIME_REF_COUNT;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_TSC_FREQUENCY;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_VP_INDEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.hyperv.HypervPartition.HypercallInstruction;
import dev.synapic.spec.x86.GeneralProtectionFault;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, "Establishing the Hypercall Interface", "Synthetic MSRs". */
class HypervMsrsTest {
    private static final long LINUX = 0x8100_0000_0000_0000L;

    private final VirtualProcessors vps = new VirtualProcessors(3, SynIcListener.NONE);
    private final HypervPartition partition = partition(HypercallInstruction.VMCALL);
    private final HypervMsrs msrs = new HypervMsrs(partition, vps.synIc(2));

    private HypervPartition partition(HypercallInstruction instruction) {
        return new HypervPartition(vps.memory, instruction, () -> 12_345, 2_500_000_000L, 1_000_000_000L);
    }

    private static void generalProtection(ThrowingCallable access) {
        assertThatThrownBy(access).isSameAs(GeneralProtectionFault.generalProtection());
    }

    @Test
    void hypercallPageHoldsTheInstructionAndAReturn() {
        msrs.write(HV_X64_MSR_GUEST_OS_ID, LINUX);
        msrs.write(HV_X64_MSR_HYPERCALL, 0x3001);

        assertThat(vps.memory.getInt(0x3000)).isEqualTo(0xC3C1_010F);
        assertThat(msrs.read(HV_X64_MSR_HYPERCALL)).isEqualTo(0x3001);
        assertThat(partition.hypercallsEnabled()).isTrue();
    }

    @Test
    void amdPageHoldsVmmcall() {
        HypervPartition amd = partition(HypercallInstruction.VMMCALL);
        amd.setGuestOsId(LINUX);
        amd.setHypercall(0x3001);

        assertThat(vps.memory.getInt(0x3000)).isEqualTo(0xC3D9_010F);
    }

    @Test
    void hypercallPageIsIgnoredUntilTheGuestAnnouncesItself() {
        msrs.write(HV_X64_MSR_HYPERCALL, 0x3001);

        assertThat(msrs.read(HV_X64_MSR_HYPERCALL)).isZero();
        assertThat(vps.memory.getInt(0x3000)).isZero();
        assertThat(partition.hypercallsEnabled()).isFalse();
    }

    @Test
    void guestThatTakesItsIdBackLosesItsPage() {
        msrs.write(HV_X64_MSR_GUEST_OS_ID, LINUX);
        msrs.write(HV_X64_MSR_HYPERCALL, 0x3001);

        msrs.write(HV_X64_MSR_GUEST_OS_ID, 0);

        assertThat(msrs.read(HV_X64_MSR_HYPERCALL)).isEqualTo(0x3000);
    }

    @Test
    void lockedPageStaysUntilReset() {
        msrs.write(HV_X64_MSR_GUEST_OS_ID, LINUX);
        msrs.write(HV_X64_MSR_HYPERCALL, 0x3003);

        generalProtection(() -> msrs.write(HV_X64_MSR_HYPERCALL, 0x4001));
        assertThat(msrs.read(HV_X64_MSR_HYPERCALL)).isEqualTo(0x3003);
        partition.reset();
        msrs.write(HV_X64_MSR_GUEST_OS_ID, LINUX);
        msrs.write(HV_X64_MSR_HYPERCALL, 0x4001);
    }

    @ParameterizedTest
    @ValueSource(longs = {1 << 20 | 1, -1L, Long.MIN_VALUE | 1})
    void pageThatIsNoRamFaultsAndChangesNothing(long value) {
        msrs.write(HV_X64_MSR_GUEST_OS_ID, LINUX);

        generalProtection(() -> msrs.write(HV_X64_MSR_HYPERCALL, value));

        assertThat(msrs.read(HV_X64_MSR_HYPERCALL)).isZero();
    }

    @Test
    void readOnlyRegistersTellWhatTheMachineWasGiven() {
        assertThat(msrs.read(HV_X64_MSR_VP_INDEX)).isEqualTo(2);
        assertThat(msrs.read(HV_X64_MSR_TIME_REF_COUNT)).isEqualTo(12_345);
        assertThat(msrs.read(HV_X64_MSR_TSC_FREQUENCY)).isEqualTo(2_500_000_000L);
        assertThat(msrs.read(HV_X64_MSR_APIC_FREQUENCY)).isEqualTo(1_000_000_000L);
    }

    @ParameterizedTest
    @ValueSource(
            ints = {HV_X64_MSR_VP_INDEX, HV_X64_MSR_TIME_REF_COUNT, HV_X64_MSR_TSC_FREQUENCY, HV_X64_MSR_APIC_FREQUENCY
            })
    void readOnlyRegistersRefuseWrites(int msr) {
        generalProtection(() -> msrs.write(msr, 0));
    }

    @Test
    void whatIsNotThereFaults() {
        vps.synIc(2).activate(SynIc.Activation.SYNIC);
        for (int msr : new int[] {
            0x4000_0003, 0x4000_0010, 0x4000_0021, 0x4000_0070, 0x4000_0071, 0x4000_0072, 0x4000_0073, 0x4000_0085,
            0x4000_00B0, 0x4000_00B7, 0x4000_0100, 0x4000_0106, 0x4000_1080, 0x3FFF_FFFF, 0x10, -1
        }) {
            generalProtection(() -> msrs.read(msr));
            generalProtection(() -> msrs.write(msr, 0));
        }
    }

    @Test
    void synicRegistersAreThoseOfTheProcessor() {
        generalProtection(() -> msrs.read(HV_X64_MSR_SCONTROL));
        vps.synIc(2).activate(SynIc.Activation.SYNIC);

        msrs.write(HV_X64_MSR_SCONTROL, 1);

        assertThat(vps.synIc(2).enabled()).isTrue();
        assertThat(msrs.read(HV_X64_MSR_SCONTROL)).isEqualTo(1);
    }

    @Test
    void restoredPartitionWritesNoMemory() {
        msrs.write(HV_X64_MSR_GUEST_OS_ID, LINUX);
        msrs.write(HV_X64_MSR_HYPERCALL, 0x3003);
        HypervPartition.State saved = partition.save();
        partition.reset();
        vps.memory.putInt(0x3000, 0);

        partition.restore(saved);

        assertThat(partition.save()).isEqualTo(saved);
        assertThat(vps.memory.getInt(0x3000)).isZero();
        assertThatThrownBy(() -> new HypervPartition.State(9, 0, 0)).hasMessageContaining("version 9");
    }
}
