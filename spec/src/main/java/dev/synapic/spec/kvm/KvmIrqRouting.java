// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.kvm;

/**
 * The GSI routing table as KVM_SET_GSI_ROUTING takes it: {@code struct kvm_irq_routing}, a header and entries of 48 bytes, in the
 * byte order of the host, which is little-endian on x86 (Linux, uapi/linux/kvm.h and Documentation/virt/kvm/api.rst 4.52).
 */
public final class KvmIrqRouting {
    public static final int KVM_IRQ_ROUTING_IRQCHIP = 1;
    public static final int KVM_IRQ_ROUTING_MSI = 2;
    public static final int KVM_IRQ_ROUTING_S390_ADAPTER = 3;
    public static final int KVM_IRQ_ROUTING_HV_SINT = 4;
    public static final int KVM_IRQ_ROUTING_XEN_EVTCHN = 5;

    /** Flag of an MSI entry: {@link #MSI_DEVID} holds a device id. */
    public static final int KVM_MSI_VALID_DEVID = 1;

    // struct kvm_irq_routing: offsets in bytes; every field has 32 bits.
    public static final int NR = 0;
    public static final int FLAGS = 4;
    public static final int HEADER_BYTES = 8;

    // struct kvm_irq_routing_entry: offsets within an entry.
    public static final int ENTRY_GSI = 0;
    public static final int ENTRY_TYPE = 4;
    public static final int ENTRY_FLAGS = 8;
    public static final int ENTRY_PAD = 12;
    public static final int ENTRY_BYTES = 48;

    // The union, by type.
    public static final int IRQCHIP_IRQCHIP = 16;
    public static final int IRQCHIP_PIN = 20;
    public static final int MSI_ADDRESS_LO = 16;
    public static final int MSI_ADDRESS_HI = 20;
    public static final int MSI_DATA = 24;
    public static final int MSI_DEVID = 28;
    /** A VP index. */
    public static final int HV_SINT_VCPU = 16;

    public static final int HV_SINT_SINT = 20;

    private KvmIrqRouting() {}

    /** The name of an entry's type as in Linux's kvm.h; {@code KVM_IRQ_ROUTING_} and the unsigned number where there is none. */
    public static String name(int type) {
        return switch (type) {
            case KVM_IRQ_ROUTING_IRQCHIP -> "KVM_IRQ_ROUTING_IRQCHIP";
            case KVM_IRQ_ROUTING_MSI -> "KVM_IRQ_ROUTING_MSI";
            case KVM_IRQ_ROUTING_S390_ADAPTER -> "KVM_IRQ_ROUTING_S390_ADAPTER";
            case KVM_IRQ_ROUTING_HV_SINT -> "KVM_IRQ_ROUTING_HV_SINT";
            case KVM_IRQ_ROUTING_XEN_EVTCHN -> "KVM_IRQ_ROUTING_XEN_EVTCHN";
            default -> "KVM_IRQ_ROUTING_" + Integer.toUnsignedString(type);
        };
    }
}
