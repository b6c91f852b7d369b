// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.fpu;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;
import dev.synapic.cpu.softfloat.Format;
import dev.synapic.cpu.softfloat.SoftFloat;
import dev.synapic.cpu.state.FpuRegisters;

/** FLD, FST, FILD, FIST, FISTTP, FBLD, FBSTP, FXCH, FCMOVcc, FFREE and the constants. */
final class FpuMoves {
    private static final int EXTENDED_BYTES = 10;
    private static final int DECIMAL_DIGITS = 18;
    private static final long MOST_DECIMAL = 999_999_999_999_999_999L;
    private static final int NEAREST = 0, UP = 2;

    private FpuMoves() {}

    // ---- loads
    // ---------------------------------------------------------------------------------------------------------------

    static Handler fld(DecodedInstruction in, String form) {
        if (!in.memory()) {
            return FpuMoves::loadRegister;
        }
        return in.width() == EXTENDED_BYTES ? FpuMoves::loadExtended : FpuMoves::loadConverting;
    }

    private static void loadConverting(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FpuAccess.begin(cpu);
        FpuArithmetic.readOperand(cpu, in, floats.a, false);
        FpuAccess.note(cpu, in);
        if (FpuAccess.overflows(cpu)) {
            return;
        }
        floats.convert();
        FpuAccess.settle(cpu, floats);
        // A denormal number is pushed even where its exception is not masked.
        if ((floats.flags & SoftFloat.INVALID) == 0 || masked(cpu)) {
            FpuAccess.push(cpu, floats.result.toExtendedTop(), floats.result.toExtendedSignificand());
        }
    }

    private static void loadExtended(Cpu cpu, DecodedInstruction in) {
        FpuAccess.begin(cpu);
        long linear = cpu.address(in, EXTENDED_BYTES, false);
        long significand = cpu.memory.read64(linear);
        int top = cpu.memory.read16(linear + 8);
        FpuAccess.note(cpu, in);
        pushWhereRoom(cpu, top, significand);
    }

    private static void loadRegister(Cpu cpu, DecodedInstruction in) {
        FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        int register = cpu.fpu.index(in.rm() & 7);
        if (cpu.fpu.isEmpty(register)) {
            if (FpuAccess.stackFault(cpu, 0)) {
                FpuAccess.pushIndefinite(cpu);
            }
            return;
        }
        pushWhereRoom(cpu, cpu.fpu.signAndExponent(register), cpu.fpu.significand(register));
    }

    private static void pushWhereRoom(Cpu cpu, int signAndExponent, long significand) {
        if (!FpuAccess.overflows(cpu)) {
            cpu.fpu.setConditions(FpuRegisters.C1, 0);
            FpuAccess.push(cpu, signAndExponent, significand);
        }
    }

    static void fild(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FpuAccess.begin(cpu);
        if (in.width() == 8) {
            floats.a.setLong(cpu.memory.read64(cpu.address(in, 8, false)));
        } else {
            FpuArithmetic.readOperand(cpu, in, floats.a, true);
        }
        FpuAccess.note(cpu, in);
        pushWhereRoom(cpu, floats.a.toExtendedTop(), floats.a.toExtendedSignificand());
    }

    /** A constant's sign and exponent, its significand cut off, and whether the rest is more than half of the last place. */
    static Handler constant(int top, long significand, boolean aboveHalf) {
        return (cpu, in) -> {
            FpuAccess.begin(cpu);
            FpuAccess.note(cpu, in);
            int rounding = cpu.fpu.rounding();
            boolean up = aboveHalf ? rounding == NEAREST || rounding == UP : rounding == UP;
            pushWhereRoom(cpu, top, up ? significand + 1 : significand);
        };
    }

    static Handler exactConstant(int top, long significand) {
        return (cpu, in) -> {
            FpuAccess.begin(cpu);
            FpuAccess.note(cpu, in);
            pushWhereRoom(cpu, top, significand);
        };
    }

    // ---- stores
    // --------------------------------------------------------------------------------------------------------------

    static Handler fst(DecodedInstruction in, boolean pops) {
        if (!in.memory()) {
            return (cpu, i) -> storeRegister(cpu, i, pops);
        }
        return in.width() == EXTENDED_BYTES ? FpuMoves::storeExtended : (cpu, i) -> storeConverting(cpu, i, pops);
    }

    private static void storeRegister(Cpu cpu, DecodedInstruction in, boolean pops) {
        FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        FpuRegisters fpu = cpu.fpu;
        boolean stored;
        if (FpuAccess.underflows(cpu, 0, in.rm() & 7)) {
            stored = (fpu.masked() & SoftFloat.INVALID) != 0;
        } else {
            fpu.setConditions(FpuRegisters.C1, 0);
            fpu.set(fpu.index(in.rm() & 7), fpu.signAndExponent(fpu.index(0)), fpu.significand(fpu.index(0)));
            stored = true;
        }
        if (stored && pops) {
            fpu.pop();
        }
    }

    private static void storeConverting(Cpu cpu, DecodedInstruction in, boolean pops) {
        SoftFloat floats = FpuAccess.begin(cpu);
        long linear = cpu.address(in, in.width(), true);
        cpu.memory.checkWrite(linear, in.width());
        FpuAccess.note(cpu, in);
        if (!takeTop(cpu, floats)) {
            return;
        }
        floats.convertForStore();
        floats.round(in.width() == 4 ? Format.SINGLE : Format.DOUBLE);
        boolean stored = !floats.misfit();
        if (!stored) {
            floats.flags &= ~SoftFloat.PRECISION;
            floats.roundedUp = false;
        }
        stored &= FpuAccess.settle(cpu, floats);
        if (stored) {
            cpu.memory.write(linear, in.width(), in.width() == 4 ? floats.result.toSingle() : floats.result.toDouble());
        }
        if (stored && pops) {
            cpu.fpu.pop();
        }
    }

    /** Puts ST(0) into floats.a, or the indefinite where it is empty; false where the latter is an exception. */
    private static boolean takeTop(Cpu cpu, SoftFloat floats) {
        int register = cpu.fpu.index(0);
        if (!cpu.fpu.isEmpty(register)) {
            FpuAccess.load(cpu, floats.a, register);
            return true;
        }
        floats.a.setIndefinite();
        return FpuAccess.stackFault(cpu, 0);
    }

    /** There is only the popping one; nothing is converted. */
    private static void storeExtended(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FpuAccess.begin(cpu);
        long linear = cpu.address(in, EXTENDED_BYTES, true);
        cpu.memory.checkWrite(linear, EXTENDED_BYTES);
        FpuAccess.note(cpu, in);
        FpuRegisters fpu = cpu.fpu;
        int register = fpu.index(0);
        if (!fpu.isEmpty(register)) {
            fpu.setConditions(FpuRegisters.C1, 0);
            cpu.memory.write64(linear, fpu.significand(register));
            cpu.memory.write16(linear + 8, fpu.signAndExponent(register));
        } else if (takeTop(cpu, floats)) {
            cpu.memory.write64(linear, floats.a.toExtendedSignificand());
            cpu.memory.write16(linear + 8, floats.a.toExtendedTop());
        } else {
            return;
        }
        fpu.pop();
    }

    /** FIST, FISTP, and FISTTP, which truncates. */
    static Handler fist(boolean pops, boolean truncates) {
        return (cpu, in) -> {
            SoftFloat floats = FpuAccess.begin(cpu);
            long linear = cpu.address(in, in.width(), true);
            cpu.memory.checkWrite(linear, in.width());
            FpuAccess.note(cpu, in);
            if (!takeTop(cpu, floats)) {
                return;
            }
            if (truncates) {
                floats.truncate();
            }
            long value = floats.toInteger(in.width() * 8);
            if (FpuAccess.settle(cpu, floats)) {
                cpu.memory.write(linear, in.width(), value);
                if (pops) {
                    cpu.fpu.pop();
                }
            }
        };
    }

    // ---- packed decimal (SDM vol. 1, 4.7): 18 digits, two a byte, and a byte with the sign
    // -----------------------------------

    static void fbld(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FpuAccess.begin(cpu);
        long linear = cpu.address(in, EXTENDED_BYTES, false);
        long digits = cpu.memory.read64(linear);
        int rest = cpu.memory.read16(linear + 8);
        FpuAccess.note(cpu, in);
        long value = 0;
        for (int i = DECIMAL_DIGITS - 1; i >= 0; i--) {
            long digit = i < 16 ? digits >>> 4 * i & 15 : rest >>> 4 * (i - 16) & 15;
            value = value * 10 + digit;
        }
        floats.a.setLong(value);
        floats.a.negative = (rest & 0x8000) != 0;
        pushWhereRoom(cpu, floats.a.toExtendedTop(), floats.a.toExtendedSignificand());
    }

    static void fbstp(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FpuAccess.begin(cpu);
        long linear = cpu.address(in, EXTENDED_BYTES, true);
        cpu.memory.checkWrite(linear, EXTENDED_BYTES);
        FpuAccess.note(cpu, in);
        if (!takeTop(cpu, floats)) {
            return;
        }
        boolean negative = floats.a.negative;
        long value = Math.abs(floats.toInteger(64));
        boolean fits = value >= 0 && value <= MOST_DECIMAL && (floats.flags & SoftFloat.INVALID) == 0;
        if (!fits) {
            floats.flags = SoftFloat.INVALID;
            floats.roundedUp = false;
        }
        if (FpuAccess.settle(cpu, floats)) {
            writeDecimal(cpu, linear, value, negative, fits);
            cpu.fpu.pop();
        }
    }

    private static void writeDecimal(Cpu cpu, long linear, long value, boolean negative, boolean fits) {
        if (!fits) {
            cpu.memory.write64(linear, 3L << 62);
            cpu.memory.write16(linear + 8, 0xFFFF);
            return;
        }
        long digits = 0;
        int rest = negative ? 0x8000 : 0;
        long left = value;
        for (int i = 0; i < DECIMAL_DIGITS; i++) {
            long digit = left % 10;
            left /= 10;
            if (i < 16) {
                digits |= digit << 4 * i;
            } else {
                rest |= (int) digit << 4 * (i - 16);
            }
        }
        cpu.memory.write64(linear, digits);
        cpu.memory.write16(linear + 8, rest);
    }

    // ---- between registers
    // -----------------------------------------------------------------------------------------------------

    static void fxch(Cpu cpu, DecodedInstruction in) {
        FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        FpuRegisters fpu = cpu.fpu;
        int i = in.rm() & 7;
        boolean empty = fpu.isEmpty(fpu.index(0)) || fpu.isEmpty(fpu.index(i));
        if (empty && !fillEmpty(cpu, i)) {
            return;
        }
        if (!empty) {
            fpu.setConditions(FpuRegisters.C1, 0);
        }
        int top = fpu.signAndExponent(fpu.index(0));
        long significand = fpu.significand(fpu.index(0));
        fpu.set(fpu.index(0), fpu.signAndExponent(fpu.index(i)), fpu.significand(fpu.index(i)));
        fpu.set(fpu.index(i), top, significand);
    }

    /** The masked answer to an exchange with an empty register: it counts as the indefinite. */
    private static boolean fillEmpty(Cpu cpu, int i) {
        return (!cpu.fpu.isEmpty(cpu.fpu.index(0)) || FpuAccess.underflows(cpu, 0, 0) && masked(cpu))
                && (!cpu.fpu.isEmpty(cpu.fpu.index(i)) || FpuAccess.underflows(cpu, i, i) && masked(cpu));
    }

    private static boolean masked(Cpu cpu) {
        return (cpu.fpu.masked() & SoftFloat.INVALID) != 0;
    }

    /** Condition as the low bits of the opcode pair have it: B, E, BE, U, with DB their negations. */
    static Handler fcmov(int condition) {
        return (cpu, in) -> {
            FpuAccess.begin(cpu);
            FpuAccess.note(cpu, in);
            FpuRegisters fpu = cpu.fpu;
            int source = fpu.index(in.rm() & 7);
            if (FpuAccess.underflows(cpu, 0) || FpuAccess.underflows(cpu, in.rm() & 7, 0)) {
                return;
            }
            if (cpu.flags.condition(condition)) {
                fpu.set(fpu.index(0), fpu.signAndExponent(source), fpu.significand(source));
            }
        };
    }

    static void ffree(Cpu cpu, DecodedInstruction in) {
        FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        cpu.fpu.free(cpu.fpu.index(in.rm() & 7));
        cpu.fpu.setConditions(FpuRegisters.C1, 0);
    }

    /** Not documented, but in every processor: FFREE, then a pop. */
    static void ffreep(Cpu cpu, DecodedInstruction in) {
        ffree(cpu, in);
        cpu.fpu.pop();
    }

    static void fincstp(Cpu cpu, DecodedInstruction in) {
        rotate(cpu, in, 1);
    }

    static void fdecstp(Cpu cpu, DecodedInstruction in) {
        rotate(cpu, in, -1);
    }

    private static void rotate(Cpu cpu, DecodedInstruction in, int by) {
        FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        cpu.fpu.rotate(by);
        cpu.fpu.setConditions(FpuRegisters.C1, 0);
    }

    static void fnop(Cpu cpu, DecodedInstruction in) {
        FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
    }
}
