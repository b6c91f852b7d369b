// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The {@code hv-*} flags of {@code -cpu} as a group: which need which others, and the one that stands for all. */
final class HypervFlags {
    /** All that there is of Hyper-V's face. */
    static final String PASSTHROUGH = "hv-passthrough";

    /** A feature that is of no use without another one. */
    record Dependency(CpuFeature feature, CpuFeature needs) {}

    static final List<Dependency> DEPENDENCIES = List.of(
            new Dependency(CpuFeature.HV_SYNIC, CpuFeature.HV_VPINDEX),
            new Dependency(CpuFeature.HV_STIMER, CpuFeature.HV_SYNIC),
            new Dependency(CpuFeature.HV_STIMER, CpuFeature.HV_TIME),
            new Dependency(CpuFeature.HV_STIMER_DIRECT, CpuFeature.HV_STIMER),
            new Dependency(CpuFeature.HV_IPI, CpuFeature.HV_VPINDEX),
            new Dependency(CpuFeature.HV_TLBFLUSH, CpuFeature.HV_VPINDEX),
            new Dependency(CpuFeature.HV_TLBFLUSH_EXT, CpuFeature.HV_TLBFLUSH),
            new Dependency(CpuFeature.HV_XMM_INPUT, CpuFeature.SSE));

    private HypervFlags() {}

    /** The value of flag=value; QEMU's third one, to leave it to the host, means on: it is true here whatever the topology. */
    static String onOrOff(String word) {
        return word.equals("hv-no-nonarch-coresharing=auto") ? "on" : word.substring(word.indexOf('=') + 1);
    }

    /** Adds or removes all features of Hyper-V's face, but for the switch that refuses what is not announced. */
    static void passThrough(boolean on, Set<CpuFeature> features) {
        Set<CpuFeature> all = EnumSet.allOf(CpuFeature.class);
        all.removeIf(f -> f.face() != CpuFeature.Face.HYPERV || !CpuModel.comesUnasked(f));
        if (on) {
            features.addAll(all);
        } else {
            features.removeAll(all);
        }
    }
}
