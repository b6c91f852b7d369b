// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.fpu;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.softfloat.Format;
import dev.synapic.cpu.softfloat.Real;
import dev.synapic.cpu.softfloat.SoftFloat;
import dev.synapic.cpu.state.FpuRegisters;
import dev.synapic.spec.x86.Cr0;

/**
 * How every x87 instruction begins and ends: availability and pending exceptions, empty and full registers, results and their
 * exceptions (SDM vol. 1, 8.4 to 8.7).
 *
 * <p>Not modelled: the MS-DOS way of reporting exceptions: where CR0.NE is clear, a pending exception is never reported.
 */
final class FpuAccess {
    private static final int SINGLE = 0, DOUBLE = 2;
    private static final int INDEFINITE_TOP = 0xFFFF;
    private static final long INDEFINITE = 3L << 62;

    private FpuAccess() {}

    // ---- the beginning
    // -----------------------------------------------------------------------------------------------------

    static void requireAvailable(Cpu cpu) {
        if ((cpu.control.cr0 & (Cr0.EM | Cr0.TS)) != 0) {
            throw cpu.fault(CpuException.NM);
        }
    }

    /** Also what a waiting control instruction does. */
    static void waitForExceptions(Cpu cpu) {
        requireAvailable(cpu);
        reportPending(cpu);
    }

    static void reportPending(Cpu cpu) {
        if (cpu.fpu.pending() && (cpu.control.cr0 & Cr0.NE) != 0) {
            throw cpu.fault(CpuException.MF);
        }
    }

    /** An instruction that calculates or moves data; its memory operand, if it has one, is read behind this. */
    static SoftFloat begin(Cpu cpu) {
        waitForExceptions(cpu);
        cpu.floats.begin(cpu.fpu.rounding(), cpu.fpu.masked(), false, true);
        return cpu.floats;
    }

    /** Notes the instruction for FNSTENV; a fault can no longer happen. */
    static void note(Cpu cpu, DecodedInstruction in) {
        FpuRegisters fpu = cpu.fpu;
        fpu.instructionPointer = cpu.nextRip(in) - in.length();
        fpu.opcode = in.opcode() << 8 & 0x700 | in.immediate2();
        if (in.memory()) {
            fpu.dataPointer = cpu.effectiveAddress(in);
        }
    }

    // ---- registers
    // ---------------------------------------------------------------------------------------------------------

    static void load(Cpu cpu, Real real, int register) {
        real.setExtended(cpu.fpu.signAndExponent(register), cpu.fpu.significand(register));
    }

    /** Whether ST(i) is empty; then the stack underflow is noted, and the indefinite is put there where that is masked. */
    static boolean underflows(Cpu cpu, int i) {
        return underflows(cpu, i, 0);
    }

    /** As above; the indefinite goes to ST(target). */
    static boolean underflows(Cpu cpu, int i, int target) {
        FpuRegisters fpu = cpu.fpu;
        if (!fpu.isEmpty(fpu.index(i))) {
            return false;
        }
        if (stackFault(cpu, 0)) {
            setIndefinite(cpu, target);
        }
        return true;
    }

    /** Whether there is no room for one more; then the overflow is noted, and the indefinite pushed where that is masked. */
    static boolean overflows(Cpu cpu) {
        FpuRegisters fpu = cpu.fpu;
        if (fpu.isEmpty(fpu.index(7))) {
            return false;
        }
        if (stackFault(cpu, FpuRegisters.C1)) {
            pushIndefinite(cpu);
        }
        return true;
    }

    /** As {@link #underflows} and {@link #overflows} together, for what replaces ST(0) by two results. */
    static boolean cannotSplit(Cpu cpu) {
        FpuRegisters fpu = cpu.fpu;
        boolean empty = fpu.isEmpty(fpu.index(0));
        if (!empty && fpu.isEmpty(fpu.index(7))) {
            return false;
        }
        if (stackFault(cpu, empty ? 0 : FpuRegisters.C1)) {
            setIndefinite(cpu, 0);
            pushIndefinite(cpu);
        }
        return true;
    }

    /** Notes a stack fault; true where the invalid-operation exception is masked. */
    static boolean stackFault(Cpu cpu, int c1) {
        cpu.fpu.raise(SoftFloat.INVALID | FpuRegisters.STACK_FAULT);
        cpu.fpu.setConditions(FpuRegisters.C1, c1);
        return (cpu.fpu.masked() & SoftFloat.INVALID) != 0;
    }

    static void push(Cpu cpu, int signAndExponent, long significand) {
        cpu.fpu.push();
        cpu.fpu.set(cpu.fpu.index(0), signAndExponent, significand);
    }

    static void setIndefinite(Cpu cpu, int i) {
        cpu.fpu.set(cpu.fpu.index(i), INDEFINITE_TOP, INDEFINITE);
    }

    static void pushIndefinite(Cpu cpu) {
        push(cpu, INDEFINITE_TOP, INDEFINITE);
    }

    // ---- the end
    // -----------------------------------------------------------------------------------------------------------

    /** The format that the precision control asks for. */
    static Format format(Cpu cpu) {
        return switch (cpu.fpu.precision()) {
            case SINGLE -> Format.EXTENDED_TO_SINGLE;
            case DOUBLE -> Format.EXTENDED_TO_DOUBLE;
            default -> Format.EXTENDED;
        };
    }

    /** Notes exceptions and C1; false where one that is not masked forbids to store the result. */
    static boolean settle(Cpu cpu, SoftFloat floats) {
        cpu.fpu.raise(floats.flags);
        cpu.fpu.setConditions(FpuRegisters.C1, floats.roundedUp ? FpuRegisters.C1 : 0);
        return !floats.refused();
    }

    /** Stores the result in ST(i), unless an exception forbids it. */
    static boolean store(Cpu cpu, SoftFloat floats, int i) {
        boolean stored = settle(cpu, floats);
        if (stored) {
            cpu.fpu.set(cpu.fpu.index(i), floats.result.toExtendedTop(), floats.result.toExtendedSignificand());
        }
        return stored;
    }
}
