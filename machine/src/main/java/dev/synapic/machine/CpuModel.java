// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The processor that a guest finds: what {@code -cpu MODEL,+f,-f,f=on|off} says, checked. */
public record CpuModel(String name, Set<CpuFeature> features, CpuIdentity identity, HypervValues hyperv) {
    /** Flags that describe migration or the host, which change nothing here. */
    private static final Set<String> IGNORED = Set.of("host-phys-bits", "migratable", "check", "enforce");

    /** Names that QEMU has for flags that are the manual's here. */
    private static final Map<String, String> ALIASES =
            Map.of("pni", "sse3", "abm", "lzcnt", "3dnowprefetch", "prefetchw", "hv-apicv", "hv-avic");

    public CpuModel {
        features = Set.copyOf(features);
    }

    CpuModel(String name, Set<CpuFeature> features, CpuIdentity identity) {
        this(name, features, identity, HypervValues.DEFAULT);
    }

    /** All that this machine has, for a hypervisor's faces: none, kvm, hyperv or all. */
    public static CpuModel max(String hypervisor) {
        Set<CpuFeature> features = EnumSet.complementOf(EnumSet.of(CpuFeature.HV_ENFORCE_CPUID));
        features.removeIf(f -> !offers(hypervisor, f.face()));
        if (hypervisor.equals("none")) {
            features.remove(CpuFeature.HYPERVISOR);
        }
        features.removeIf(f -> !NamedCpu.MAX.has(f));
        return new CpuModel("max", features, NamedCpu.MAX.identity());
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
        List<String> words = new ArrayList<>(List.of(text.split(",")));
        String model = words.removeFirst();
        if (!NamedCpu.names().contains(model)) {
            String nearest = nearest(model, NamedCpu.names().stream());
            throw new ConfigurationException("unknown -cpu model '" + model + "'; nearest is '" + nearest + "'");
        }
        NamedCpu named = NamedCpu.of(model);
        CpuIdentity identity = named.identity();
        HypervValues hyperv = HypervValues.DEFAULT;
        Set<CpuFeature> features = EnumSet.copyOf(max(hypervisor).features);
        features.removeIf(f -> !named.has(f));
        for (String word : words) {
            if (word.startsWith("vendor=")) {
                identity = identity.withVendor(word.substring("vendor=".length()));
            } else if (HypervValues.understands(normalized(word))) {
                String[] parts = word.split("=", 2);
                hyperv = hyperv.with(normalized(parts[0]), parts[1], features);
            } else {
                apply(word, features);
            }
        }
        checkDependencies(features);
        return new CpuModel(model, features, identity, hyperv);
    }

    private static void apply(String word, Set<CpuFeature> features) {
        String flag = word;
        boolean on = true;
        if (flag.startsWith("+") || flag.startsWith("-")) {
            on = flag.startsWith("+");
            flag = flag.substring(1);
        } else if (flag.contains("=")) {
            String value = HypervFlags.onOrOff(normalized(flag));
            if (!value.equals("on") && !value.equals("off") && !IGNORED.contains(flag.split("=", 2)[0])) {
                throw new ConfigurationException("-cpu flag '" + word + "': the value is on or off");
            }
            on = value.equals("on");
            flag = flag.substring(0, flag.indexOf('='));
        }
        if (IGNORED.contains(flag)) {
            return;
        }
        if (normalized(flag).equals(HypervFlags.PASSTHROUGH)) {
            HypervFlags.passThrough(on, features);
            return;
        }
        String unavailable = HypervFlags.UNAVAILABLE.get(normalized(flag));
        if (unavailable != null) {
            HypervFlags.refuse(normalized(flag), on, unavailable);
            return;
        }
        CpuFeature feature = feature(flag);
        if (on) {
            features.add(feature);
        } else {
            features.remove(feature);
        }
    }

    /** The models that {@code -cpu} knows. */
    public static List<String> names() {
        return NamedCpu.names();
    }

    private static String normalized(String flag) {
        return flag.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static CpuFeature feature(String flag) {
        String spelled = normalized(flag);
        String wanted = ALIASES.getOrDefault(spelled, spelled);
        for (CpuFeature feature : CpuFeature.values()) {
            if (feature.flag().equals(wanted)) {
                return feature;
            }
        }
        String nearest = nearest(
                wanted,
                Stream.concat(
                        Stream.of(CpuFeature.values()).map(CpuFeature::flag), Stream.of(HypervFlags.PASSTHROUGH)));
        throw new ConfigurationException("unknown -cpu flag '" + flag + "'; nearest is '" + nearest + "'");
    }

    private static void checkDependencies(Set<CpuFeature> features) {
        HypervFlags.DEPENDENCIES.forEach(d -> require(features, d.feature(), d.needs()));
        require(features, CpuFeature.X2APIC, CpuFeature.APIC);
        require(features, CpuFeature.TSC_DEADLINE, CpuFeature.APIC);
    }

    private static void require(Set<CpuFeature> features, CpuFeature feature, CpuFeature needs) {
        if (features.contains(feature) && !features.contains(needs)) {
            throw new ConfigurationException(
                    "-cpu flag '%s' needs '%s': add +%s".formatted(feature.flag(), needs.flag(), needs.flag()));
        }
    }

    private static String nearest(String word, Stream<String> candidates) {
        return candidates.min((a, b) -> distance(word, a) - distance(word, b)).orElse("");
    }

    /** Levenshtein's distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
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

    boolean hasFace(CpuFeature.Face face) {
        return features.stream().anyMatch(f -> f.face() == face);
    }
}
