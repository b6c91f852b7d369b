// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.kvm;

/**
 * Numbers of KVM's hypercalls (Linux, Documentation/virt/kvm/x86/hypercalls.rst). The number is in RAX, arguments in
 * RBX, RCX, RDX, RSI.
 */
public final class KvmHypercall {
    public static final int KVM_HC_VAPIC_POLL_IRQ = 1;
    public static final int KVM_HC_MMU_OP = 2;
    public static final int KVM_HC_FEATURES = 3;
    public static final int KVM_HC_PPC_MAP_MAGIC_PAGE = 4;
    public static final int KVM_HC_KICK_CPU = 5;
    public static final int KVM_HC_MIPS_GET_CLOCK_FREQ = 6;
    public static final int KVM_HC_MIPS_EXIT_VM = 7;
    public static final int KVM_HC_MIPS_CONSOLE_OUTPUT = 8;
    public static final int KVM_HC_CLOCK_PAIRING = 9;
    public static final int KVM_HC_SEND_IPI = 10;
    public static final int KVM_HC_SCHED_YIELD = 11;
    public static final int KVM_HC_MAP_GPA_RANGE = 12;

    private KvmHypercall() {}

    /** The name as in Linux's kvm_para.h; the number itself where there is none. */
    public static String name(long number) {
        if (number != (int) number) {
            return "KVM_HC_0x" + Long.toHexString(number);
        }
        return switch ((int) number) {
            case KVM_HC_VAPIC_POLL_IRQ -> "KVM_HC_VAPIC_POLL_IRQ";
            case KVM_HC_MMU_OP -> "KVM_HC_MMU_OP";
            case KVM_HC_FEATURES -> "KVM_HC_FEATURES";
            case KVM_HC_PPC_MAP_MAGIC_PAGE -> "KVM_HC_PPC_MAP_MAGIC_PAGE";
            case KVM_HC_KICK_CPU -> "KVM_HC_KICK_CPU";
            case KVM_HC_MIPS_GET_CLOCK_FREQ -> "KVM_HC_MIPS_GET_CLOCK_FREQ";
            case KVM_HC_MIPS_EXIT_VM -> "KVM_HC_MIPS_EXIT_VM";
            case KVM_HC_MIPS_CONSOLE_OUTPUT -> "KVM_HC_MIPS_CONSOLE_OUTPUT";
            case KVM_HC_CLOCK_PAIRING -> "KVM_HC_CLOCK_PAIRING";
            case KVM_HC_SEND_IPI -> "KVM_HC_SEND_IPI";
            case KVM_HC_SCHED_YIELD -> "KVM_HC_SCHED_YIELD";
            case KVM_HC_MAP_GPA_RANGE -> "KVM_HC_MAP_GPA_RANGE";
            default -> "KVM_HC_" + number;
        };
    }
}
