// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.ApicTimerMode;
import dev.synapic.spec.x86.DestinationShorthand;
import dev.synapic.spec.x86.Icr;
import dev.synapic.spec.x86.Msr;
import dev.synapic.spec.x86.Svr;

/**
 * The registers of a local APIC as the guest reaches them: the page of xAPIC mode and the MSRs of x2APIC mode.
 *
 * <p>Models: which registers exist in which mode, who may read and write them, reserved bits, the shape of accesses in
 * the page. Spec: SDM vol. 3A, tables 12-1 and 12-6. Not modelled: registers named in LocalApic. Threading: owner only.
 */
final class ApicRegisters {
    private static final long HIGH_HALF = 0xFFFF_FFFF_0000_0000L;

    private static final int VERSION = 0x14;
    private static final int DIRECTED_EOI_ANNOUNCED = 1 << 24;
    private static final int ICR_LOW_BITS = 0xC_CFFF;
    static final int XAPIC_ID_BITS = 0xFF00_0000;
    static final int DFR_ONES = 0x0FFF_FFFF;
    private static final int SVR_BITS = Svr.VECTOR | Svr.ENABLE | Svr.NO_FOCUS_CHECK;
    private static final int SVR_AFTER_RESET = 0xFF;

    private final LocalApic apic;
    private final ApicIdentity identity;
    private final LocalVectorTable lvt;
    private final ApicTimer timer;
    private final ReservedBits policy;
    private final boolean directedEoi;

    private int svr = SVR_AFTER_RESET;
    private int icrLow;
    private int icrHigh;

    ApicRegisters(LocalApic apic, ApicIdentity identity, LocalVectorTable lvt, ApicTimer timer, ApicModel model) {
        this.apic = apic;
        this.identity = identity;
        this.lvt = lvt;
        this.timer = timer;
        this.policy = model.reservedBits();
        this.directedEoi = model.directedEoi() != DirectedEoi.DISABLED;
    }

    void reset() {
        svr = SVR_AFTER_RESET;
        icrLow = 0;
        icrHigh = 0;
    }

    LocalApicState.Registers save() {
        return new LocalApicState.Registers(svr, icrLow, icrHigh);
    }

    /** Behind the mode. */
    void restore(LocalApicState.Registers state) {
        svr = state.svr() & (SVR_BITS | suppression());
        icrLow = state.icrLow() & ICR_LOW_BITS;
        icrHigh = state.icrHigh() & icrHighBits();
    }

    int svr() {
        return svr;
    }

    boolean eoiBroadcastSuppressed() {
        return (svr & Svr.SUPPRESS_EOI_BROADCAST) != 0;
    }

    long icr() {
        return (long) icrHigh << 32 | Integer.toUnsignedLong(icrLow);
    }

    /** Keeps what is written, except for the delivery status, and sends. */
    void writeIcr(long icr) {
        icrHigh = (int) (icr >>> 32) & icrHighBits();
        icrLow = (int) icr & ICR_LOW_BITS;
        apic.send(icr());
    }

    private int icrHighBits() {
        return apic.x2ApicMode() ? -1 : XAPIC_ID_BITS;
    }

    // ---- xAPIC mode -------------------------------------------------------------------------------------------------

    int read(int offset) {
        if (apic.mode() != ApicMode.XAPIC) {
            return -1;
        }
        if (!exists(offset)) {
            lvt.report(ApicError.ILLEGAL_REGISTER);
            return 0;
        }
        return value(offset);
    }

    void write(int offset, int value) {
        if (apic.mode() != ApicMode.XAPIC) {
            return;
        }
        switch (offset) {
            case ApicRegister.ID -> identity.setXapicId(value >>> 24);
            case ApicRegister.LOGICAL_DESTINATION -> identity.setLogicalDestination(value & XAPIC_ID_BITS);
            case ApicRegister.DESTINATION_FORMAT -> identity.setDestinationFormat(value | DFR_ONES);
            case ApicRegister.EOI -> apic.eoi();
            case ApicRegister.ERROR_STATUS -> writeErrorStatus();
            case ApicRegister.ICR_LOW -> writeIcr((long) icrHigh << 32 | Integer.toUnsignedLong(value));
            case ApicRegister.ICR_HIGH -> icrHigh = value & XAPIC_ID_BITS;
            default -> writeShared(offset, value);
        }
    }

    long readMmio(int offset, int size) {
        long mask = size == 8 ? -1L : (1L << (size << 3)) - 1;
        if (apic.mode() != ApicMode.XAPIC) {
            return mask;
        }
        int beside = offset & 0xF;
        return beside >= 4 ? 0 : Integer.toUnsignedLong(read(offset & ~0xF)) >>> (beside << 3) & mask;
    }

    void writeMmio(int offset, int size, long value) {
        if (size == 4 && (offset & 0xF) == 0) {
            write(offset, (int) value);
        }
    }

    // ---- x2APIC mode ------------------------------------------------------------------------------------------------

    long readMsr(int msr) {
        int offset = requireMsr(msr);
        return switch (offset) {
            case ApicRegister.ICR_LOW -> icr();
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
            case ApicRegister.ICR_LOW -> writeIcr(value);
            case ApicRegister.ERROR_STATUS -> writeErrorStatus();
            case ApicRegister.SELF_IPI -> apic.send(DestinationShorthand.SELF.bits() | ApicRequest.fixed(word));
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
            case ApicRegister.SPURIOUS_VECTOR -> ~(long) (Svr.VECTOR | Svr.ENABLE | suppression());
            case ApicRegister.DIVIDE_CONFIGURATION -> ~(long) ApicTimer.DIVIDE_BITS;
            default -> lvt.has(offset) ? ~(long) lvt.defined(offset) : 0;
        };
    }

    // ---- both modes -------------------------------------------------------------------------------------------------

    /** Writes a register that both modes have; others are read-only or not there. */
    private void writeShared(int offset, int value) {
        switch (offset) {
            case ApicRegister.TASK_PRIORITY -> apic.setTaskPriority(value);
            case ApicRegister.SPURIOUS_VECTOR -> writeSpuriousVector(value);
            case ApicRegister.INITIAL_COUNT -> timer.writeInitialCount(value);
            case ApicRegister.DIVIDE_CONFIGURATION -> timer.writeDivideConfiguration(value);
            default -> {
                if (lvt.has(offset)) {
                    writeLvt(offset, value);
                } else if (!exists(offset)) {
                    lvt.report(ApicError.ILLEGAL_REGISTER);
                }
            }
        }
    }

    private void writeSpuriousVector(int value) {
        // What is due, and what has come, still meets the masks of before.
        timer.settle();
        apic.takeArrivals();
        svr = value & (SVR_BITS | suppression());
        boolean enabled = new Svr(svr).softwareEnabled();
        if (!enabled) {
            lvt.maskAll();
        }
        identity.setSoftwareEnabled(enabled);
    }

    private int suppression() {
        return directedEoi ? Svr.SUPPRESS_EOI_BROADCAST : 0;
    }

    private void writeLvt(int offset, int value) {
        apic.takeArrivals();
        if (offset != ApicRegister.LVT_TIMER) {
            lvt.write(offset, value);
            return;
        }
        timer.settle();
        lvt.write(offset, value);
        timer.changeMode(ApicTimerMode.of(lvt.read(offset)));
    }

    private void writeErrorStatus() {
        apic.takeArrivals();
        lvt.errors().latch();
    }

    private boolean sharedWritable(int offset) {
        return switch (offset) {
            case ApicRegister.TASK_PRIORITY,
                    ApicRegister.SPURIOUS_VECTOR,
                    ApicRegister.INITIAL_COUNT,
                    ApicRegister.DIVIDE_CONFIGURATION -> true;
            default -> lvt.has(offset);
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
            default -> isVectorWord(offset) || lvt.has(offset);
        };
    }

    private static boolean isVectorWord(int offset) {
        return offset >= ApicRegister.IN_SERVICE && offset < ApicRegister.ERROR_STATUS && (offset & 0xF) == 0;
    }

    /** What the register at this offset shows; no access of the guest, so no error. */
    int value(int offset) {
        return switch (offset) {
            case ApicRegister.ID -> apic.x2ApicMode() ? apic.x2ApicId() : apic.apicId() << 24;
            case ApicRegister.VERSION ->
                (directedEoi ? DIRECTED_EOI_ANNOUNCED : 0) | lvt.highestEntry() << 16 | VERSION;
            case ApicRegister.TASK_PRIORITY -> apic.taskPriority();
            case ApicRegister.PROCESSOR_PRIORITY -> apic.processorPriority();
            case ApicRegister.LOGICAL_DESTINATION -> apic.logicalDestination();
            case ApicRegister.DESTINATION_FORMAT -> apic.destinationFormat();
            case ApicRegister.SPURIOUS_VECTOR -> svr;
            case ApicRegister.ERROR_STATUS -> apic.errorStatus();
            case ApicRegister.ICR_LOW -> icrLow;
            case ApicRegister.ICR_HIGH -> icrHigh;
            case ApicRegister.INITIAL_COUNT -> timer.initialCount();
            case ApicRegister.CURRENT_COUNT -> timer.currentCount();
            case ApicRegister.DIVIDE_CONFIGURATION -> timer.divideConfiguration();
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
        return lvt.has(offset) ? lvt.read(offset) : 0;
    }
}
