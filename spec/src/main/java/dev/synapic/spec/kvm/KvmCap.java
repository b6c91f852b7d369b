// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.kvm;

/** Capabilities of KVM's userspace ABI that this project's control surface knows (Linux, uapi/linux/kvm.h). */
public final class KvmCap {
    public static final int KVM_CAP_IRQCHIP = 0;
    public static final int KVM_CAP_IRQ_ROUTING = 25;
    public static final int KVM_CAP_IRQFD = 32;
    public static final int KVM_CAP_IOEVENTFD = 36;
    public static final int KVM_CAP_TSC_DEADLINE_TIMER = 72;
    public static final int KVM_CAP_SIGNAL_MSI = 77;
    public static final int KVM_CAP_IRQFD_RESAMPLE = 82;
    public static final int KVM_CAP_SPLIT_IRQCHIP = 121;
    public static final int KVM_CAP_HYPERV_SYNIC = 123;
    public static final int KVM_CAP_X2APIC_API = 129;
    public static final int KVM_CAP_HYPERV_SYNIC2 = 148;
    public static final int KVM_CAP_HYPERV_VP_INDEX = 149;
    public static final int KVM_CAP_HYPERV_EVENTFD = 154;
    public static final int KVM_CAP_HYPERV_SEND_IPI = 161;
    public static final int KVM_CAP_ENFORCE_PV_FEATURE_CPUID = 190;

    private KvmCap() {}
}
