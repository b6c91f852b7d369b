// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Names and numbers of KVM's paravirtual ABI. */
class KvmVocabularyTest {
    @Test
    void theSignatureSpellsKvm() {
        ByteBuffer bytes = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(KvmCpuid.SIGNATURE_EBX).putInt(KvmCpuid.SIGNATURE_ECX).putInt(KvmCpuid.SIGNATURE_EDX);
        assertThat(new String(bytes.array(), StandardCharsets.US_ASCII)).isEqualTo("KVMKVMKVM\0\0\0");
    }

    @Test
    void hypercallsHaveNames() {
        assertThat(KvmHypercall.name(10)).isEqualTo("KVM_HC_SEND_IPI");
        assertThat(KvmHypercall.name(1)).isEqualTo("KVM_HC_VAPIC_POLL_IRQ");
        assertThat(KvmHypercall.name(77)).isEqualTo("KVM_HC_77");
        assertThat(KvmHypercall.name(0x1_0000_000AL)).isEqualTo("KVM_HC_0x10000000a");
        for (int number = 1; number <= 12; number++) {
            assertThat(KvmHypercall.name(number)).doesNotContain(Integer.toString(number));
        }
    }

    @Test
    void resultsHaveNames() {
        assertThat(KvmErrno.name(-1)).isEqualTo("-EPERM");
        assertThat(KvmErrno.name(-7)).isEqualTo("-E2BIG");
        assertThat(KvmErrno.name(-14)).isEqualTo("-EFAULT");
        assertThat(KvmErrno.name(-22)).isEqualTo("-EINVAL");
        assertThat(KvmErrno.name(-95)).isEqualTo("-EOPNOTSUPP");
        assertThat(KvmErrno.name(-1000)).isEqualTo("-ENOSYS");
        assertThat(KvmErrno.name(-2)).isEqualTo("-2");
        assertThat(KvmErrno.name(79)).isEqualTo("79");
        assertThat(KvmErrno.name(Long.MIN_VALUE)).isEqualTo("-9223372036854775808");
    }

    @Test
    void featuresHaveTheNamesOfTheCommandLine() {
        assertThat(KvmCpuid.featureName(KvmCpuid.KVM_FEATURE_PV_SEND_IPI)).isEqualTo("kvm-pv-ipi");
        assertThat(KvmCpuid.featureName(KvmCpuid.KVM_FEATURE_PV_EOI)).isEqualTo("kvm-pv-eoi");
        assertThat(KvmCpuid.featureName(8)).isEqualTo("bit-8");
        for (int bit = 0; bit <= 17; bit++) {
            assertThat(KvmCpuid.featureName(bit).startsWith("bit-"))
                    .as("%d", bit)
                    .isEqualTo(bit == 8);
        }
        assertThat(KvmCpuid.featureName(24)).isEqualTo("kvmclock-stable-bit");
    }

    @Test
    void routesHaveNames() {
        assertThat(KvmIrqRouting.name(KvmIrqRouting.KVM_IRQ_ROUTING_HV_SINT)).isEqualTo("KVM_IRQ_ROUTING_HV_SINT");
        assertThat(KvmIrqRouting.name(9)).isEqualTo("KVM_IRQ_ROUTING_9");
        for (int type = 1; type <= 5; type++) {
            assertThat(KvmIrqRouting.name(type)).doesNotEndWith(Integer.toString(type));
        }
    }

    /** Linux, Documentation/virt/kvm/x86/msr.rst. */
    @Test
    void registersHaveNames() {
        assertThat(KvmMsr.name(0x4b564d01)).isEqualTo("MSR_KVM_SYSTEM_TIME_NEW");
        assertThat(KvmMsr.name(0x12)).isEqualTo("MSR_KVM_SYSTEM_TIME");
        assertThat(KvmMsr.name(0x4b564d09)).isEqualTo("MSR_KVM_0x4b564d09");
        for (int msr = 0x4b564d00; msr <= 0x4b564d08; msr++) {
            assertThat(KvmMsr.name(msr)).startsWith("MSR_KVM_").doesNotContain("0x");
            assertThat(KvmMsr.isKvm(msr)).isTrue();
        }
        assertThat(KvmMsr.name(0x11)).isEqualTo("MSR_KVM_WALL_CLOCK");
        assertThat(KvmMsr.isKvm(0x10)).isFalse();
        assertThat(KvmMsr.isKvm(0x4b564e00)).isFalse();
        assertThat(KvmMsr.isKvm(0x4b564cff)).isFalse();
    }
}
