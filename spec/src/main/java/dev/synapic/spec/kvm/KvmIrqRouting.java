// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.kvm;

/** Types of entries of the GSI routing table (Linux, KVM_SET_GSI_ROUTING). */
public final class KvmIrqRouting {
    public static final int KVM_IRQ_ROUTING_IRQCHIP = 1;
    public static final int KVM_IRQ_ROUTING_MSI = 2;
    public static final int KVM_IRQ_ROUTING_S390_ADAPTER = 3;
    public static final int KVM_IRQ_ROUTING_HV_SINT = 4;
    public static final int KVM_IRQ_ROUTING_XEN_EVTCHN = 5;

    private KvmIrqRouting() {}

    public static String name(int type) {
        return switch (type) {
            case KVM_IRQ_ROUTING_IRQCHIP -> "KVM_IRQ_ROUTING_IRQCHIP";
            case KVM_IRQ_ROUTING_MSI -> "KVM_IRQ_ROUTING_MSI";
            case KVM_IRQ_ROUTING_S390_ADAPTER -> "KVM_IRQ_ROUTING_S390_ADAPTER";
            case KVM_IRQ_ROUTING_HV_SINT -> "KVM_IRQ_ROUTING_HV_SINT";
            case KVM_IRQ_ROUTING_XEN_EVTCHN -> "KVM_IRQ_ROUTING_XEN_EVTCHN";
            default -> "KVM_IRQ_ROUTING_" + type;
        };
    }
}
