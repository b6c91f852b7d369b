// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.PartitionPrivileges;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.spec.hyperv.HvCpuid;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * CPUID's answers (SDM vol. 2A, CPUID; TLFS 2.4; KVM's own leaves). Where both faces are on, Hyper-V stands at 0x40000000 and KVM at
 * 0x40000100, as guests of both expect.
 */
final class CpuidTable {
    private static final int HYPERVISOR_BASE = 0x4000_0000;
    private static final int SECOND_FACE = 0x4000_0100;
    private static final int LAST_BASIC = 0x15;
    private static final int LAST_EXTENDED = 0x8000_0008;
    private static final int FAMILY_6_MODEL_85 = 0x0005_0654;
    private static final int ADDRESS_SIZES = 46 | 48 << 8;

    private final CpuModel model;
    private final HardwareProfile profile;
    private final int vcpus;

    CpuidTable(CpuModel model, HardwareProfile profile, int vcpus) {
        this.model = model;
        this.profile = profile;
        this.vcpus = vcpus;
    }

    void read(int leaf, int subleaf, LocalApic apic, int[] result) {
        Arrays.fill(result, 0);
        if ((leaf & 0xFFFF_0000) == HYPERVISOR_BASE) {
            hypervisorLeaf(leaf, result);
        } else if (leaf < 0) {
            extendedLeaf(leaf, result);
        } else {
            basicLeaf(leaf, subleaf, apic, result);
        }
    }

    private void basicLeaf(int leaf, int subleaf, LocalApic apic, int[] result) {
        switch (leaf) {
            case 0 -> {
                result[0] = LAST_BASIC;
                vendor(result);
            }
            case 1 -> {
                result[0] = FAMILY_6_MODEL_85;
                result[1] = (apic.x2ApicId() & 0xFF) << 24 | Math.min(vcpus, 255) << 16 | 8 << 8;
                features(CpuFeature.Face.CPU, leaf, result);
            }
            case 7 -> {
                if (subleaf == 0) {
                    features(CpuFeature.Face.CPU, leaf, result);
                }
            }
            case 0xB -> topology(subleaf, apic, result);
            case 0x15 -> {
                // TSC = crystal * EBX / EAX
                result[0] = 1;
                result[1] = 1;
                result[2] = Math.toIntExact(profile.tscKhz() * 1000);
            }
            default -> {}
        }
    }

    /** One thread a core, all cores in one package (SDM vol. 2A, leaf 0BH). */
    private void topology(int subleaf, LocalApic apic, int[] result) {
        result[2] = subleaf;
        result[3] = apic.x2ApicId();
        if (subleaf == 0) {
            result[1] = 1;
            result[2] |= 1 << 8;
        } else if (subleaf == 1) {
            result[0] = 32 - Integer.numberOfLeadingZeros(vcpus - 1);
            result[1] = vcpus;
            result[2] |= 2 << 8;
        }
    }

    private void extendedLeaf(int leaf, int[] result) {
        switch (leaf) {
            case 0x8000_0000 -> result[0] = LAST_EXTENDED;
            case 0x8000_0001 -> features(CpuFeature.Face.CPU, leaf, result);
            case 0x8000_0008 -> result[0] = ADDRESS_SIZES;
            default -> {}
        }
    }

    private void vendor(int[] result) {
        int[] words = words(profile.vendor());
        result[1] = words[0];
        result[3] = words[1];
        result[2] = words[2];
    }

    private void hypervisorLeaf(int leaf, int[] result) {
        boolean hyperv = model.hasFace(CpuFeature.Face.HYPERV);
        int kvmBase = hyperv ? SECOND_FACE : HYPERVISOR_BASE;
        if (hyperv && leaf < SECOND_FACE) {
            HypervLeaves.read(leaf - HYPERVISOR_BASE, model, profile, result);
            features(CpuFeature.Face.HYPERV, leaf - HYPERVISOR_BASE, result);
        } else if (model.hasFace(CpuFeature.Face.KVM) && leaf >= kvmBase) {
            kvmLeaf(leaf - kvmBase, kvmBase, result);
        }
    }

    /** What Hyper-V's leaves promise to the guest, for those who keep the promise. */
    PartitionPrivileges privileges() {
        int[] features = new int[4];
        int[] recommendations = new int[4];
        hypervisorLeaf(HvCpuid.LEAF_FEATURES, features);
        hypervisorLeaf(HvCpuid.LEAF_ENLIGHTENMENT_INFO, recommendations);
        return new PartitionPrivileges(
                features[0],
                features[1],
                features[3],
                recommendations[0],
                recommendations[1],
                model.has(CpuFeature.HV_ENFORCE_CPUID));
    }

    private void kvmLeaf(int leaf, int base, int[] result) {
        if (leaf == 0) {
            int[] words = words("KVMKVMKVM\0\0\0");
            result[0] = base + 1;
            System.arraycopy(words, 0, result, 1, 3);
        } else if (leaf == 1) {
            features(CpuFeature.Face.KVM, leaf, result);
        }
    }

    private void features(CpuFeature.Face face, int leaf, int[] result) {
        for (CpuFeature feature : model.features()) {
            if (feature.face() == face && feature.leaf() == leaf) {
                result[feature.register()] |= feature.mask();
            }
        }
    }

    private static int[] words(String twelveBytes) {
        ByteBuffer bytes = ByteBuffer.wrap(twelveBytes.getBytes(StandardCharsets.ISO_8859_1))
                .order(ByteOrder.LITTLE_ENDIAN);
        return new int[] {bytes.getInt(), bytes.getInt(), bytes.getInt()};
    }
}
