// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.spec.hyperv.HvCpuid;

/** Hyper-V's CPUID leaves, but for the bits that {@link CpuFeature} switches (TLFS 2.4). */
final class HypervLeaves {
    private static final int VERSION_BUILD = 1;
    private static final int VERSION_10_0 = 10 << 16;
    private static final int NO_SPIN_NOTIFICATION = -1;
    private static final int MOST_VPS = MachineConfig.MOST_VCPUS;

    private HypervLeaves() {}

    /** leaf counts from 0x40000000. */
    static void read(int leaf, int[] result) {
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
            case HvCpuid.LEAF_FEATURES -> {
                result[0] = HvCpuid.ACCESS_HYPERCALL_MSRS | HvCpuid.ACCESS_FREQUENCY_MSRS;
                result[3] = HvCpuid.FREQUENCY_MSRS_AVAILABLE | HvCpuid.SINT_POLLING_MODE_AVAILABLE;
            }
            case HvCpuid.LEAF_ENLIGHTENMENT_INFO -> {
                result[0] = HvCpuid.RECOMMEND_EX_PROCESSOR_MASKS;
                result[1] = NO_SPIN_NOTIFICATION;
            }
            case HvCpuid.LEAF_IMPLEMENT_LIMITS -> {
                result[0] = MOST_VPS;
                result[1] = MOST_VPS;
            }
            default -> {}
        }
    }
}
