// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.spec.kvm.KvmCpuid;
import dev.synapic.spec.kvm.KvmErrno;
import dev.synapic.spec.kvm.KvmHypercall;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** KVM's hypercall ABI (Linux, Documentation/virt/kvm/x86/hypercalls.rst). */
class KvmHypercallsTest {
    private static final long ICR = 0x40FD;

    private final ApicRig rig = ApicRig.x2apic(100);
    private final KvmHypercalls calls = new KvmHypercalls(new PvIpi(rig.bus), KvmFeatures.UNRESTRICTED);

    @Test
    void sendIpiTakesItsFourArguments() {
        assertThat(calls.call(true, 0, KvmHypercall.KVM_HC_SEND_IPI, 1, 1, 3, ICR))
                .isEqualTo(2);
        assertThat(rig.holders(0xFD)).containsExactly(3, 67);
    }

    @Test
    void pollIrqReturnsZero() {
        assertThat(calls.call(true, 0, KvmHypercall.KVM_HC_VAPIC_POLL_IRQ, 9, 9, 9, 9))
                .isZero();
    }

    @Test
    void unknownNumbersAreNotImplemented() {
        for (long number : new long[] {0, 2, 3, 4, 6, 7, 8, 12, 13, 99, -1, 0x1_0000_000AL}) {
            assertThat(all.call(true, 0, number, 0, 0, 0, 0)).as("%d", number).isEqualTo(-KvmErrno.ENOSYS);
        }
    }

    private final KvmRig machine = new KvmRig(4);
    private final List<String> travelling = new ArrayList<>();
    private final KvmHypercalls all = of(KvmFeatures.UNRESTRICTED);

    private KvmHypercalls of(KvmFeatures features) {
        return new KvmHypercalls(
                new PvIpi(machine.apics.bus),
                new PvKick(
                        machine.apics.bus,
                        (target, request) -> travelling.add(target.x2ApicId() + "<-" + Integer.toHexString(request))),
                new ClockPairing(machine.memory, machine.clock, 1, () -> 25_000_000_000L),
                features);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    /** a0 flags, a1 the APIC id. KVM carries it as a remote read, which no APIC accepts here. */
    @Test
    void kickCpuSendsAKickToThatApicId() {
        assertThat(all.call(true, 0, 5, -1, 2, 0, 0)).isZero();
        assertThat(travelling).containsExactly("2<-300");
        assertThat(machine.apics.apics[2].accepts(PvKick.REQUEST)).isFalse();
    }

    /** KVM takes 0xFF for everybody, since it sends the kick as a message; the text speaks of one vCPU. */
    @Test
    void aKickOfNobodySucceedsAndReachesNobody() {
        for (long id : new long[] {4, 255, 256, 0xFFFF_FFFFL, 1L << 31}) {
            assertThat(all.call(true, 0, 5, 0, id, 0, 0)).as("%x", id).isZero();
        }
        assertThat(travelling).isEmpty();
    }

    @Test
    void schedYieldReturnsZeroWhoeverIsMeant() {
        for (long id : new long[] {0, 1, 99, -1}) {
            assertThat(all.call(true, 0, 11, id, 0, 0, 0)).isZero();
        }
    }

    /** hypercalls.rst, 9: s64 sec, s64 nsec, u64 tsc, u32 flags, u32 pad[9]. */
    @Test
    void clockPairingTellsCalendarAndTscOfOneInstant() {
        machine.clock.tscMoved(1, false, 1000);
        machine.memory.fill(0x2000, 64, (byte) -1);

        assertThat(all.call(true, 0, 9, 0x2000, 0, 0, 0)).isZero();

        long nanos =
                (machine.memory.getLong(0x2000) - KvmRig.BOOT_SECONDS) * 1_000_000_000 + machine.memory.getLong(0x2008);
        assertThat(nanos).isEqualTo(machine.clock.at(25_000_000_000L));
        assertThat(machine.memory.getLong(0x2010)).as("the caller's TSC").isEqualTo(25_000_001_000L);
        assertThat(machine.memory.getInt(0x2018)).as("flags").isZero();
        assertThat(machine.memory.getLong(0x2038)).as("padding").isZero();
    }

    @Test
    void clockPairingKnowsOneClockAndNeedsRam() {
        assertThat(all.call(true, 0, 9, 0x2000, 1, 0, 0)).isEqualTo(-KvmErrno.EOPNOTSUPP);
        assertThat(all.call(true, 0, 9, 1 << 20, 0, 0, 0)).isEqualTo(-KvmErrno.EFAULT);
        assertThat(all.call(true, 0, 9, -8, 0, 0, 0)).isEqualTo(-KvmErrno.EFAULT);
    }

    /** The Linux selftest kvm_pv_test: -KVM_ENOSYS for each call whose feature is not announced. */
    @Test
    void whereFeaturesAreEnforcedACallNeedsItsOwn() {
        KvmHypercalls none = of(new KvmFeatures(0, true));
        assertThat(none.call(true, 0, 5, 0, 2, 0, 0)).isEqualTo(-KvmErrno.ENOSYS);
        assertThat(none.call(true, 0, 10, 1, 0, 0, ICR)).isEqualTo(-KvmErrno.ENOSYS);
        assertThat(none.call(true, 0, 11, 0, 0, 0, 0)).isEqualTo(-KvmErrno.ENOSYS);
        assertThat(travelling).isEmpty();
        assertThat(of(new KvmFeatures(1 << 7, true)).call(true, 0, 5, 0, 2, 0, 0))
                .isZero();
        assertThat(of(new KvmFeatures(1 << 13, true)).call(true, 0, 11, 0, 0, 0, 0))
                .isZero();
    }

    @Test
    void userModeIsNotPermittedWhateverItAsks() {
        for (int cpl = 1; cpl <= 3; cpl++) {
            assertThat(calls.call(true, cpl, KvmHypercall.KVM_HC_SEND_IPI, 1, 0, 0, ICR))
                    .isEqualTo(-KvmErrno.EPERM);
            assertThat(calls.call(true, cpl, 99, 1, 0, 0, ICR)).isEqualTo(-KvmErrno.EPERM);
        }
        assertThat(rig.carried).isEmpty();
    }

    @Test
    void outside64BitModeNumberArgumentsAndResultHave32Bits() {
        long garbage = 0xDEAD_BEEF_0000_0000L;
        assertThat(calls.call(false, 0, garbage | 10, garbage | 1, garbage | 1, garbage | 3, garbage | ICR))
                .isEqualTo(2);
        assertThat(rig.holders(0xFD)).containsExactly(3, 35);
        assertThat(calls.call(false, 0, 99, 0, 0, 0, 0)).isEqualTo(0xFFFF_FFFFL & -KvmErrno.ENOSYS);
        assertThat(calls.call(false, 3, 10, 0, 0, 0, 0)).isEqualTo(0xFFFF_FFFFL & -KvmErrno.EPERM);
    }

    // KVM_CAP_ENFORCE_PV_FEATURE_CPUID.
    @Test
    void aFeatureThatIsNotAnnouncedWorksUnlessFeaturesAreEnforced() {
        KvmFeatures lax = new KvmFeatures(0, false);
        KvmFeatures strict = new KvmFeatures(~(1 << KvmCpuid.KVM_FEATURE_PV_SEND_IPI), true);
        KvmFeatures announced = new KvmFeatures(1 << KvmCpuid.KVM_FEATURE_PV_SEND_IPI, true);
        assertThat(new KvmHypercalls(new PvIpi(rig.bus), lax).call(true, 0, 10, 1, 0, 0, ICR))
                .isEqualTo(1);
        assertThat(new KvmHypercalls(new PvIpi(rig.bus), strict).call(true, 0, 10, 1, 0, 0, ICR))
                .isEqualTo(-KvmErrno.ENOSYS);
        assertThat(new KvmHypercalls(new PvIpi(rig.bus), strict).call(true, 0, 1, 0, 0, 0, 0))
                .isZero();
        assertThat(new KvmHypercalls(new PvIpi(rig.bus), announced).call(true, 0, 10, 1, 0, 0, ICR))
                .isEqualTo(1);
    }
}
