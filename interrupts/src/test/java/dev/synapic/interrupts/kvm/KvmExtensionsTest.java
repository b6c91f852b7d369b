// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** KVM API 4.4, KVM_CHECK_EXTENSION. Numbers as in Linux, uapi/linux/kvm.h, written out so that a wrong constant is seen. */
class KvmExtensionsTest {
    /** The founding document: {@code #define KVM_CAP_HYPERV_SYNIC 123}. */
    @Test
    void theSynicIsExtension123() {
        assertThat(KvmExtensions.check(123)).isEqualTo(1);
    }

    /** KVM_CAP_IRQ_ROUTING is 25 and answers KVM_MAX_IRQ_ROUTES, 4096. */
    @Test
    void theRoutingTableTellsItsSize() {
        assertThat(KvmExtensions.check(25)).isEqualTo(4096);
    }

    /** KVM_CAP_SPLIT_IRQCHIP is 121, KVM_CAP_IRQFD_RESAMPLE 82, KVM_CAP_SIGNAL_MSI 77. */
    @Test
    void whatTheControlSurfaceNeedsIsThere() {
        assertThat(List.of(0, 32, 36, 72, 77, 82, 121, 148, 149, 154, 161, 190))
                .allSatisfy(capability ->
                        assertThat(KvmExtensions.check(capability)).isPositive());
    }

    /** KVM_CAP_S390_ADAPTER and friends, and numbers that nobody has. */
    @Test
    void anythingElseIsNotThere() {
        assertThat(List.of(-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 1, 124, 1000))
                .allSatisfy(capability ->
                        assertThat(KvmExtensions.check(capability)).isZero());
    }
}
