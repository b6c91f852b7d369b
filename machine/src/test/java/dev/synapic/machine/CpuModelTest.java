// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code -cpu MODEL,+f,-f,f=on|off}: what it understands, and what it says where it does not. */
class CpuModelTest {
    private static void assertRefused(String text, String hypervisor, String... words) {
        assertThatThrownBy(() -> CpuModel.parse(text, hypervisor))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll(words)
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }

    @ParameterizedTest
    @CsvSource({
        "+x2apicc,      x2apic",
        "-x2apci,       x2apic",
        "hv-synik=on,   hv-synic",
        "+hv_vp_index,  hv-vpindex",
        "tsc-dedline=off, tsc-deadline",
        "+kvm-pv-ipis,  kvm-pv-ipi",
        "foo_rdtscp,    rdtscp",
    })
    void anUnknownFlagIsRefusedWithTheNearest(String flag, String nearest) {
        assertRefused("max," + flag, "all", "unknown -cpu flag", "nearest is '" + nearest + "'");
    }

    @Test
    void anUnknownModelIsRefusedWithTheNearest() {
        assertRefused("qemu46", "all", "unknown -cpu model 'qemu46'", "nearest is 'qemu64'");
        assertRefused("", "all", "unknown -cpu model ''", "nearest is 'max'");
    }

    @Test
    void anUnknownHypervisorIsRefusedWithThoseThereAre() {
        assertThatThrownBy(() -> CpuModel.max("xen"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("unknown hypervisor 'xen'", "none, kvm, hyperv, all");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x2apic=yes", "x2apic=", "hv-synic=1"})
    void aValueThatIsNeitherOnNorOffIsRefused(String word) {
        assertRefused("max," + word, "all", "'" + word + "'", "on or off");
    }

    /** TLFS 11.1: a SynIC belongs to a virtual processor that has an index. SDM vol. 3A, 12.12: x2APIC is a mode of the APIC. */
    @ParameterizedTest
    @CsvSource({
        "'max,-hv-vpindex,-hv-ipi', hyperv, hv-synic, hv-vpindex",
        "'max,-hv-synic', hyperv, hv-stimer, hv-synic",
        "'max,-hv-time', hyperv, hv-stimer, hv-time",
        "'max,-hv-stimer', hyperv, hv-stimer-direct, hv-stimer",
        "'max,hv-passthrough=off,+hv-ipi', hyperv, hv-ipi, hv-vpindex",
        "'max,hv-passthrough=off,+hv-tlbflush', hyperv, hv-tlbflush, hv-vpindex",
        "'max,+hv-synic', none, hv-synic, hv-vpindex",
        "'max,hv-passthrough=off,+hv-vpindex,+hv-tlbflush-ext', hyperv, hv-tlbflush-ext, hv-tlbflush",
        "'max,-sse', hyperv, hv-xmm-input, sse",
        "'max,-apic', all, x2apic, apic",
        "'max,-apic,-x2apic', all, tsc-deadline, apic",
    })
    void aMissingDependencyIsRefusedWithTheFlagToAdd(String text, String hypervisor, String flag, String needs) {
        assertRefused(text, hypervisor, "'" + flag + "'", "needs '" + needs + "'", "add +" + needs);
    }

    /** Flags of QEMU's that stand for what is not there; to ask for their absence asks for nothing. */
    @ParameterizedTest
    @CsvSource({
        "hv-evmcs, nested virtualization",
        "hv-emsr-bitmap, nested virtualization",
        "hv-tlbflush-direct, nested virtualization",
        "hv-syndbg, synthetic debugger",
    })
    void flagsForWhatIsNotThereAreRefusedWithTheReason(String flag, String reason) {
        assertRefused("max,+" + flag, "all", "'" + flag + "' is not available", reason);
        assertRefused("max," + flag.replace('-', '_') + "=on", "all", "'" + flag + "' is not available", reason);
        assertThat(CpuModel.parse("max," + flag + "=off", "all").features())
                .isEqualTo(CpuModel.max("all").features());
    }

    @ParameterizedTest
    @CsvSource({
        "hv-spinlocks=many, hv-spinlocks': 'many' is no number from 0 to 4294967295",
        "hv-spinlocks=-1, hv-spinlocks': '-1' is no number",
        "hv-version-id-major=65536, hv-version-id-major': '65536' is no number from 0 to 65535",
        "hv-version-id-sbranch=0x100, from 0 to 255",
        "hv-version-id-patch=1, there are: hv-version-id-build",
        "hv-vendor-id=Microsoft Hv 2, more than 12 characters",
    })
    void valuesOfHypervFlagsAreChecked(String word, String message) {
        assertRefused("max," + word, "all", message);
    }

    /** QEMU's on, off and auto. */
    @Test
    void coreSharingMayBeLeftToTheHost() {
        CpuFeature sharing = CpuFeature.HV_NO_NONARCH_CORESHARING;
        String off = "max,hv-no-nonarch-coresharing=off";
        assertThat(CpuModel.parse(off, "all").has(sharing)).isFalse();
        assertThat(CpuModel.parse(off + ",hv_no_nonarch_coresharing=auto", "all")
                        .has(sharing))
                .isTrue();
    }

    @Test
    void flagsAreSwitchedInTheOrderInWhichTheyStand() {
        assertThat(CpuModel.parse("max,-x2apic", "all").has(CpuFeature.X2APIC)).isFalse();
        assertThat(CpuModel.parse("max,-x2apic,+x2apic", "all").has(CpuFeature.X2APIC))
                .isTrue();
        assertThat(CpuModel.parse("max,x2apic=off", "all").has(CpuFeature.X2APIC))
                .isFalse();
        assertThat(CpuModel.parse("max,x2apic=off,x2apic=on", "all").has(CpuFeature.X2APIC))
                .isTrue();
    }

    /** QEMU takes both spellings. */
    @Test
    void underscoresAndCapitalsAreUnderstood() {
        assertThat(CpuModel.parse("max,-TSC_DEADLINE", "all").has(CpuFeature.TSC_DEADLINE))
                .isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void everyFeatureCanBeNamed(CpuFeature feature) {
        CpuModel model = CpuModel.parse("max,+" + feature.flag(), "all");

        assertThat(model.has(feature)).isTrue();
        assertThat(model.without(feature).has(feature)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "none, false, false, false",
        "kvm, true, true, false",
        "hyperv, true, false, true",
        "all, true, true, true"
    })
    void aHypervisorOffersItsFaces(String hypervisor, boolean bit, boolean kvm, boolean hyperv) {
        CpuModel model = CpuModel.max(hypervisor);

        assertThat(model.has(CpuFeature.HYPERVISOR)).isEqualTo(bit);
        assertThat(model.has(CpuFeature.KVM_PV_IPI)).isEqualTo(kvm);
        assertThat(model.has(CpuFeature.HV_SYNIC)).isEqualTo(hyperv);
        assertThat(model.has(CpuFeature.LM)).isTrue();
    }

    /** QEMU 7.2 knows them; a script may take them away, but who asks for one must hear that it is not there. */
    @ParameterizedTest
    @ValueSource(strings = {"svm", "vmx", "vmx-mbec", "avx2", "pku", "skinit", "kvm-asyncpf", "hv-evmcs"})
    void aFlagThatIsKnownButNotThereCanOnlyBeTakenAway(String flag) {
        assertThat(CpuModel.parse("max,-" + flag, "all").features())
                .isEqualTo(CpuModel.parse("max", "all").features());
        assertThat(CpuModel.parse("max," + flag + "=off", "all").features()).isNotEmpty();
        assertRefused("max,+" + flag, "all", "'" + flag + "' is not available");
        assertRefused("max," + flag, "all", "'" + flag + "' is not available");
    }

    @Test
    void kvmCanBeHidden() {
        CpuModel model = CpuModel.parse("host,kvm=off", "kvm");
        assertThat(model.hasFace(CpuFeature.Face.KVM)).isFalse();
        assertThat(model.has(CpuFeature.HYPERVISOR)).isTrue();
        assertThat(CpuModel.parse("host,kvm=on", "none").has(CpuFeature.KVM_PV_IPI))
                .isTrue();
    }

    /** QEMU 7.2, -cpu help: "alias of", "configured by machine type". */
    @Test
    void modelsHaveQemusOtherNames() {
        CpuModel skylake = CpuModel.parse("Skylake-Server", "kvm");
        assertThat(CpuModel.parse("Skylake-Server-v1", "kvm").features()).isEqualTo(skylake.features());
        assertThat(skylake.has(CpuFeature.SPEC_CTRL)).isFalse();
        assertThat(CpuModel.parse("Skylake-Server-noTSX-IBRS", "kvm").has(CpuFeature.SPEC_CTRL))
                .isTrue();
        assertThat(CpuModel.parse("qemu64-v1", "kvm").identity())
                .isEqualTo(CpuModel.parse("qemu64", "kvm").identity());
        assertRefused("qemu64-noTSX", "kvm", "unknown -cpu model");
    }

    /** QEMU 7.2's tables, by query-cpu-model-expansion, as far as the features are among ours. */
    @ParameterizedTest
    @CsvSource({
        "kvm64,          cx16,       lahf-lm",
        "Opteron_G1,     sse3,       cx16",
        "Opteron_G3,     popcnt,     xsave",
        "Nehalem,        popcnt,     rdtscp",
        "SandyBridge,    tsc-deadline, smep",
        "IvyBridge,      smep,       pcid",
        "Haswell,        invpcid,    smap",
        "Broadwell,      smap,       clflushopt",
        "Skylake-Client, smap,       pdpe1gb",
        "Skylake-Server, pdpe1gb,    umip",
        "EPYC,           clflushopt, pcid",
    })
    void aModelHasWhatItsGenerationHad(String model, String with, String without) {
        CpuModel cpu = CpuModel.parse(model, "none");
        assertThat(cpu.features()).map(CpuFeature::flag).contains(with).doesNotContain(without);
    }

    @ParameterizedTest
    @ValueSource(strings = {"phys-bits=36", "family=x", "stepping=16", "level=-1"})
    void anIdentityThatCannotBeIsRefused(String word) {
        assertRefused("max," + word, "none", "'" + word + "'");
    }

    @Test
    void whatIsAboutMigrationOrTheHostChangesNothing() {
        String words = "max,host-phys-bits,migratable=no,check,enforce=off,phys-bits=0,host-phys-bits=off";
        assertThat(CpuModel.parse(words, "all").features())
                .isEqualTo(CpuModel.parse("max", "all").features());
    }
}
