// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Reads an argument of {@code -cpu}: a model, then words that change it, in the order in which they stand. */
final class CpuArgument {
    /** Flags that are about migration, or about whose numbers to take; they change nothing here. */
    private static final Set<String> WITHOUT_EFFECT =
            Set.of("host-phys-bits", "host-phys-bits-limit", "migratable", "check", "enforce");

    /** Names that QEMU has for flags that are the manual's here. */
    private static final Map<String, String> ALIASES = Map.of(
            "pni", "sse3",
            "abm", "lzcnt",
            "3dnowprefetch", "prefetchw",
            "i64", "lm",
            "xd", "nx",
            "hv-apicv", "hv-avic");

    private static final String KVM = "kvm";

    private final NamedCpu model;
    private final Set<CpuFeature> features;
    private CpuIdentity identity;
    private HypervValues hyperv = HypervValues.DEFAULT;

    private CpuArgument(NamedCpu model, String hypervisor) {
        this.model = model;
        this.identity = model.identity();
        this.features = EnumSet.copyOf(CpuModel.max(hypervisor).features());
        features.removeIf(feature -> !model.has(feature));
    }

    static CpuModel parse(String text, String hypervisor) {
        List<String> words = List.of(text.split(","));
        String name = words.getFirst();
        NamedCpu named = NamedCpu.of(name).orElseThrow(() -> unknown("model", name, NamedCpu.names().stream()));
        CpuArgument argument = new CpuArgument(named, hypervisor);
        words.subList(1, words.size()).forEach(argument::take);
        checkDependencies(argument.features);
        return new CpuModel(name, argument.features, argument.identity, argument.hyperv);
    }

    private void take(String word) {
        int equals = word.indexOf('=');
        if (word.startsWith("+") || word.startsWith("-")) {
            flag(normalized(word.substring(1)), word.startsWith("+"));
        } else if (equals < 0) {
            flag(normalized(word), true);
        } else {
            property(word, normalized(word.substring(0, equals)), word.substring(equals + 1));
        }
    }

    private static String normalized(String flag) {
        return flag.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private void property(String word, String key, String value) {
        switch (key) {
            case "vendor" -> identity = identity.withVendor(value);
            case "model-id" -> identity = identity.withBrand(value);
            case "family" -> identity = identity.withFamily(number(word, value, CpuIdentity.LARGEST_FAMILY));
            case "model" -> identity = identity.withModel(number(word, value, CpuIdentity.LARGEST_MODEL));
            case "stepping" -> identity = identity.withStepping(number(word, value, CpuIdentity.LARGEST_STEPPING));
            case "level" -> identity = identity.withLevel(number(word, value, CpuIdentity.LARGEST_LEVEL));
            case "phys-bits" -> checkPhysicalBits(word, value);
            default -> {
                if (WITHOUT_EFFECT.contains(key)) {
                    return;
                }
                if (HypervValues.understands(normalized(word))) {
                    hyperv = hyperv.with(key, value, features);
                } else {
                    flag(key, onOff(word, HypervFlags.onOrOff(normalized(word))));
                }
            }
        }
    }

    private static boolean onOff(String word, String value) {
        return switch (value) {
            case "on" -> true;
            case "off" -> false;
            default -> throw new ConfigurationException("-cpu flag '" + word + "': the value is on or off");
        };
    }

    private static int number(String word, String value, int largest) {
        try {
            int number = Integer.decode(value);
            if (number >= 0 && number <= largest) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw noNumber(word, largest);
        }
        throw noNumber(word, largest);
    }

    private static ConfigurationException noNumber(String word, int largest) {
        return new ConfigurationException("-cpu '%s': the value is a number from 0 to %d".formatted(word, largest));
    }

    /** The engine's page tables have one width; 0 is QEMU's word for the usual one. */
    private static void checkPhysicalBits(String word, String value) {
        int bits = number(word, value, Long.SIZE);
        if (bits != 0 && bits != Cpu.PHYSICAL_ADDRESS_BITS) {
            throw new ConfigurationException("-cpu '%s': physical addresses have %d bits on this processor"
                    .formatted(word, Cpu.PHYSICAL_ADDRESS_BITS));
        }
    }

    private void flag(String flag, boolean on) {
        if (WITHOUT_EFFECT.contains(flag)) {
            return;
        }
        switch (flag) {
            case KVM -> face(CpuFeature.Face.KVM, on);
            case HypervFlags.PASSTHROUGH -> HypervFlags.passThrough(on, features);
            default -> feature(flag, on);
        }
    }

    /** All flags of a face that the model comes with. */
    private void face(CpuFeature.Face face, boolean on) {
        Set<CpuFeature> all = EnumSet.allOf(CpuFeature.class);
        all.removeIf(feature -> feature.face() != face || !model.has(feature) || !CpuModel.comesUnasked(feature));
        if (on) {
            features.addAll(all);
        } else {
            features.removeAll(all);
        }
    }

    private void feature(String flag, boolean on) {
        String wanted = ALIASES.getOrDefault(flag, flag);
        for (CpuFeature feature : CpuFeature.values()) {
            if (feature.flag().equals(wanted)) {
                if (on) {
                    features.add(feature);
                } else {
                    features.remove(feature);
                }
                return;
            }
        }
        String reason = AbsentCpuFlags.reason(wanted)
                .orElseThrow(() -> unknown(
                        "flag",
                        wanted,
                        Stream.concat(
                                Stream.of(CpuFeature.values()).map(CpuFeature::flag),
                                Stream.of(HypervFlags.PASSTHROUGH))));
        if (on) {
            throw new ConfigurationException("-cpu flag '" + flag + "' is not available: " + reason);
        }
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

    private static ConfigurationException unknown(String kind, String word, Stream<String> candidates) {
        String nearest =
                candidates.min((a, b) -> distance(word, a) - distance(word, b)).orElse("");
        return new ConfigurationException("unknown -cpu %s '%s'; nearest is '%s'".formatted(kind, word, nearest));
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
}
