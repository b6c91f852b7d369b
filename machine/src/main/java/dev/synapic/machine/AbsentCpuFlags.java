// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Flags of {@code -cpu} that QEMU 7.2 knows and this machine has not: to switch them off is right, to ask for them is not. */
final class AbsentCpuFlags {
    private static final String NESTED = "there is no nested virtualization";

    private static final Map<String, String> HYPERVISOR = Map.of(
            "hv-evmcs",
            NESTED,
            "hv-emsr-bitmap",
            NESTED,
            "hv-tlbflush-direct",
            NESTED,
            "hv-syndbg",
            "there is no synthetic debugger",
            "kvm-asyncpf",
            "no page is ever late",
            "kvm-asyncpf-int",
            "no page is ever late");

    /** The processor's and KVM's. */
    private static final Set<String> OTHERS = words("""
        3dnow 3dnowext ace2 ace2-en acpi adx aes amd-no-ssb amd-ssbd amd-stibp amx-bf16 amx-int8 amx-tile
        arch-lbr avx avx-vnni avx2 avx512-4fmaps avx512-4vnniw avx512-bf16 avx512-fp16 avx512-vp2intersect
        avx512-vpopcntdq avx512bitalg avx512bw avx512cd avx512dq avx512er avx512f avx512ifma avx512pf
        avx512vbmi avx512vbmi2 avx512vl avx512vnni bmi1 bmi2 bus-lock-detect cid cldemote clzero cmp-legacy
        core-capability cr8legacy dca ds ds-cpl dtes64 est extapic f16c fma fma4 full-width-write fxsr-opt
        gfni hle ht ia64 ibpb ibrs ibrs-all ibs intel-pt intel-pt-lip la57 lwp mds-no misalignsse mmxext
        movdir64b movdiri mpx nodeid-msr osvw pbe pclmulqdq pcommit pdcm perfctr-core perfctr-nb phe phe-en
        pks pku pmm pmm-en pn pschange-mc-no rdctl-no rsba rtm serialize sgx sgx-debug sgx-exinfo sgx-kss
        sgx-mode64 sgx-provisionkey sgx-tokenkey sgx1 sgx2 sgxlc sha-ni skip-l1dfl-vmentry smx
        split-lock-detect ss ssb-no sse4.1 sse4.2 sse4a ssse3 taa-no tbm tce tm tm2 topoext tsx-ctrl
        tsx-ldtrk vaes virt-ssbd vme vpclmulqdq waitpkg wbnoinvd wdt xcrypt xcrypt-en xfd xgetbv1 xop xsavec
        xsaveerptr xsaves xstore xstore-en xtpr kvm-hint-dedicated kvm-mmu kvm-msi-ext-dest-id
        kvm-nopiodelay kvm-poll-control kvm-pv-eoi kvm-pv-sched-yield kvm-pv-tlb-flush kvm-pv-unhalt
        kvm-steal-time kvmclock kvmclock-stable-bit pmu
        """);

    private static final Set<String> OF_NESTING = words("""
        avic decodeassists flushbyasid lbrv npt nrip-save pause-filter pfthreshold skinit svm svm-lock
        svme-addr-chk tsc-scale v-vmsave-vmload vgif vmcb-clean vmx
        """);

    private AbsentCpuFlags() {}

    private static Set<String> words(String text) {
        return Set.of(text.strip().split("\\s+"));
    }

    /** Why there is no such flag; empty where QEMU has none of that name either. */
    static Optional<String> reason(String flag) {
        String reason = HYPERVISOR.get(flag);
        if (reason != null) {
            return Optional.of(reason);
        }
        if (flag.startsWith("vmx-") || OF_NESTING.contains(flag)) {
            return Optional.of(NESTED);
        }
        return OTHERS.contains(flag) ? Optional.of("this processor does not have it") : Optional.empty();
    }
}
