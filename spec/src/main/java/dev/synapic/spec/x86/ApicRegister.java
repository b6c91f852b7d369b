// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/**
 * Registers of the local APIC by their offset in the xAPIC page (SDM vol. 3A, table 12-1). The x2APIC MSR of a register
 * is {@code 0x800 + (offset >> 4)} (table 12-6).
 */
public final class ApicRegister {
    public static final int ID = 0x020;
    public static final int VERSION = 0x030;
    public static final int TASK_PRIORITY = 0x080;
    public static final int ARBITRATION_PRIORITY = 0x090;
    public static final int PROCESSOR_PRIORITY = 0x0A0;
    public static final int EOI = 0x0B0;
    public static final int REMOTE_READ = 0x0C0;
    public static final int LOGICAL_DESTINATION = 0x0D0;
    public static final int DESTINATION_FORMAT = 0x0E0;
    public static final int SPURIOUS_VECTOR = 0x0F0;
    /** First of eight words of 32 vectors each. */
    public static final int IN_SERVICE = 0x100;
    /** First of eight words of 32 vectors each. */
    public static final int TRIGGER_MODE = 0x180;
    /** First of eight words of 32 vectors each. */
    public static final int INTERRUPT_REQUEST = 0x200;

    public static final int ERROR_STATUS = 0x280;
    public static final int LVT_CMCI = 0x2F0;
    public static final int ICR_LOW = 0x300;
    public static final int ICR_HIGH = 0x310;
    public static final int LVT_TIMER = 0x320;
    public static final int LVT_THERMAL = 0x330;
    public static final int LVT_PERFORMANCE = 0x340;
    public static final int LVT_LINT0 = 0x350;
    public static final int LVT_LINT1 = 0x360;
    public static final int LVT_ERROR = 0x370;
    public static final int INITIAL_COUNT = 0x380;
    public static final int CURRENT_COUNT = 0x390;
    public static final int DIVIDE_CONFIGURATION = 0x3E0;
    /** x2APIC mode only. */
    public static final int SELF_IPI = 0x3F0;

    private ApicRegister() {}

    /** The x2APIC MSR of the register at offset. */
    public static int msr(int offset) {
        return Msr.X2APIC_FIRST + (offset >> 4);
    }

    /** The offset of the register behind an x2APIC MSR. */
    public static int offset(int msr) {
        return (msr - Msr.X2APIC_FIRST) << 4;
    }

    /** The manual's short name, for logs; {@code APIC_0x<offset>} where there is no such register. */
    public static String name(int offset) {
        return switch (offset) {
            case ID -> "ID";
            case VERSION -> "VERSION";
            case TASK_PRIORITY -> "TPR";
            case ARBITRATION_PRIORITY -> "APR";
            case PROCESSOR_PRIORITY -> "PPR";
            case EOI -> "EOI";
            case REMOTE_READ -> "RRD";
            case LOGICAL_DESTINATION -> "LDR";
            case DESTINATION_FORMAT -> "DFR";
            case SPURIOUS_VECTOR -> "SVR";
            case ERROR_STATUS -> "ESR";
            case LVT_CMCI -> "LVT_CMCI";
            case ICR_LOW -> "ICR";
            case ICR_HIGH -> "ICR2";
            case LVT_TIMER -> "LVT_TIMER";
            case LVT_THERMAL -> "LVT_THERMAL";
            case LVT_PERFORMANCE -> "LVT_PMC";
            case LVT_LINT0 -> "LVT_LINT0";
            case LVT_LINT1 -> "LVT_LINT1";
            case LVT_ERROR -> "LVT_ERROR";
            case INITIAL_COUNT -> "TMICT";
            case CURRENT_COUNT -> "TMCCT";
            case DIVIDE_CONFIGURATION -> "TDCR";
            case SELF_IPI -> "SELF_IPI";
            default -> vectorWordName(offset);
        };
    }

    private static String vectorWordName(int offset) {
        int word = (offset & 0x70) >> 4;
        return switch (offset & ~0x70) {
            case IN_SERVICE -> "ISR" + word;
            case TRIGGER_MODE -> "TMR" + word;
            case INTERRUPT_REQUEST -> "IRR" + word;
            default -> "APIC_0x" + Integer.toHexString(offset);
        };
    }
}
