// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A processor that {@code -cpu} knows by name: its identity as QEMU 7.2 gives it, its features as far as this machine has them. The
 * hypervisors' faces, x2APIC, TSC_ADJUST and ARAT come with every one of them, as under KVM.
 *
 * @param mitigated whether it has IA32_SPEC_CTRL beyond what its generation has
 */
record NamedCpu(CpuIdentity identity, @Nullable CpuGeneration generation, boolean mitigated) {
    private static final CpuIdentity OWN = new CpuIdentity("", 6, 85, 4, "Synapic Virtual CPU");

    /** All that there is. */
    static final NamedCpu MAX = new NamedCpu(OWN, null, false);

    private static final Set<CpuFeature> WITH_KVM =
            EnumSet.of(CpuFeature.X2APIC, CpuFeature.HYPERVISOR, CpuFeature.TSC_ADJUST, CpuFeature.ARAT);

    /** QEMU's further names for a model: its first version, without TSX (which is not there), with IA32_SPEC_CTRL. */
    private static final Pattern VARIANT = Pattern.compile("(.+?)(?:-v1|(-noTSX)?(-IBRS)?)");

    private enum Model {
        QEMU64("qemu64", new CpuIdentity("", 15, 107, 1, "QEMU Virtual CPU version 2.5+"), CpuGeneration.SECOND_64),
        KVM64("kvm64", new CpuIdentity("", 15, 6, 1, "Common KVM processor"), CpuGeneration.PRESCOTT),
        MAX("max", OWN, null),
        HOST("host", OWN, null),
        OPTERON_G1("Opteron_G1", amd(15, 6, 1, "AMD Opteron 240 (Gen 1 Class Opteron)"), CpuGeneration.AMD64),
        OPTERON_G2("Opteron_G2", amd(15, 6, 1, "AMD Opteron 22xx (Gen 2 Class Opteron)"), CpuGeneration.SECOND_64),
        OPTERON_G3("Opteron_G3", amd(16, 2, 3, "AMD Opteron 23xx (Gen 3 Class Opteron)"), CpuGeneration.BARCELONA),
        EPYC("EPYC", amd(23, 1, 2, "AMD EPYC Processor"), CpuGeneration.ZEN),
        CONROE("Conroe", intel(15, 3, "Intel Celeron_4x0 (Conroe/Merom Class Core 2)"), CpuGeneration.CORE),
        PENRYN("Penryn", intel(23, 3, "Intel Core 2 Duo P9xxx (Penryn Class Core 2)"), CpuGeneration.SECOND_64),
        NEHALEM("Nehalem", intel(26, 3, "Intel Core i7 9xx (Nehalem Class Core i7)"), CpuGeneration.NEHALEM),
        WESTMERE("Westmere", intel(44, 1, "Westmere E56xx/L56xx/X56xx (Nehalem-C)"), CpuGeneration.NEHALEM),
        SANDY_BRIDGE("SandyBridge", intel(42, 1, "Intel Xeon E312xx (Sandy Bridge)"), CpuGeneration.SANDY_BRIDGE),
        IVY_BRIDGE("IvyBridge", intel(58, 9, "Intel Xeon E3-12xx v2 (Ivy Bridge)"), CpuGeneration.IVY_BRIDGE),
        HASWELL("Haswell", intel(60, 4, "Intel Core Processor (Haswell)"), CpuGeneration.HASWELL),
        BROADWELL("Broadwell", intel(61, 2, "Intel Core Processor (Broadwell)"), CpuGeneration.BROADWELL),
        SKYLAKE_CLIENT("Skylake-Client", intel(94, 3, "Intel Core Processor (Skylake)"), CpuGeneration.BROADWELL),
        SKYLAKE_SERVER("Skylake-Server", intel(85, 4, "Intel Xeon Processor (Skylake)"), CpuGeneration.SKYLAKE_SERVER),
        CASCADE_LAKE(
                "Cascadelake-Server", intel(85, 6, "Intel Xeon Processor (Cascadelake)"), CpuGeneration.CASCADE_LAKE);

        private final String flag;

        @SuppressWarnings("ImmutableEnumChecker") // a record of strings and numbers
        private final CpuIdentity identity;

        private final @Nullable CpuGeneration generation;

        Model(String flag, CpuIdentity identity, @Nullable CpuGeneration generation) {
            this.flag = flag;
            this.identity = identity;
            this.generation = generation;
        }

        boolean isIntel() {
            return identity.vendor().equals(CpuIdentity.INTEL);
        }
    }

    private static CpuIdentity intel(int model, int stepping, String brand) {
        return new CpuIdentity(CpuIdentity.INTEL, 6, model, stepping, brand);
    }

    private static CpuIdentity amd(int family, int model, int stepping, String brand) {
        return new CpuIdentity(CpuIdentity.AMD, family, model, stepping, brand);
    }

    /** Every name that {@link #of} knows but for those that mean the same as another. */
    static List<String> names() {
        List<String> names = new ArrayList<>();
        for (Model model : Model.values()) {
            names.add(model.flag);
            if (model.isIntel()) {
                names.add(model.flag + "-IBRS");
            }
        }
        return names;
    }

    static Optional<NamedCpu> of(String name) {
        Matcher variant = VARIANT.matcher(name);
        if (!variant.matches()) {
            return Optional.empty();
        }
        boolean intel = variant.group(2) != null || variant.group(3) != null;
        return Stream.of(Model.values())
                .filter(model -> model.flag.equals(variant.group(1)) && (model.isIntel() || !intel))
                .findFirst()
                .map(model -> new NamedCpu(model.identity, model.generation, variant.group(3) != null));
    }

    /** Whether the model has a feature of the processor that the machine offers. */
    boolean has(CpuFeature feature) {
        if (feature.face() != CpuFeature.Face.CPU || WITH_KVM.contains(feature)) {
            return true;
        }
        return generation == null
                ? feature != CpuFeature.MONITOR
                : generation.has(feature) || mitigated && feature == CpuFeature.SPEC_CTRL;
    }
}
