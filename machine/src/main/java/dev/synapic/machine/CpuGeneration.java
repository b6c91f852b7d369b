// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Generations of processors, each with what it has beyond an older one, of the features that this machine can give. */
enum CpuGeneration {
    /** The first 64-bit processors. */
    AMD64(
            null,
            CpuFeature.FPU,
            CpuFeature.DE,
            CpuFeature.PSE,
            CpuFeature.TSC,
            CpuFeature.MSR,
            CpuFeature.PAE,
            CpuFeature.MCE,
            CpuFeature.CX8,
            CpuFeature.APIC,
            CpuFeature.SEP,
            CpuFeature.MTRR,
            CpuFeature.PGE,
            CpuFeature.MCA,
            CpuFeature.CMOV,
            CpuFeature.PAT,
            CpuFeature.PSE36,
            CpuFeature.CLFLUSH,
            CpuFeature.MMX,
            CpuFeature.FXSR,
            CpuFeature.SSE,
            CpuFeature.SSE2,
            CpuFeature.SSE3,
            CpuFeature.SYSCALL,
            CpuFeature.NX,
            CpuFeature.LM),
    PRESCOTT(AMD64, CpuFeature.CX16),
    CORE(AMD64, CpuFeature.LAHF_LM),
    /** Of AMD's second generation of Opterons; and Penryn. */
    SECOND_64(AMD64, CpuFeature.CX16, CpuFeature.LAHF_LM),
    BARCELONA(SECOND_64, CpuFeature.LZCNT, CpuFeature.MONITOR, CpuFeature.POPCNT, CpuFeature.RDTSCP),
    ZEN(
            BARCELONA,
            CpuFeature.CLFLUSHOPT,
            CpuFeature.FSGSBASE,
            CpuFeature.MOVBE,
            CpuFeature.PDPE1GB,
            CpuFeature.PREFETCHW,
            CpuFeature.RDRAND,
            CpuFeature.RDSEED,
            CpuFeature.SMAP,
            CpuFeature.SMEP,
            CpuFeature.XSAVE,
            CpuFeature.XSAVEOPT),
    NEHALEM(SECOND_64, CpuFeature.POPCNT),
    SANDY_BRIDGE(NEHALEM, CpuFeature.RDTSCP, CpuFeature.TSC_DEADLINE, CpuFeature.XSAVE, CpuFeature.XSAVEOPT),
    IVY_BRIDGE(SANDY_BRIDGE, CpuFeature.ERMS, CpuFeature.FSGSBASE, CpuFeature.RDRAND, CpuFeature.SMEP),
    HASWELL(
            IVY_BRIDGE,
            CpuFeature.INVPCID,
            CpuFeature.LZCNT,
            CpuFeature.MOVBE,
            CpuFeature.PCID,
            CpuFeature.ZERO_FCS_FDS),
    BROADWELL(HASWELL, CpuFeature.PREFETCHW, CpuFeature.RDSEED, CpuFeature.SMAP),
    SKYLAKE_SERVER(BROADWELL, CpuFeature.CLFLUSHOPT, CpuFeature.CLWB, CpuFeature.PDPE1GB),
    CASCADE_LAKE(SKYLAKE_SERVER, CpuFeature.SPEC_CTRL, CpuFeature.SSBD);

    @SuppressWarnings("ImmutableEnumChecker") // a set that nobody changes
    private final Set<CpuFeature> features = EnumSet.noneOf(CpuFeature.class);

    CpuGeneration(@Nullable CpuGeneration older, CpuFeature... own) {
        if (older != null) {
            features.addAll(older.features);
        }
        features.addAll(List.of(own));
    }

    boolean has(CpuFeature feature) {
        return features.contains(feature);
    }
}
