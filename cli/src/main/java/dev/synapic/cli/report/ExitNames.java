// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.machine.exits.ExitReason;
import dev.synapic.spec.kvm.KvmMsr;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;

/** Says in words what an exit is and what its detail names: an MSR, a port, a register, a hypercall, a CPUID leaf. */
public final class ExitNames {
    private static final int X2APIC_FIRST = 0x800;
    private static final int X2APIC_LAST = 0x8FF;
    private static final int REGISTER_MASK = 0xFF0;

    private static final Map<Integer, String> APIC_REGISTERS = Map.ofEntries(
            Map.entry(0x020, "APIC id"),
            Map.entry(0x030, "APIC version"),
            Map.entry(0x080, "TPR"),
            Map.entry(0x0A0, "PPR"),
            Map.entry(0x0B0, "EOI"),
            Map.entry(0x0D0, "LDR"),
            Map.entry(0x0E0, "DFR"),
            Map.entry(0x0F0, "SVR"),
            Map.entry(0x280, "ESR"),
            Map.entry(0x300, "ICR"),
            Map.entry(0x310, "ICR2"),
            Map.entry(0x320, "LVT timer"),
            Map.entry(0x350, "LVT LINT0"),
            Map.entry(0x360, "LVT LINT1"),
            Map.entry(0x370, "LVT error"),
            Map.entry(0x380, "timer initial count"),
            Map.entry(0x390, "timer current count"),
            Map.entry(0x3E0, "timer divide"),
            Map.entry(0x3F0, "SELF_IPI"));

    private static final Map<Integer, String> MSRS = Map.ofEntries(
            Map.entry(0x10, "TSC"),
            Map.entry(0x1B, "APIC_BASE"),
            Map.entry(0x3B, "TSC_ADJUST"),
            Map.entry(0x6E0, "TSC_DEADLINE"),
            Map.entry(0xC000_0080, "EFER"),
            Map.entry(0xC000_0100, "FS_BASE"),
            Map.entry(0xC000_0101, "GS_BASE"),
            Map.entry(0xC000_0102, "KERNEL_GS_BASE"),
            Map.entry(0xC000_0103, "TSC_AUX"),
            Map.entry(0x4000_0000, "HV_X64_MSR_GUEST_OS_ID"),
            Map.entry(0x4000_0001, "HV_X64_MSR_HYPERCALL"),
            Map.entry(0x4000_0002, "HV_X64_MSR_VP_INDEX"),
            Map.entry(0x4000_0070, "HV_X64_MSR_EOI"),
            Map.entry(0x4000_0071, "HV_X64_MSR_ICR"),
            Map.entry(0x4000_0080, "HV_X64_MSR_SCONTROL"),
            Map.entry(0x4000_0081, "HV_X64_MSR_SVERSION"),
            Map.entry(0x4000_0082, "HV_X64_MSR_SIEFP"),
            Map.entry(0x4000_0083, "HV_X64_MSR_SIMP"),
            Map.entry(0x4000_0084, "HV_X64_MSR_EOM"));

    private static final int HV_SINT_FIRST = 0x4000_0090;
    private static final int HV_SINT_LAST = 0x4000_009F;

    private static final Map<Integer, String> PORTS = Map.ofEntries(
            Map.entry(0x21, "PIC mask"),
            Map.entry(0xA1, "PIC mask"),
            Map.entry(0xE9, "debug console"),
            Map.entry(0xF4, "isa-debug-exit"),
            Map.entry(0x510, "fw_cfg selector"),
            Map.entry(0x511, "fw_cfg data"),
            Map.entry(0x5F0, "mark"),
            Map.entry(0x3F8, "COM1 data"),
            Map.entry(0x3F9, "COM1 interrupt enable"),
            Map.entry(0x3FB, "COM1 line control"),
            Map.entry(0x3010, "demo delay"),
            Map.entry(0x3014, "demo command"),
            Map.entry(0x3018, "demo notifications"),
            Map.entry(0x301C, "demo staged"),
            Map.entry(0x3FD, "COM1 line status"));

    private static final Map<Integer, String> HYPERCALLS = Map.of(
            0x01, "KVM_HC_VAPIC_POLL_IRQ",
            0x02, "HvCallFlushVirtualAddressSpace",
            0x05, "KVM_HC_KICK_CPU",
            0x08, "HvCallNotifyLongSpinWait",
            0x09, "KVM_HC_CLOCK_PAIRING",
            0x0A, "KVM_HC_SEND_IPI",
            0x0B, "HvCallSendSyntheticClusterIpi",
            0x15, "HvCallSendSyntheticClusterIpiEx",
            0x5C, "HvCallPostMessage",
            0x5D, "HvCallSignalEvent");

    private ExitNames() {}

    /** What leaves the guest, for people who do not know the name. */
    public static String meaning(ExitReason reason) {
        return switch (reason) {
            case CPUID -> "the guest asks what its processor offers";
            case HLT -> "the guest idles until an interrupt";
            case MSR_READ -> "RDMSR";
            case MSR_WRITE -> "WRMSR";
            case IO_INSTRUCTION -> "IN or OUT";
            case VMCALL -> "hypercall";
            case APIC_ACCESS -> "APIC page, not virtualized";
            case APIC_WRITE -> "APIC page, write that traps behind";
            case EOI_INDUCED -> "EOI of a vector that the hypervisor watches";
            case EPT_MISCONFIG -> "MMIO";
            case AVIC_INCOMPLETE_IPI -> "IPI to a CPU that does not run";
            case AVIC_UNACCELERATED_ACCESS -> "APIC register that AVIC leaves to software";
            case EXTERNAL_INTERRUPT -> "kicked out to look at its APIC";
            case PENDING_INTERRUPT -> "IF opened for a waiting interrupt";
            case PAUSE_INSTRUCTION -> "spins longer than the pause-loop window";
            case PREEMPTION_TIMER -> "its own APIC timer expired";
        };
    }

    /** What the detail of an exit names; empty for reasons whose detail is only a place in the guest. */
    public static String detail(ExitReason reason, long detail) {
        return switch (reason) {
            case MSR_READ, MSR_WRITE -> msr((int) detail);
            case APIC_ACCESS, APIC_WRITE, AVIC_UNACCELERATED_ACCESS -> register((int) detail & REGISTER_MASK);
            case IO_INSTRUCTION -> named(PORTS, (int) detail, "port ");
            case VMCALL -> hypercall(detail);
            case CPUID -> "leaf " + hex(detail);
            case EOI_INDUCED -> "vector " + hex(detail);
            case EPT_MISCONFIG -> "gpa " + hex(detail);
            default -> "";
        };
    }

    /** An MSR by its name, else by its number. */
    public static String msr(int msr) {
        if (msr >= X2APIC_FIRST && msr <= X2APIC_LAST) {
            return register(msr - X2APIC_FIRST << 4);
        }
        if (msr >= HV_SINT_FIRST && msr <= HV_SINT_LAST) {
            return "HV_X64_MSR_SINT" + (msr - HV_SINT_FIRST);
        }
        return KvmMsr.isKvm(msr) ? KvmMsr.name(msr) : named(MSRS, msr, "MSR ");
    }

    private static String register(int offset) {
        return named(APIC_REGISTERS, offset, "APIC register ");
    }

    /** A hypercall by its name; the low 16 bits of a Hyper-V control word are its code. */
    public static String hypercall(long number) {
        return named(HYPERCALLS, (int) number & 0xFFFF, "hypercall ");
    }

    private static String named(Map<Integer, String> names, int number, String kind) {
        return names.getOrDefault(number, kind + hex(number & 0xFFFF_FFFFL));
    }

    private static String hex(long value) {
        String digits =
                HexFormat.of().toHexDigits(value).toLowerCase(Locale.ROOT).replaceFirst("^0+(?=.)", "");
        return "0x" + digits;
    }
}
