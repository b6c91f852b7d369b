// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.util.Locale;

/**
 * CPU features that {@code -cpu} can switch, each a bit of a CPUID leaf. Paravirtual ones have {@link Face} and are bits of the
 * hypervisor's leaves, relative to that face's first leaf.
 */
public enum CpuFeature {
    FPU(Face.CPU, 1, Register.EDX, 0),
    DE(Face.CPU, 1, Register.EDX, 2),
    PSE(Face.CPU, 1, Register.EDX, 3),
    TSC(Face.CPU, 1, Register.EDX, 4),
    MSR(Face.CPU, 1, Register.EDX, 5),
    PAE(Face.CPU, 1, Register.EDX, 6),
    MCE(Face.CPU, 1, Register.EDX, 7),
    CX8(Face.CPU, 1, Register.EDX, 8),
    APIC(Face.CPU, 1, Register.EDX, 9),
    SEP(Face.CPU, 1, Register.EDX, 11),
    MTRR(Face.CPU, 1, Register.EDX, 12),
    PGE(Face.CPU, 1, Register.EDX, 13),
    MCA(Face.CPU, 1, Register.EDX, 14),
    CMOV(Face.CPU, 1, Register.EDX, 15),
    PAT(Face.CPU, 1, Register.EDX, 16),
    PSE36(Face.CPU, 1, Register.EDX, 17),
    CLFLUSH(Face.CPU, 1, Register.EDX, 19),
    MMX(Face.CPU, 1, Register.EDX, 23),
    FXSR(Face.CPU, 1, Register.EDX, 24),
    SSE(Face.CPU, 1, Register.EDX, 25),
    SSE2(Face.CPU, 1, Register.EDX, 26),
    SSE3(Face.CPU, 1, Register.ECX, 0),
    MONITOR(Face.CPU, 1, Register.ECX, 3),
    CX16(Face.CPU, 1, Register.ECX, 13),
    PCID(Face.CPU, 1, Register.ECX, 17),
    X2APIC(Face.CPU, 1, Register.ECX, 21),
    MOVBE(Face.CPU, 1, Register.ECX, 22),
    POPCNT(Face.CPU, 1, Register.ECX, 23),
    TSC_DEADLINE(Face.CPU, 1, Register.ECX, 24),
    XSAVE(Face.CPU, 1, Register.ECX, 26),
    RDRAND(Face.CPU, 1, Register.ECX, 30),
    HYPERVISOR(Face.CPU, 1, Register.ECX, 31),
    ARAT(Face.CPU, 6, Register.EAX, 2),
    FSGSBASE(Face.CPU, 7, Register.EBX, 0),
    TSC_ADJUST(Face.CPU, 7, Register.EBX, 1),
    SMEP(Face.CPU, 7, Register.EBX, 7),
    /** REP MOVS and STOS are fast: here they go by pages. */
    ERMS(Face.CPU, 7, Register.EBX, 9),
    INVPCID(Face.CPU, 7, Register.EBX, 10),
    /** The x87 keeps no selectors of code and data. */
    ZERO_FCS_FDS(Face.CPU, 7, Register.EBX, 13),
    RDSEED(Face.CPU, 7, Register.EBX, 18),
    SMAP(Face.CPU, 7, Register.EBX, 20),
    CLFLUSHOPT(Face.CPU, 7, Register.EBX, 23),
    CLWB(Face.CPU, 7, Register.EBX, 24),
    UMIP(Face.CPU, 7, Register.ECX, 2),
    RDPID(Face.CPU, 7, Register.ECX, 22),
    FSRM(Face.CPU, 7, Register.EDX, 4),
    MD_CLEAR(Face.CPU, 7, Register.EDX, 10),
    SPEC_CTRL(Face.CPU, 7, Register.EDX, 26),
    STIBP(Face.CPU, 7, Register.EDX, 27),
    FLUSH_L1D(Face.CPU, 7, Register.EDX, 28),
    ARCH_CAPABILITIES(Face.CPU, 7, Register.EDX, 29),
    SSBD(Face.CPU, 7, Register.EDX, 31),
    /** Of subleaf 1. */
    XSAVEOPT(Face.CPU, 0xD, Register.EAX, 0),
    LAHF_LM(Face.CPU, 0x8000_0001, Register.ECX, 0),
    LZCNT(Face.CPU, 0x8000_0001, Register.ECX, 5),
    PREFETCHW(Face.CPU, 0x8000_0001, Register.ECX, 8),
    SYSCALL(Face.CPU, 0x8000_0001, Register.EDX, 11),
    NX(Face.CPU, 0x8000_0001, Register.EDX, 20),
    PDPE1GB(Face.CPU, 0x8000_0001, Register.EDX, 26),
    RDTSCP(Face.CPU, 0x8000_0001, Register.EDX, 27),
    LM(Face.CPU, 0x8000_0001, Register.EDX, 29),
    INVTSC(Face.CPU, 0x8000_0007, Register.EDX, 8),
    /** kvmclock by the numbers of both forms. */
    KVMCLOCK(Face.KVM, 1, Register.EAX, 0, 3),
    /** Port accesses need no delay. */
    KVM_NOPIODELAY(Face.KVM, 1, Register.EAX, 1),
    KVM_STEAL_TIME(Face.KVM, 1, Register.EAX, 5),
    KVM_PV_EOI(Face.KVM, 1, Register.EAX, 6),
    KVM_PV_UNHALT(Face.KVM, 1, Register.EAX, 7),
    KVM_PV_IPI(Face.KVM, 1, Register.EAX, 11),
    KVM_POLL_CONTROL(Face.KVM, 1, Register.EAX, 12),
    KVM_PV_SCHED_YIELD(Face.KVM, 1, Register.EAX, 13),
    KVM_MSI_EXT_DEST_ID(Face.KVM, 1, Register.EAX, 15),
    /** kvmclock's flag TSC_STABLE can be relied on. */
    KVMCLOCK_STABLE_BIT(Face.KVM, 1, Register.EAX, 24),
    /** Processors are never preempted: KVM_HINTS_REALTIME. */
    KVM_HINT_DEDICATED(Face.KVM, 1, Register.EDX, 0),
    /** No bit of CPUID: a leaf with the frequencies of TSC and APIC timer. */
    VMWARE_CPUID_FREQ(Face.KVM),
    /** No bit of CPUID: what CPUID does not announce is refused. */
    KVM_PV_ENFORCE_CPUID(Face.KVM),
    HV_RUNTIME(Face.HYPERV, 3, Register.EAX, 0),
    /** Reference counter and reference TSC page. */
    HV_TIME(Face.HYPERV, 3, Register.EAX, 1),
    /** SynIC, and with it connections. */
    HV_SYNIC(Face.HYPERV, 3, Register.EAX, 2),
    HV_STIMER(Face.HYPERV, 3, Register.EAX, 3),
    /** EOI, ICR and TPR registers and the VP assist page. */
    HV_VAPIC(Face.HYPERV, 3, Register.EAX, 4),
    HV_VPINDEX(Face.HYPERV, 3, Register.EAX, 6),
    HV_RESET(Face.HYPERV, 3, Register.EAX, 7),
    HV_FREQUENCIES(Face.HYPERV, 3, Register.EAX, 11),
    /** Registers only: the TSC keeps its rate. */
    HV_REENLIGHTENMENT(Face.HYPERV, 3, Register.EAX, 13),
    /** Hypercall parameters, and here also results, in XMM registers. */
    HV_XMM_INPUT(Face.HYPERV, 3, Register.EDX, 4),
    HV_CRASH(Face.HYPERV, 3, Register.EDX, 10),
    /** Ranges of large pages in flush calls. */
    HV_TLBFLUSH_EXT(Face.HYPERV, 3, Register.EDX, 14),
    HV_STIMER_DIRECT(Face.HYPERV, 3, Register.EDX, 19),
    HV_TLBFLUSH(Face.HYPERV, 4, Register.EAX, 2),
    HV_RELAXED(Face.HYPERV, 4, Register.EAX, 5),
    /** The advice to do without auto-EOI. */
    HV_AVIC(Face.HYPERV, 4, Register.EAX, 9),
    HV_IPI(Face.HYPERV, 4, Register.EAX, 10),
    HV_NO_NONARCH_CORESHARING(Face.HYPERV, 4, Register.EAX, 18),
    /** All of a register: how often a guest spins before it tells, {@link HypervValues}. */
    HV_SPINLOCKS(Face.HYPERV, 4, Register.EBX),
    /** No bit of CPUID: what CPUID does not announce is refused. */
    HV_ENFORCE_CPUID(Face.HYPERV);

    /** Whose CPUID leaves a feature stands in. */
    public enum Face {
        CPU,
        KVM,
        HYPERV
    }

    enum Register {
        EAX,
        EBX,
        ECX,
        EDX
    }

    private static final int NO_LEAF = -1;

    private final Face face;
    private final int leaf;
    private final Register register;
    private final int mask;

    CpuFeature(Face face, int leaf, Register register, int... bits) {
        int sum = 0;
        for (int bit : bits) {
            sum |= 1 << bit;
        }
        this.face = face;
        this.leaf = leaf;
        this.register = register;
        this.mask = sum;
    }

    /** One that no bit of CPUID tells of. */
    CpuFeature(Face face) {
        this(face, NO_LEAF, Register.EAX);
    }

    public Face face() {
        return face;
    }

    int leaf() {
        return leaf;
    }

    int register() {
        return register.ordinal();
    }

    int mask() {
        return mask;
    }

    /** Whether CPUID tells of it; a face that has no such feature is not there. */
    boolean announced() {
        return leaf != NO_LEAF;
    }

    /** As written behind {@code -cpu}: {@code tsc-deadline}. */
    public String flag() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
