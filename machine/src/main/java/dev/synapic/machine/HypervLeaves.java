// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.spec.hyperv.HvCpuid;

/** Hyper-V's CPUID leaves, but for the bits that stand for one {@link CpuFeature} each (TLFS 2.4). */
final class HypervLeaves {
    private static final int VERSION_BUILD = 1;
    private static final int VERSION_10_0 = 10 << 16;
    /** Attempts to take a lock before HvCallNotifyLongSpinWait; Hyper-V's own number. */
    private static final int SPIN_RETRIES = 0xFFF;

    private static final int MOST_VPS = MachineConfig.MOST_VCPUS;

    private HypervLeaves() {}

    /** leaf counts from 0x40000000. */
    static void read(int leaf, CpuModel model, HardwareProfile profile, int[] result) {
        switch (HvCpuid.LEAF_VENDOR_AND_MAX_FUNCTION + leaf) {
            case HvCpuid.LEAF_VENDOR_AND_MAX_FUNCTION -> {
                result[0] = HvCpuid.LEAF_IMPLEMENT_LIMITS;
                result[1] = HvCpuid.VENDOR_MICROSOFT_EBX;
                result[2] = HvCpuid.VENDOR_MICROSOFT_ECX;
                result[3] = HvCpuid.VENDOR_MICROSOFT_EDX;
            }
            case HvCpuid.LEAF_INTERFACE -> result[0] = HvCpuid.INTERFACE_HV1;
            case HvCpuid.LEAF_VERSION -> {
                result[0] = VERSION_BUILD;
                result[1] = VERSION_10_0;
            }
            case HvCpuid.LEAF_FEATURES -> features(model, result);
            case HvCpuid.LEAF_ENLIGHTENMENT_INFO -> recommendations(model, profile, result);
            case HvCpuid.LEAF_IMPLEMENT_LIMITS -> {
                result[0] = MOST_VPS;
                result[1] = MOST_VPS;
            }
            default -> {}
        }
    }

    private static void features(CpuModel model, int[] result) {
        result[0] = HvCpuid.ACCESS_HYPERCALL_MSRS;
        result[1] = HvCpuid.ENABLE_EXTENDED_HYPERCALLS;
        result[3] = HvCpuid.HYPERCALL_MSR_LOCK_AVAILABLE;
        if (model.has(CpuFeature.HV_TIME)) {
            result[0] |= HvCpuid.ACCESS_PARTITION_REFERENCE_TSC;
        }
        if (model.has(CpuFeature.HV_SYNIC)) {
            result[1] |= HvCpuid.POST_MESSAGES | HvCpuid.SIGNAL_EVENTS;
            result[3] |= HvCpuid.SINT_POLLING_MODE_AVAILABLE;
        }
        if (model.has(CpuFeature.HV_FREQUENCIES)) {
            result[3] |= HvCpuid.FREQUENCY_MSRS_AVAILABLE;
        }
    }

    /** The APIC's synthetic registers are worth their exit only where the APIC's own cost one too. */
    private static void recommendations(CpuModel model, HardwareProfile profile, int[] result) {
        if (model.has(CpuFeature.HV_IPI) || model.has(CpuFeature.HV_TLBFLUSH)) {
            result[0] |= HvCpuid.RECOMMEND_EX_PROCESSOR_MASKS;
        }
        if (model.has(CpuFeature.HV_VAPIC) && !profile.apicv() && !profile.avic()) {
            result[0] |= HvCpuid.RECOMMEND_APIC_MSRS;
        }
        result[1] = SPIN_RETRIES;
    }
}
