// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.spec.kvm.KvmCpuid;
import dev.synapic.spec.kvm.KvmErrno;
import dev.synapic.spec.kvm.KvmHypercall;
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
        for (long number : new long[] {0, 2, 5, 9, 11, 12, 13, 99, -1, 0x1_0000_000AL}) {
            assertThat(calls.call(true, 0, number, 0, 0, 0, 0)).as("%d", number).isEqualTo(-KvmErrno.ENOSYS);
        }
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
