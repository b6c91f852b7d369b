// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import dev.synapic.interrupts.routing.GsiRoutingTable;
import dev.synapic.spec.kvm.KvmCap;

/**
 * KVM_CHECK_EXTENSION for the interrupt fabric: which of KVM's capabilities a VMM finds here, by KVM's numbers.
 *
 * <p>Spec: KVM API 4.4; the numbers are {@link KvmCap}'s. Not modelled: everything of KVM beyond interrupts, which answers 0 like any
 * unknown number. Threading: stateless.
 */
public final class KvmExtensions {
    private static final int NO = 0;
    private static final int YES = 1;

    private KvmExtensions() {}

    /** 0: not there; otherwise there, and where KVM's answer is a quantity, that: the routes of a table for KVM_CAP_IRQ_ROUTING. */
    public static int check(int capability) {
        return switch (capability) {
            case KvmCap.KVM_CAP_IRQ_ROUTING -> GsiRoutingTable.MAX_GSI;
            case KvmCap.KVM_CAP_IRQCHIP,
                    KvmCap.KVM_CAP_IRQFD,
                    KvmCap.KVM_CAP_IRQFD_RESAMPLE,
                    KvmCap.KVM_CAP_IOEVENTFD,
                    KvmCap.KVM_CAP_SIGNAL_MSI,
                    KvmCap.KVM_CAP_SPLIT_IRQCHIP,
                    KvmCap.KVM_CAP_TSC_DEADLINE_TIMER,
                    KvmCap.KVM_CAP_HYPERV_SYNIC,
                    KvmCap.KVM_CAP_HYPERV_SYNIC2,
                    KvmCap.KVM_CAP_HYPERV_VP_INDEX,
                    KvmCap.KVM_CAP_HYPERV_EVENTFD,
                    KvmCap.KVM_CAP_HYPERV_SEND_IPI,
                    KvmCap.KVM_CAP_ENFORCE_PV_FEATURE_CPUID -> YES;
            default -> NO;
        };
    }
}
