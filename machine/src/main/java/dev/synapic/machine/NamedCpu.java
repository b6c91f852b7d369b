// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The processors that {@code -cpu} knows by name: identities as QEMU gives them, features as far as this machine has them. The
 * hypervisor's faces, x2APIC, TSC_ADJUST and ARAT come with every one of them, as under KVM.
 */
enum NamedCpu {
    QEMU64("qemu64", new CpuIdentity("", 15, 107, 1, "QEMU Virtual CPU version 2.5+"), Generation.QEMU64),
    MAX("max", new CpuIdentity("", 6, 85, 4, "Synapic Virtual CPU"), Generation.ALL),
    HOST("host", new CpuIdentity("", 6, 85, 4, "Synapic Virtual CPU"), Generation.ALL),
    OPTERON_G1(
            "Opteron_G1",
            new CpuIdentity(CpuIdentity.AMD, 15, 6, 1, "AMD Opteron 240 (Gen 1 Class Opteron)"),
            Generation.OPTERON_G1),
    SKYLAKE_SERVER(
            "Skylake-Server",
            new CpuIdentity(CpuIdentity.INTEL, 6, 85, 4, "Intel Xeon Processor (Skylake)"),
            Generation.SKYLAKE);

    private enum Generation {
        QEMU64,
        OPTERON_G1,
        SKYLAKE,
        ALL
    }

    private static final Set<CpuFeature> WITH_KVM =
            EnumSet.of(CpuFeature.X2APIC, CpuFeature.HYPERVISOR, CpuFeature.TSC_ADJUST, CpuFeature.ARAT);
    /** Later than the first 64-bit processors. */
    private static final Set<CpuFeature> LATER = EnumSet.of(
            CpuFeature.MONITOR,
            CpuFeature.PCID,
            CpuFeature.MOVBE,
            CpuFeature.POPCNT,
            CpuFeature.TSC_DEADLINE,
            CpuFeature.XSAVE,
            CpuFeature.RDRAND,
            CpuFeature.LZCNT,
            CpuFeature.PREFETCHW,
            CpuFeature.PDPE1GB,
            CpuFeature.RDTSCP);
    /** Later than Skylake. */
    private static final Set<CpuFeature> LATEST = EnumSet.of(
            CpuFeature.UMIP,
            CpuFeature.RDPID,
            CpuFeature.FSRM,
            CpuFeature.MD_CLEAR,
            CpuFeature.SPEC_CTRL,
            CpuFeature.STIBP,
            CpuFeature.FLUSH_L1D,
            CpuFeature.ARCH_CAPABILITIES,
            CpuFeature.SSBD);

    private final String flag;

    @SuppressWarnings("ImmutableEnumChecker") // a record of strings and numbers
    private final CpuIdentity identity;

    private final Generation generation;

    NamedCpu(String flag, CpuIdentity identity, Generation generation) {
        this.flag = flag;
        this.identity = identity;
        this.generation = generation;
    }

    static List<String> names() {
        return Stream.of(values()).map(cpu -> cpu.flag).toList();
    }

    /** A name that {@link #names} has. */
    static NamedCpu of(String name) {
        return Stream.of(values())
                .filter(cpu -> cpu.flag.equals(name))
                .findFirst()
                .orElseThrow();
    }

    CpuIdentity identity() {
        return identity;
    }

    /** Whether the model has a feature of the processor that the machine offers. */
    boolean has(CpuFeature feature) {
        if (feature.face() != CpuFeature.Face.CPU || WITH_KVM.contains(feature)) {
            return true;
        }
        boolean early = switch (feature.leaf()) {
            case 6, 7, 0xD, 0x8000_0007 -> false;
            default -> true;
        };
        return switch (generation) {
            case ALL -> feature != CpuFeature.MONITOR;
            case SKYLAKE -> feature != CpuFeature.MONITOR && feature != CpuFeature.INVTSC && !LATEST.contains(feature);
            case QEMU64 -> early && !LATER.contains(feature);
            case OPTERON_G1 ->
                early && !LATER.contains(feature) && feature != CpuFeature.CX16 && feature != CpuFeature.LAHF_LM;
        };
    }
}
