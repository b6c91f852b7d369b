// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.spec.hyperv.HvCpuid;

/** Hyper-V's CPUID leaves, but for the bits that stand for one {@link CpuFeature} each (TLFS 2.4). */
final class HypervLeaves {
    private static final int MOST_VPS = MachineConfig.MOST_VCPUS;

    private HypervLeaves() {}

    /** leaf counts from 0x40000000. */
    static void read(int leaf, CpuModel model, HardwareProfile profile, int[] result) {
        switch (HvCpuid.LEAF_VENDOR_AND_MAX_FUNCTION + leaf) {
            case HvCpuid.LEAF_VENDOR_AND_MAX_FUNCTION -> {
                result[0] = HvCpuid.LEAF_IMPLEMENTATION_HARDWARE;
                model.hyperv().readVendor(result);
            }
            case HvCpuid.LEAF_INTERFACE -> result[0] = HvCpuid.INTERFACE_HV1;
            case HvCpuid.LEAF_VERSION -> model.hyperv().readVersion(result);
            case HvCpuid.LEAF_FEATURES -> features(model, result);
            case HvCpuid.LEAF_ENLIGHTENMENT_INFO -> recommendations(model, profile, result);
            case HvCpuid.LEAF_IMPLEMENT_LIMITS -> {
                result[0] = MOST_VPS;
                result[1] = MOST_VPS;
            }
            case HvCpuid.LEAF_IMPLEMENTATION_HARDWARE -> result[0] = hardware(profile);
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
        if (model.has(CpuFeature.HV_XMM_INPUT)) {
            result[3] |= HvCpuid.XMM_REGISTERS_FOR_FAST_HYPERCALL_OUTPUT_AVAILABLE;
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
        result[1] =
                model.has(CpuFeature.HV_SPINLOCKS) ? model.hyperv().spinRetries() : HvCpuid.NEVER_NOTIFY_LONG_SPIN_WAIT;
        result[2] = Cpu.PHYSICAL_ADDRESS_BITS;
    }

    /** What the profile's hypervisor makes use of; there is no nested face, hence no leaf beyond this one (TLFS 2.4.8). */
    private static int hardware(HardwareProfile profile) {
        int always = HvCpuid.MSR_BITMAPS | HvCpuid.SECOND_LEVEL_ADDRESS_TRANSLATION;
        return profile.apicv() || profile.avic() ? always | HvCpuid.APIC_OVERLAY_ASSIST : always;
    }
}
