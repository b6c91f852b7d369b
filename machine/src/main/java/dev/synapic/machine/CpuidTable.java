// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.PartitionPrivileges;
import dev.synapic.interrupts.kvm.KvmFeatures;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.spec.hyperv.HvCpuid;
import dev.synapic.spec.kvm.KvmCpuid;
import dev.synapic.spec.x86.ApicBaseMsr;
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
    // KVM's leaves, relative to its first one.
    private static final int FEATURES = KvmCpuid.FEATURES_LEAF - KvmCpuid.SIGNATURE_LEAF;
    private static final int TIMING = KvmCpuid.TIMING_LEAF - KvmCpuid.SIGNATURE_LEAF;

    private static final int LAST_BASIC_INTEL = 0x16;
    private static final int LAST_BASIC_WITH_DIES = 0x1F;
    private static final int LEVEL_SMT = 1, LEVEL_CORE = 2, LEVEL_DIE = 5;
    /** The leaves from 0xE on are Intel's. */
    private static final int LAST_BASIC_AMD = 0xD;

    private static final int LAST_EXTENDED = 0x8000_0008;
    private static final int X87_AND_SSE = 3;
    private static final int XSAVE_AREA_BYTES = 512 + 64;
    private static final int BRAND_FIRST = 0x8000_0002;
    private static final int BRAND_BYTES = 48;
    private static final int CACHE_LINE_BYTES = 64;
    /** What AMD's extended leaf repeats of leaf 1 EDX. */
    private static final int AMD_ALIASES = 0x0183_F3FF;

    private static final int ADDRESS_SIZES = Cpu.PHYSICAL_ADDRESS_BITS | 48 << 8;
    /** The local APIC's timer and thus the crystal of leaf 15H count nanoseconds. */
    private static final int CRYSTAL_HZ = 1_000_000_000;

    private static final int CRYSTAL_KHZ = CRYSTAL_HZ / 1000;
    /** No descriptors: look at leaf 4. */
    private static final int CACHES_IN_LEAF_4 = 0x00FE_FF01;

    private final CpuModel model;
    private final HardwareProfile profile;
    private final CpuTopology topology;
    private final String vendor;
    private final byte[] brand;

    CpuidTable(CpuModel model, HardwareProfile profile, CpuTopology topology) {
        this.model = model;
        this.profile = profile;
        this.topology = topology;
        this.vendor = model.identity().vendor();
        this.brand = Arrays.copyOf(model.identity().brand().getBytes(StandardCharsets.ISO_8859_1), BRAND_BYTES);
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
                result[0] = lastBasic();
                vendor(result);
            }
            case 1 -> versionLeaf(apic, result);
            case 2 -> result[0] = amd() ? 0 : CACHES_IN_LEAF_4;
            case 4 -> {
                if (!amd()) {
                    cacheLeaf(subleaf, result);
                }
            }
            case 6 -> features(CpuFeature.Face.CPU, leaf, result);
            case 7 -> {
                if (subleaf == 0) {
                    features(CpuFeature.Face.CPU, leaf, result);
                }
            }
            case 0xB -> topology(subleaf, apic, result);
            case 0xD -> extendedState(subleaf, result);
            case 0x15 -> timeLeaf(result);
            case 0x1F -> topologyWithDies(subleaf, apic, result);
            case 0x16 -> frequencyLeaf(result);
            default -> {}
        }
    }

    private int lastBasic() {
        int level = model.identity().level();
        if (level != 0) {
            return level;
        }
        return amd() ? LAST_BASIC_AMD : hasDies() ? LAST_BASIC_WITH_DIES : LAST_BASIC_INTEL;
    }

    private boolean amd() {
        return vendor.equals(CpuIdentity.AMD);
    }

    private void versionLeaf(LocalApic apic, int[] result) {
        result[0] = model.identity().signature();
        result[1] = (apic.x2ApicId() & 0xFF) << 24
                | Math.min(topology.threadsInPackage(), 255) << 16
                | CACHE_LINE_BYTES / 8 << 8;
        features(CpuFeature.Face.CPU, 1, result);
        if (topology.threadsInPackage() > 1) {
            result[3] |= 1 << 28;
        }
        // SDM vol. 3A, 12.4.3: an APIC that IA32_APIC_BASE has switched off is not there
        if ((apic.apicBase() & ApicBaseMsr.ENABLE) == 0) {
            result[CpuFeature.APIC.register()] &= ~CpuFeature.APIC.mask();
        }
    }

    /** 32 KiB L1 data and code, 1 MiB L2, 16 MiB L3 for the cores of a die (SDM vol. 2A, leaf 04H). */
    private void cacheLeaf(int subleaf, int[] result) {
        switch (subleaf) {
            case 0 -> cache(1, 1, 8, 64, topology.threads(), result);
            case 1 -> cache(2, 1, 8, 64, topology.threads(), result);
            case 2 -> cache(3, 2, 16, 1024, topology.threads(), result);
            case 3 -> cache(3, 3, 16, 16_384, topology.threadsInDie(), result);
            default -> {}
        }
    }

    private void cache(int type, int level, int ways, int sets, int sharers, int[] result) {
        int cores = Math.min(1 << CpuTopology.idBits(topology.dies() * topology.cores()), 64);
        int sharing = Math.min(1 << CpuTopology.idBits(sharers), 4096);
        result[0] = type | level << 5 | 1 << 8 | sharing - 1 << 14 | cores - 1 << 26;
        result[1] = ways - 1 << 22 | CACHE_LINE_BYTES - 1;
        result[2] = sets - 1;
    }

    /** The components x87 and SSE, both in XSAVE's legacy area: its size is the same whatever XCR0 says. */
    private void extendedState(int subleaf, int[] result) {
        if (!model.has(CpuFeature.XSAVE)) {
            return;
        }
        if (subleaf == 0) {
            result[0] = X87_AND_SSE;
            result[1] = XSAVE_AREA_BYTES;
            result[2] = XSAVE_AREA_BYTES;
        } else if (subleaf == 1) {
            features(CpuFeature.Face.CPU, 0xD, result);
        }
    }

    /** TSC = crystal * EBX / EAX (SDM vol. 2A, leaf 15H). */
    private void timeLeaf(int[] result) {
        if (amd()) {
            return;
        }
        int tscKhz = Math.toIntExact(profile.tscKhz());
        int divisor = greatestCommonDivisor(tscKhz, CRYSTAL_KHZ);
        result[0] = CRYSTAL_KHZ / divisor;
        result[1] = tscKhz / divisor;
        result[2] = CRYSTAL_HZ;
    }

    private static int greatestCommonDivisor(int a, int b) {
        return b == 0 ? a : greatestCommonDivisor(b, a % b);
    }

    private void frequencyLeaf(int[] result) {
        if (!amd()) {
            result[0] = Math.toIntExact(profile.tscKhz() / 1000);
            result[1] = result[0];
            result[2] = 100;
        }
    }

    /** Threads of a core, then of a package (SDM vol. 2A, leaf 0BH, which does not know dies). */
    private void topology(int subleaf, LocalApic apic, int[] result) {
        switch (subleaf) {
            case 0 -> level(LEVEL_SMT, topology.threads(), result);
            case 1 -> level(LEVEL_CORE, topology.threadsInPackage(), result);
            default -> {}
        }
        result[2] |= subleaf;
        result[3] = apic.x2ApicId();
    }

    /** Threads of a core, of a die, of a package (leaf 1FH). */
    private void topologyWithDies(int subleaf, LocalApic apic, int[] result) {
        if (!hasDies()) {
            return;
        }
        switch (subleaf) {
            case 0 -> level(LEVEL_SMT, topology.threads(), result);
            case 1 -> level(LEVEL_CORE, topology.threadsInDie(), result);
            case 2 -> level(LEVEL_DIE, topology.threadsInPackage(), result);
            default -> {}
        }
        result[2] |= subleaf;
        result[3] = apic.x2ApicId();
    }

    private static void level(int type, int threads, int[] result) {
        result[0] = CpuTopology.idBits(threads);
        result[1] = threads;
        result[2] = type << 8;
    }

    private boolean hasDies() {
        return topology.dies() > 1 && !amd();
    }

    private void extendedLeaf(int leaf, int[] result) {
        switch (leaf) {
            case 0x8000_0000 -> {
                result[0] = LAST_EXTENDED;
                if (amd()) {
                    vendor(result);
                }
            }
            case 0x8000_0001 -> {
                features(CpuFeature.Face.CPU, leaf, result);
                if (amd()) {
                    int[] aliased = new int[4];
                    features(CpuFeature.Face.CPU, 1, aliased);
                    result[0] = model.identity().signature();
                    result[3] |= aliased[3] & AMD_ALIASES;
                }
            }
            case 0x8000_0002, 0x8000_0003, 0x8000_0004 -> brand(leaf - BRAND_FIRST, result);
            // 1 MiB, 16 ways, 64-byte lines
            case 0x8000_0006 -> result[2] = 1024 << 16 | 8 << 12 | CACHE_LINE_BYTES;
            case 0x8000_0007 -> features(CpuFeature.Face.CPU, leaf, result);
            case 0x8000_0008 -> {
                result[0] = ADDRESS_SIZES;
                result[2] = amd() ? Math.min(topology.threadsInPackage() - 1, 255) : 0;
            }
            default -> {}
        }
    }

    private void brand(int part, int[] result) {
        ByteBuffer.wrap(brand, part * 16, 16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .get(result, 0, 4);
    }

    private void vendor(int[] result) {
        int[] words = words(vendor);
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
            result[0] = base + (tellsFrequencies(base) ? TIMING : FEATURES);
            System.arraycopy(words, 0, result, 1, 3);
        } else if (leaf == FEATURES) {
            features(CpuFeature.Face.KVM, leaf, result);
        } else if (leaf == TIMING && tellsFrequencies(base)) {
            result[0] = Math.toIntExact(profile.tscKhz());
            result[1] = CRYSTAL_KHZ;
        }
    }

    /** Guests of VMware's leaf look for it at 0x40000010 only; QEMU leaves it out where KVM's leaves stand elsewhere. */
    private boolean tellsFrequencies(int base) {
        return base == HYPERVISOR_BASE && model.has(CpuFeature.VMWARE_CPUID_FREQ);
    }

    /** What KVM's leaves promise to the guest, and whether it is held to that. */
    KvmFeatures kvmFeatures() {
        int[] leaf = new int[4];
        features(CpuFeature.Face.KVM, FEATURES, leaf);
        return new KvmFeatures(leaf[0], model.has(CpuFeature.KVM_PV_ENFORCE_CPUID));
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
