// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.Icr;
import dev.synapic.spec.x86.Msr;
import dev.synapic.spec.x86.Svr;

/**
 * The registers of a local APIC as the guest reaches them: the page of xAPIC mode and the MSRs of x2APIC mode.
 *
 * <p>Models: which registers exist in which mode, who may read and write them, reserved bits. Spec: SDM vol. 3A, tables
 * 12-1 and 12-6. Not modelled: accesses that are not one aligned 32-bit word (the machine's bus makes words of them).
 * Threading: owner only.
 */
final class ApicRegisters {
    private static final long HIGH_HALF = 0xFFFF_FFFF_0000_0000L;

    private final LocalApic apic;
    private final ReservedBits policy;

    ApicRegisters(LocalApic apic, ReservedBits policy) {
        this.apic = apic;
        this.policy = policy;
    }

    // ---- xAPIC mode
    // ---------------------------------------------------------------------------------------------------------

    int read(int offset) {
        if (apic.mode() != ApicMode.XAPIC) {
            return -1;
        }
        if (!exists(offset)) {
            apic.reportError(ApicError.ILLEGAL_REGISTER);
            return 0;
        }
        return value(offset);
    }

    void write(int offset, int value) {
        if (apic.mode() != ApicMode.XAPIC) {
            return;
        }
        switch (offset) {
            case ApicRegister.ID -> apic.writeXapicId(value);
            case ApicRegister.LOGICAL_DESTINATION -> apic.writeLogicalDestination(value);
            case ApicRegister.DESTINATION_FORMAT -> apic.writeDestinationFormat(value);
            case ApicRegister.EOI -> apic.eoi();
            case ApicRegister.ERROR_STATUS -> apic.writeErrorStatus();
            case ApicRegister.ICR_LOW -> apic.writeIcrLow(value);
            case ApicRegister.ICR_HIGH -> apic.writeIcrHigh(value);
            default -> writeShared(offset, value);
        }
    }

    // ---- x2APIC mode
    // --------------------------------------------------------------------------------------------------------

    long readMsr(int msr) {
        int offset = requireMsr(msr);
        return switch (offset) {
            case ApicRegister.ICR_LOW -> apic.icr();
            case ApicRegister.ICR_HIGH,
                    ApicRegister.DESTINATION_FORMAT,
                    ApicRegister.ARBITRATION_PRIORITY,
                    ApicRegister.REMOTE_READ,
                    ApicRegister.EOI,
                    ApicRegister.SELF_IPI -> throw generalProtection();
            default -> Integer.toUnsignedLong(value(offset));
        };
    }

    void writeMsr(int msr, long value) {
        int offset = requireMsr(msr);
        if (offset != ApicRegister.ICR_LOW && (value & HIGH_HALF) != 0) {
            throw generalProtection();
        }
        long reserved = alwaysReserved(offset) | (policy == ReservedBits.STRICT ? strictlyReserved(offset) : 0);
        if ((value & reserved) != 0) {
            throw generalProtection();
        }
        int word = (int) value;
        switch (offset) {
            case ApicRegister.EOI -> apic.eoi();
            case ApicRegister.ICR_LOW -> apic.writeIcr(value);
            case ApicRegister.ERROR_STATUS -> apic.writeErrorStatus();
            case ApicRegister.SELF_IPI -> apic.sendSelfIpi(word);
            default -> {
                if (!sharedWritable(offset)) {
                    throw generalProtection();
                }
                writeShared(offset, word);
            }
        }
    }

    private int requireMsr(int msr) {
        boolean inRange = msr >= Msr.X2APIC_FIRST && msr <= Msr.X2APIC_LAST;
        int offset = ApicRegister.offset(msr);
        if (!inRange || apic.mode() != ApicMode.X2APIC || !(exists(offset) || offset == ApicRegister.SELF_IPI)) {
            throw generalProtection();
        }
        return offset;
    }

    /** Bits whose check KVM shares. */
    private static long alwaysReserved(int offset) {
        return switch (offset) {
            case ApicRegister.ICR_LOW -> Icr.X2APIC_RESERVED;
            case ApicRegister.ERROR_STATUS -> -1L;
            case ApicRegister.SELF_IPI -> ~0xFFL;
            default -> 0;
        };
    }

    private long strictlyReserved(int offset) {
        return switch (offset) {
            case ApicRegister.TASK_PRIORITY -> ~0xFFL;
            case ApicRegister.EOI -> -1L;
            case ApicRegister.SPURIOUS_VECTOR -> ~(long) (Svr.VECTOR | Svr.ENABLE);
            case ApicRegister.DIVIDE_CONFIGURATION -> ~(long) ApicTimer.DIVIDE_BITS;
            default ->
                apic.localVectorTable().has(offset)
                        ? ~(long) apic.localVectorTable().defined(offset)
                        : 0;
        };
    }

    // ---- both modes
    // ---------------------------------------------------------------------------------------------------------

    /** Writes a register that both modes have; others are read-only or not there. */
    private void writeShared(int offset, int value) {
        switch (offset) {
            case ApicRegister.TASK_PRIORITY -> apic.setTaskPriority(value);
            case ApicRegister.SPURIOUS_VECTOR -> apic.writeSpuriousVector(value);
            case ApicRegister.INITIAL_COUNT -> apic.timer().writeInitialCount(value);
            case ApicRegister.DIVIDE_CONFIGURATION -> apic.timer().writeDivideConfiguration(value);
            default -> {
                if (apic.localVectorTable().has(offset)) {
                    apic.writeLvt(offset, value);
                } else if (!exists(offset)) {
                    apic.reportError(ApicError.ILLEGAL_REGISTER);
                }
            }
        }
    }

    private boolean sharedWritable(int offset) {
        return switch (offset) {
            case ApicRegister.TASK_PRIORITY,
                    ApicRegister.SPURIOUS_VECTOR,
                    ApicRegister.INITIAL_COUNT,
                    ApicRegister.DIVIDE_CONFIGURATION -> true;
            default -> apic.localVectorTable().has(offset);
        };
    }

    /** Whether xAPIC mode has a register at this offset. */
    private boolean exists(int offset) {
        return switch (offset) {
            case ApicRegister.ID,
                    ApicRegister.VERSION,
                    ApicRegister.TASK_PRIORITY,
                    ApicRegister.ARBITRATION_PRIORITY,
                    ApicRegister.PROCESSOR_PRIORITY,
                    ApicRegister.EOI,
                    ApicRegister.REMOTE_READ,
                    ApicRegister.LOGICAL_DESTINATION,
                    ApicRegister.DESTINATION_FORMAT,
                    ApicRegister.SPURIOUS_VECTOR,
                    ApicRegister.ERROR_STATUS,
                    ApicRegister.ICR_LOW,
                    ApicRegister.ICR_HIGH,
                    ApicRegister.INITIAL_COUNT,
                    ApicRegister.CURRENT_COUNT,
                    ApicRegister.DIVIDE_CONFIGURATION -> true;
            default -> isVectorWord(offset) || apic.localVectorTable().has(offset);
        };
    }

    private static boolean isVectorWord(int offset) {
        return offset >= ApicRegister.IN_SERVICE && offset < ApicRegister.ERROR_STATUS && (offset & 0xF) == 0;
    }

    private int value(int offset) {
        return switch (offset) {
            case ApicRegister.ID -> apic.x2ApicMode() ? apic.x2ApicId() : apic.apicId() << 24;
            case ApicRegister.VERSION -> apic.version();
            case ApicRegister.TASK_PRIORITY -> apic.taskPriority();
            case ApicRegister.PROCESSOR_PRIORITY -> apic.processorPriority();
            case ApicRegister.LOGICAL_DESTINATION -> apic.logicalDestination();
            case ApicRegister.DESTINATION_FORMAT -> apic.destinationFormat();
            case ApicRegister.SPURIOUS_VECTOR -> apic.spuriousVectorRegister();
            case ApicRegister.ERROR_STATUS -> apic.errorStatus();
            case ApicRegister.ICR_LOW -> (int) apic.icr();
            case ApicRegister.ICR_HIGH -> (int) (apic.icr() >>> 32);
            case ApicRegister.INITIAL_COUNT -> apic.timer().initialCount();
            case ApicRegister.CURRENT_COUNT -> apic.timer().currentCount();
            case ApicRegister.DIVIDE_CONFIGURATION -> apic.timer().divideConfiguration();
            default -> isVectorWord(offset) ? vectorWord(offset) : localVector(offset);
        };
    }

    private int vectorWord(int offset) {
        VectorBitmap set = switch (offset & ~0x7F) {
            case ApicRegister.IN_SERVICE -> apic.isr();
            case ApicRegister.TRIGGER_MODE -> apic.tmr();
            default -> apic.irr();
        };
        int word = (offset & 0x70) >> 4;
        return (int) (set.word(word >> 1) >>> ((word & 1) << 5));
    }

    private int localVector(int offset) {
        return apic.localVectorTable().has(offset) ? apic.lvt(offset) : 0;
    }
}
