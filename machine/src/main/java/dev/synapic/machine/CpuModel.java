// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The processor that a guest finds: what {@code -cpu MODEL,+f,-f,f=on|off} says, checked. */
public record CpuModel(String name, Set<CpuFeature> features, CpuIdentity identity, HypervValues hyperv) {
    /** What takes something from a guest, or makes it do without something, is off until it is asked for. */
    private static final EnumSet<CpuFeature> ONLY_WHEN_ASKED_FOR =
            EnumSet.of(CpuFeature.HV_ENFORCE_CPUID, CpuFeature.KVM_PV_ENFORCE_CPUID, CpuFeature.KVM_HINT_DEDICATED);

    public CpuModel {
        features = Set.copyOf(features);
    }

    CpuModel(String name, Set<CpuFeature> features, CpuIdentity identity) {
        this(name, features, identity, HypervValues.DEFAULT);
    }

    /** All that this machine has, for a hypervisor's faces: none, kvm, hyperv or all. */
    public static CpuModel max(String hypervisor) {
        Set<CpuFeature> features = EnumSet.complementOf(ONLY_WHEN_ASKED_FOR);
        features.removeIf(f -> !offers(hypervisor, f.face()));
        if (hypervisor.equals("none")) {
            features.remove(CpuFeature.HYPERVISOR);
        }
        features.removeIf(f -> !NamedCpu.MAX.has(f));
        return new CpuModel("max", features, NamedCpu.MAX.identity());
    }

    /** Whether a model that has a feature comes with it, and not only where it is asked for. */
    static boolean comesUnasked(CpuFeature feature) {
        return !ONLY_WHEN_ASKED_FOR.contains(feature);
    }

    private static boolean offers(String hypervisor, CpuFeature.Face face) {
        return switch (hypervisor) {
            case "none" -> face == CpuFeature.Face.CPU;
            case "kvm" -> face != CpuFeature.Face.HYPERV;
            case "hyperv" -> face != CpuFeature.Face.KVM;
            case "all" -> true;
            default ->
                throw new ConfigurationException(
                        "unknown hypervisor '" + hypervisor + "'; there are: none, kvm, hyperv, all");
        };
    }

    /** Reads a {@code -cpu} argument. */
    public static CpuModel parse(String text, String hypervisor) {
        return CpuArgument.parse(text, hypervisor);
    }

    /** The models that {@code -cpu} knows. */
    public static List<String> names() {
        return NamedCpu.names();
    }

    public boolean has(CpuFeature feature) {
        return features.contains(feature);
    }

    /** The same model without a feature. */
    public CpuModel without(CpuFeature feature) {
        Set<CpuFeature> fewer = EnumSet.copyOf(features);
        fewer.remove(feature);
        return new CpuModel(name, fewer, identity, hyperv);
    }

    /** The same model of that vendor, unless it has one of its own. */
    CpuModel ofVendor(String vendor) {
        return identity.vendor().isEmpty() ? new CpuModel(name, features, identity.withVendor(vendor), hyperv) : this;
    }

    /** Whether a guest that knows both faces takes Hyper-V's and has a SynIC there: Linux prefers KVM's where it finds it. */
    public boolean isHypervWithSynIc() {
        return has(CpuFeature.HV_SYNIC) && !hasFace(CpuFeature.Face.KVM);
    }

    boolean hasFace(CpuFeature.Face face) {
        return features.stream().anyMatch(f -> f.face() == face && f.announced());
    }
}
