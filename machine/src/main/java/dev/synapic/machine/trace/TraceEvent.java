// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.trace;

/** What a trace records, named as KVM's tracepoints where KVM has one; each says what its two arguments mean. */
public enum TraceEvent {
    /** A processor leaves the guest: reason (ordinal of ExitReason), detail (MSR, port, address, hypercall). */
    KVM_EXIT("kvm_exit"),
    /** A processor enters the guest again: reason of the exit that ends, unused. */
    KVM_ENTRY("kvm_entry"),
    /** An APIC sends: ICR, targets that accepted. */
    KVM_APIC_IPI("kvm_apic_ipi"),
    /** A request arrives at an APIC: request (ICR low), 1 if it merged into a set IRR bit. */
    KVM_APIC_ACCEPT_IRQ("kvm_apic_accept_irq"),
    /** A processor takes a vector: vector, 1 for auto-EOI. */
    KVM_INJ_VIRQ("kvm_inj_virq"),
    /** A processor takes an NMI. */
    KVM_INJ_NMI("kvm_inj_nmi"),
    /** An interrupt ends: vector or -1. */
    KVM_EOI("kvm_eoi"),
    /** A KVM hypercall: number, result. */
    KVM_HYPERCALL("kvm_hypercall"),
    /** A Hyper-V hypercall: control word, result. */
    KVM_HV_HYPERCALL("kvm_hv_hypercall"),
    /** HvCallSendSyntheticClusterIpi sends: vector, mask of the first 64 virtual processors. */
    KVM_HV_SEND_IPI("kvm_hv_send_ipi"),
    /** HvCallSendSyntheticClusterIpiEx sends: vector in bits 31:0 and format of the set above, valid banks. */
    KVM_HV_SEND_IPI_EX("kvm_hv_send_ipi_ex"),
    /** A SINT is raised: SINT in bits 7:0 and VP index above, result (targets, or a negative errno). */
    KVM_HV_SYNIC_SET_IRQ("kvm_hv_synic_set_irq"),
    /** A SINT was ended: SINT in bits 7:0 and VP index above, 0 by EOI or 1 by EOM. */
    KVM_HV_NOTIFY_ACKED_SINT("kvm_hv_notify_acked_sint"),
    /** A SynIC MSR was written: MSR, value. */
    KVM_HV_SYNIC_SET_MSR("kvm_hv_synic_set_msr"),
    /** APICv inhibit reasons changed: reason (ordinal of InhibitReason), 1 if it was set and 0 if it was cleared. */
    KVM_APICV_INHIBIT_CHANGED("kvm_apicv_inhibit_changed"),
    /** A GSI was raised or lowered: gsi, level. */
    KVM_SET_IRQ("kvm_set_irq"),
    /** A GSI was acknowledged: gsi, unused. */
    KVM_ACK_IRQ("kvm_ack_irq"),
    /** The guest marked an instant: marker word, unused. */
    GUEST_MARK("guest_mark"),
    /** A guest has ended an interrupt by a bit in its memory: vector, unused. It follows kvm_eoi. */
    KVM_PV_EOI("kvm_pv_eoi"),
    /** A processor's kvmclock structure was written: version in bits 39:8 and flags in bits 7:0, TSC timestamp. */
    KVM_PVCLOCK_UPDATE("kvm_pvclock_update"),
    /** A processor starts at a SIPI vector. */
    VCPU_START("vcpu_start"),
    /** What the trace was made from: a hash of an input, unused. */
    INPUT("input");

    private final String tracepoint;

    TraceEvent(String tracepoint) {
        this.tracepoint = tracepoint;
    }

    /** The tracepoint's name. */
    public String tracepoint() {
        return tracepoint;
    }
}
