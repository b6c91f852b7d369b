// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_APIC_FREQUENCY;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_GUEST_OS_ID;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_HYPERCALL;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SCONTROL;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_TIME_REF_COUNT;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_TSC_FREQUENCY;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_VP_INDEX;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_VP_RUNTIME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.HypervPartition.HypercallInstruction;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvStimerConfig;
import dev.synapic.spec.x86.GeneralProtectionFault;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, "Establishing the Hypercall Interface", "Synthetic MSRs". */
class HypervMsrsTest {
    private static final long LINUX = 0x8100_0000_0000_0000L;

    private static final long TSC_HZ = 2_500_000_000L;
    private static final long PAGE = 0x3000;

    private final VirtualProcessors vps = new VirtualProcessors(3, SynIcListener.NONE);
    private final ManualReferenceClock clock = new ManualReferenceClock();
    private final List<GuestCrash> crashes = new ArrayList<>();
    private final AtomicInteger resets = new AtomicInteger();
    private final PartitionPort port = new PartitionPort() {
        @Override
        public void reset() {
            resets.incrementAndGet();
        }

        @Override
        public void crashed(GuestCrash crash) {
            crashes.add(crash);
        }
    };
    private final HypervPartition partition = partition(HypercallInstruction.VMCALL, PartitionPrivileges.UNRESTRICTED);
    private final HypervProcessor processor =
            new HypervProcessor(vps.synIc(2), clock, () -> 4_711, vps.synIc(2)::hasVector);
    private final HypervMsrs msrs = new HypervMsrs(partition, processor);
    private final LocalApic apic = vps.apic(2);

    private HypervPartition partition(HypercallInstruction instruction, PartitionPrivileges privileges) {
        return new HypervPartition(
                vps.memory, instruction, new ReferenceTime(vps.memory, TSC_HZ), 1_000_000_000L, privileges, port);
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
        HypervPartition amd = partition(HypercallInstruction.VMMCALL, PartitionPrivileges.UNRESTRICTED);
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
        clock.now = 12_340;
        clock.ahead = 5;

        assertThat(msrs.read(HV_X64_MSR_VP_INDEX)).isEqualTo(2);
        assertThat(msrs.read(HV_X64_MSR_VP_RUNTIME)).isEqualTo(4_711);
        assertThat(msrs.read(HV_X64_MSR_TIME_REF_COUNT))
                .as("as all processors are shown the time")
                .isEqualTo(12_345);
        assertThat(msrs.read(HV_X64_MSR_TSC_FREQUENCY)).isEqualTo(2_500_000_000L);
        assertThat(msrs.read(HV_X64_MSR_APIC_FREQUENCY)).isEqualTo(1_000_000_000L);
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                HV_X64_MSR_VP_INDEX,
                HV_X64_MSR_VP_RUNTIME,
                HV_X64_MSR_TIME_REF_COUNT,
                HV_X64_MSR_TSC_FREQUENCY,
                HV_X64_MSR_APIC_FREQUENCY
            })
    void readOnlyRegistersRefuseWrites(int msr) {
        generalProtection(() -> msrs.write(msr, 0));
    }

    @Test
    void whatIsNotThereFaults() {
        vps.synIc(2).activate(SynIc.Activation.SYNIC);
        for (int msr : new int[] {
            0x4000_0004,
            0x4000_000F,
            0x4000_0024,
            0x4000_006F,
            0x4000_0074,
            0x4000_0085,
            0x4000_00B8,
            0x4000_00F0,
            0x4000_0109,
            0x4000_0114,
            0x4000_1080,
            0x3FFF_FFFF,
            0x10,
            -1
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

    // ---- time
    // ---------------------------------------------------------------------------------------------------------------

    @Test
    void referenceTscPageIsPlacedByItsRegister() {
        msrs.write(HvMsr.HV_X64_MSR_REFERENCE_TSC, PAGE | 1);

        assertThat(msrs.read(HvMsr.HV_X64_MSR_REFERENCE_TSC)).isEqualTo(PAGE | 1);
        assertThat(vps.memory.getInt(PAGE)).as("sequence").isEqualTo(1);
    }

    @Test
    void timersAreThoseOfTheProcessor() {
        generalProtection(() -> msrs.read(HvMsr.HV_X64_MSR_STIMER0_CONFIG));
        vps.synIc(2).activate(SynIc.Activation.SYNIC);

        msrs.write(HvMsr.HV_X64_MSR_STIMER3_COUNT, 77);

        assertThat(msrs.read(HvMsr.HV_X64_MSR_STIMER3_COUNT)).isEqualTo(77);
        assertThat(processor.timers().read(HvMsr.HV_X64_MSR_STIMER3_COUNT)).isEqualTo(77);
    }

    // ---- the APIC
    // -----------------------------------------------------------------------------------------------------------

    @Test
    void eoiRegisterEndsTheInterruptInService() {
        apic.arrive(ApicRequest.fixed(0x51));
        vps.take(2);

        generalProtection(() -> msrs.write(HvMsr.HV_X64_MSR_EOI, 1L << 32));
        msrs.write(HvMsr.HV_X64_MSR_EOI, 0x1234);

        assertThat(apic.highestInService()).isEqualTo(LocalApic.NO_VECTOR);
        generalProtection(() -> msrs.read(HvMsr.HV_X64_MSR_EOI));
    }

    @Test
    void icrRegisterSends() {
        msrs.write(HvMsr.HV_X64_MSR_ICR, 2L << 56 | 0x4000 | 0x77);

        assertThat(vps.take(1)).as("VP 1 has APIC id 2").isEqualTo(0x77);
        assertThat(msrs.read(HvMsr.HV_X64_MSR_ICR)).isEqualTo(2L << 56 | 0x4077);
    }

    @ParameterizedTest
    @ValueSource(ints = {13, 16, 17, 20, 31})
    void reservedBitsOfIcrFault(int bit) {
        generalProtection(() -> msrs.write(HvMsr.HV_X64_MSR_ICR, 1L << bit));
    }

    @Test
    void tprRegisterIsTheTaskPriority() {
        msrs.write(HvMsr.HV_X64_MSR_TPR, 0x1_5A);

        assertThat(apic.taskPriority()).as("8 bits").isEqualTo(0x5A);
        assertThat(msrs.read(HvMsr.HV_X64_MSR_TPR)).isEqualTo(0x5A);
        generalProtection(() -> msrs.write(HvMsr.HV_X64_MSR_TPR, 1L << 32));
    }

    @Test
    void assistPageIsTakenInBeforeAnyRegister() {
        msrs.write(HvMsr.HV_X64_MSR_VP_ASSIST_PAGE, PAGE | 1);
        assertThat(msrs.read(HvMsr.HV_X64_MSR_VP_ASSIST_PAGE)).isEqualTo(PAGE | 1);
        apic.arrive(ApicRequest.fixed(0x51));
        vps.take(2);
        processor.assistPage().offer();
        assertThat(vps.memory.getInt(PAGE)).isEqualTo(1);

        msrs.write(HvMsr.HV_X64_MSR_EOI, 0);

        assertThat(vps.memory.getInt(PAGE)).isZero();
        assertThat(apic.highestInService()).isEqualTo(LocalApic.NO_VECTOR);
    }

    // ---- reset and crash
    // ----------------------------------------------------------------------------------------------------

    @Test
    void resetRegisterAsksTheMachine() {
        msrs.write(HvMsr.HV_X64_MSR_RESET, 0);
        assertThat(resets).hasValue(0);

        msrs.write(HvMsr.HV_X64_MSR_RESET, 1);

        assertThat(resets).hasValue(1);
        assertThat(msrs.read(HvMsr.HV_X64_MSR_RESET)).isZero();
    }

    @Test
    void crashRegistersReportWhatTheGuestLeft() {
        for (int i = 0; i < 5; i++) {
            msrs.write(HvMsr.HV_X64_MSR_CRASH_P0 + i, 100 + i);
        }
        assertThat(crashes).isEmpty();

        msrs.write(HvMsr.HV_X64_MSR_CRASH_CTL, 1L << 63);

        assertThat(crashes).containsExactly(new GuestCrash(List.of(100L, 101L, 102L, 103L, 104L), null));
        assertThat(msrs.read(HvMsr.HV_X64_MSR_CRASH_P4)).isEqualTo(104);
        assertThat(msrs.read(HvMsr.HV_X64_MSR_CRASH_CTL)).as("what there is").isEqualTo(3L << 62);
    }

    @Test
    void crashMessageIsReadWhereTheGuestPointsAt() {
        vps.memory.putBytes(0x7000, "Kernel panic".getBytes(StandardCharsets.UTF_8));
        msrs.write(HvMsr.HV_X64_MSR_CRASH_P0 + 3, 0x7000);
        msrs.write(HvMsr.HV_X64_MSR_CRASH_P4, 12);

        msrs.write(HvMsr.HV_X64_MSR_CRASH_CTL, 1L << 62);
        assertThat(crashes).as("a message alone is no notification").isEmpty();
        msrs.write(HvMsr.HV_X64_MSR_CRASH_CTL, 3L << 62);

        assertThat(crashes.getFirst().message()).isEqualTo("Kernel panic");
    }

    @Test
    void crashMessageIsBoundedAndMayBeNowhere() {
        msrs.write(HvMsr.HV_X64_MSR_CRASH_P0 + 3, 0x7000);
        msrs.write(HvMsr.HV_X64_MSR_CRASH_P4, -1);
        msrs.write(HvMsr.HV_X64_MSR_CRASH_CTL, -1);
        assertThat(crashes.getFirst().message()).hasSize(4096);

        for (long nowhere : new long[] {1 << 20, -1, Long.MIN_VALUE}) {
            msrs.write(HvMsr.HV_X64_MSR_CRASH_P0 + 3, nowhere);
            msrs.write(HvMsr.HV_X64_MSR_CRASH_CTL, -1);
            assertThat(crashes.getLast().message()).isNull();
        }
    }

    // ---- privileges
    // ---------------------------------------------------------------------------------------------------------

    /** HV_PARTITION_PRIVILEGE_MASK: register group, and the bit that guards it. */
    @ParameterizedTest
    @CsvSource({
        "0x40000000, 5", "0x40000001, 5", "0x40000002, 6", "0x40000003, 7", "0x40000010, 0", "0x40000020, 1",
        "0x40000021, 9", "0x40000022, 11", "0x40000023, 11", "0x40000071, 4", "0x40000072, 4", "0x40000073, 4",
        "0x40000080, 2", "0x40000083, 2", "0x40000090, 2", "0x4000009F, 2", "0x400000B0, 3", "0x400000B7, 3",
        "0x40000106, 13", "0x40000107, 13", "0x40000108, 13",
    })
    void registersAreGuardedByTheirPrivilege(String number, int bit) {
        int msr = Integer.decode(number);
        vps.synIc(2).activate(SynIc.Activation.SYNIC);
        HypervMsrs without = with(new PartitionPrivileges(~(1 << bit), -1, -1, -1, 0, true));
        HypervMsrs alone = with(new PartitionPrivileges(1 << bit, 0, 0, 0, -1, true));
        HypervMsrs lax = with(new PartitionPrivileges(0, 0, 0, 0, -1, false));

        generalProtection(() -> without.read(msr));
        generalProtection(() -> without.write(msr, 0));
        alone.read(msr);
        lax.read(msr);
    }

    private HypervMsrs with(PartitionPrivileges privileges) {
        return new HypervMsrs(partition(HypercallInstruction.VMCALL, privileges), processor);
    }

    @Test
    void crashRegistersAreGuardedByTheirFeatureBit() {
        HypervMsrs without = with(new PartitionPrivileges(-1, -1, ~(1 << 10), -1, 0, true));
        HypervMsrs alone = with(new PartitionPrivileges(0, 0, 1 << 10, 0, 0, true));

        for (int msr = HvMsr.HV_X64_MSR_CRASH_P0; msr <= HvMsr.HV_X64_MSR_CRASH_CTL; msr++) {
            int number = msr;
            generalProtection(() -> without.read(number));
            generalProtection(() -> without.write(number, 0));
            alone.read(number);
        }
    }

    @Test
    void directTimersAreGuardedByTheirFeatureBit() {
        vps.synIc(2).activate(SynIc.Activation.SYNIC);
        HypervMsrs without = with(new PartitionPrivileges(-1, -1, ~(1 << 19), -1, 0, true));
        int config = HvMsr.HV_X64_MSR_STIMER0_CONFIG;

        generalProtection(() -> without.write(config, HvStimerConfig.DIRECT));
        without.write(config, 2 << 16);
        without.write(config + 1, HvStimerConfig.DIRECT);

        assertThat(without.read(config + 1)).as("a count is no mode").isEqualTo(HvStimerConfig.DIRECT);
        with(new PartitionPrivileges(-1, -1, 1 << 19, -1, 0, true)).write(config, HvStimerConfig.DIRECT);
    }

    // ---- re-enlightenment

    /** Linux's hyperv_init writes a vector and a VP, then asks for emulation, and clears the status when it has done its part. */
    @Test
    void reenlightenmentRegistersHoldWhatTheGuestWrites() {
        long control = 5L << 32 | 1 << 16 | 0xEE;
        msrs.write(HvMsr.HV_X64_MSR_REENLIGHTENMENT_CONTROL, control);
        msrs.write(HvMsr.HV_X64_MSR_TSC_EMULATION_CONTROL, 1);
        msrs.write(HvMsr.HV_X64_MSR_TSC_EMULATION_STATUS, 0);

        assertThat(msrs.read(HvMsr.HV_X64_MSR_REENLIGHTENMENT_CONTROL)).isEqualTo(control);
        assertThat(msrs.read(HvMsr.HV_X64_MSR_TSC_EMULATION_CONTROL)).isEqualTo(1);
        assertThat(msrs.read(HvMsr.HV_X64_MSR_TSC_EMULATION_STATUS)).isZero();
    }

    /** K, kvm_hv_set_msr_pw: nobody but the host begins an emulation. */
    @Test
    void tscEmulationStatusCanOnlyBeCleared() {
        generalProtection(() -> msrs.write(HvMsr.HV_X64_MSR_TSC_EMULATION_STATUS, 1));
    }

    // ---- state
    // --------------------------------------------------------------------------------------------------------------

    @Test
    void restoredPartitionWritesNoMemory() {
        msrs.write(HV_X64_MSR_GUEST_OS_ID, LINUX);
        msrs.write(HV_X64_MSR_HYPERCALL, 0x3003);
        msrs.write(HvMsr.HV_X64_MSR_REFERENCE_TSC, 0x5001);
        msrs.write(HvMsr.HV_X64_MSR_CRASH_P0, 5);
        msrs.write(HvMsr.HV_X64_MSR_REENLIGHTENMENT_CONTROL, 6);
        msrs.write(HvMsr.HV_X64_MSR_TSC_EMULATION_CONTROL, 1);
        HypervPartition.State saved = partition.save();
        partition.reset();
        assertThat(msrs.read(HvMsr.HV_X64_MSR_CRASH_P0)).isZero();
        assertThat(msrs.read(HvMsr.HV_X64_MSR_REFERENCE_TSC)).isZero();
        assertThat(msrs.read(HvMsr.HV_X64_MSR_REENLIGHTENMENT_CONTROL)).isZero();
        assertThat(msrs.read(HvMsr.HV_X64_MSR_TSC_EMULATION_CONTROL)).isZero();
        vps.memory.putInt(0x3000, 0);
        vps.memory.putInt(0x5000, 0);

        partition.restore(saved);

        assertThat(partition.save()).isEqualTo(saved);
        assertThat(vps.memory.getInt(0x3000)).isZero();
        assertThat(vps.memory.getInt(0x5000)).isZero();
        assertThatThrownBy(() -> new HypervPartition.State(9, 0, 0, saved.time(), List.of(), 0, 0, saved.overlays()))
                .hasMessageContaining("version 9");
        assertThatThrownBy(() -> new HypervPartition.State(4, 0, 0, saved.time(), List.of(), 0, 0, saved.overlays()))
                .hasMessageContaining("5 crash parameters");
    }

    @Test
    void processorsStateIsOnePiece() {
        vps.synIc(2).activate(SynIc.Activation.SYNIC);
        msrs.write(HV_X64_MSR_SCONTROL, 1);
        msrs.write(HvMsr.HV_X64_MSR_STIMER0_COUNT, 9);
        msrs.write(HvMsr.HV_X64_MSR_VP_ASSIST_PAGE, PAGE | 1);
        HypervProcessor.State saved = processor.save();

        processor.reset();
        assertThat(processor.save()).isNotEqualTo(saved);
        assertThat(msrs.read(HvMsr.HV_X64_MSR_STIMER0_COUNT)).isZero();
        assertThat(msrs.read(HvMsr.HV_X64_MSR_VP_ASSIST_PAGE)).isZero();
        processor.restore(saved);

        assertThat(processor.save()).isEqualTo(saved);
        assertThat(msrs.read(HvMsr.HV_X64_MSR_STIMER0_COUNT)).isEqualTo(9);
        assertThatThrownBy(() -> new HypervProcessor.State(3, saved.synIc(), saved.timers(), saved.assistPage()))
                .hasMessageContaining("version 3");
    }
}
