// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.fpu;

import dev.synapic.cpu.Handler;
import dev.synapic.cpu.execute.Family;
import dev.synapic.cpu.execute.Flags;
import dev.synapic.cpu.softfloat.SoftFloat;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** From the x87's mnemonics, as the opcode maps spell them, to handlers. A table. */
public final class FpuInstructionSet {
    private static final Map<String, Family> FAMILIES = families();

    private FpuInstructionSet() {}

    /** The family of a mnemonic, or null where it is none of the x87's. */
    public static @Nullable Family family(String mnemonic) {
        return FAMILIES.get(mnemonic);
    }

    private static Map<String, Family> families() {
        Map<String, Family> all = new HashMap<>();
        arithmetic(all);
        moves(all);
        constants(all);
        comparisons(all);
        functions(all);
        control(all);
        return Map.copyOf(all);
    }

    private static void one(Map<String, Family> all, String mnemonic, Handler handler) {
        all.put(mnemonic, (in, form) -> handler);
    }

    private static void arithmetic(Map<String, Family> all) {
        binary(all, "ADD", SoftFloat::add, false);
        binary(all, "MUL", SoftFloat::multiply, false);
        binary(all, "SUB", SoftFloat::subtract, false);
        binary(all, "SUBR", SoftFloat::subtract, true);
        binary(all, "DIV", SoftFloat::divide, false);
        binary(all, "DIVR", SoftFloat::divide, true);
        one(all, "FSQRT", FpuArithmetic::fsqrt);
        one(all, "FRNDINT", FpuArithmetic::frndint);
        one(all, "FCHS", FpuArithmetic::fchs);
        one(all, "FABS", FpuArithmetic::fabs);
    }

    private static void binary(Map<String, Family> all, String name, Consumer<SoftFloat> operation, boolean reversed) {
        all.put("F" + name, FpuArithmetic.binary(operation, reversed));
        one(all, "F" + name + "P", FpuArithmetic.popping(operation, reversed));
        one(all, "FI" + name, FpuArithmetic.integer(operation, reversed));
    }

    private static void moves(Map<String, Family> all) {
        all.put("FLD", FpuMoves::fld);
        one(all, "FILD", FpuMoves::fild);
        all.put("FST", (in, form) -> FpuMoves.fst(in, false));
        all.put("FSTP", (in, form) -> FpuMoves.fst(in, true));
        one(all, "FIST", FpuMoves.fist(false, false));
        one(all, "FISTP", FpuMoves.fist(true, false));
        one(all, "FISTTP", FpuMoves.fist(true, true));
        one(all, "FBLD", FpuMoves::fbld);
        one(all, "FBSTP", FpuMoves::fbstp);
        one(all, "FXCH", FpuMoves::fxch);
        one(all, "FCMOVB", FpuMoves.fcmov(Flags.B));
        one(all, "FCMOVE", FpuMoves.fcmov(Flags.Z));
        one(all, "FCMOVBE", FpuMoves.fcmov(Flags.BE));
        one(all, "FCMOVU", FpuMoves.fcmov(Flags.P));
        one(all, "FCMOVNB", FpuMoves.fcmov(Flags.B + 1));
        one(all, "FCMOVNE", FpuMoves.fcmov(Flags.Z + 1));
        one(all, "FCMOVNBE", FpuMoves.fcmov(Flags.BE + 1));
        one(all, "FCMOVNU", FpuMoves.fcmov(Flags.P + 1));
        one(all, "FFREE", FpuMoves::ffree);
        one(all, "FFREEP", FpuMoves::ffreep);
        one(all, "FINCSTP", FpuMoves::fincstp);
        one(all, "FDECSTP", FpuMoves::fdecstp);
        one(all, "FNOP", FpuMoves::fnop);
    }

    private static void constants(Map<String, Family> all) {
        one(all, "FLD1", FpuMoves.exactConstant(0x3FFF, 1L << 63));
        one(all, "FLDZ", FpuMoves.exactConstant(0, 0));
        one(all, "FLDL2T", FpuMoves.constant(0x4000, 0xD49A_784B_CD1B_8AFEL, false));
        one(all, "FLDL2E", FpuMoves.constant(0x3FFF, 0xB8AA_3B29_5C17_F0BBL, true));
        one(all, "FLDPI", FpuMoves.constant(0x4000, 0xC90F_DAA2_2168_C234L, true));
        one(all, "FLDLG2", FpuMoves.constant(0x3FFD, 0x9A20_9A84_FBCF_F798L, true));
        one(all, "FLDLN2", FpuMoves.constant(0x3FFE, 0xB172_17F7_D1CF_79ABL, true));
    }

    private static void comparisons(Map<String, Family> all) {
        all.put("FCOM", (in, form) -> FpuComparisons.fcom(in, 0));
        all.put("FCOMP", (in, form) -> FpuComparisons.fcom(in, 1));
        one(all, "FCOMPP", FpuComparisons.registers(2, true));
        one(all, "FUCOM", FpuComparisons.registers(0, false));
        one(all, "FUCOMP", FpuComparisons.registers(1, false));
        one(all, "FUCOMPP", FpuComparisons.registers(2, false));
        one(all, "FICOM", FpuComparisons.ficom(0));
        one(all, "FICOMP", FpuComparisons.ficom(1));
        one(all, "FTST", FpuComparisons::ftst);
        one(all, "FXAM", FpuComparisons::fxam);
        one(all, "FCOMI", FpuComparisons.toFlags(0, true));
        one(all, "FCOMIP", FpuComparisons.toFlags(1, true));
        one(all, "FUCOMI", FpuComparisons.toFlags(0, false));
        one(all, "FUCOMIP", FpuComparisons.toFlags(1, false));
    }

    private static void functions(Map<String, Family> all) {
        one(all, "FPREM", FpuRemainders::fprem);
        one(all, "FPREM1", FpuRemainders::fprem1);
        one(all, "FSCALE", FpuRemainders::fscale);
        one(all, "FXTRACT", FpuRemainders::fxtract);
        one(all, "F2XM1", FpuFunctions::f2xm1);
        one(all, "FYL2X", FpuFunctions::fyl2x);
        one(all, "FYL2XP1", FpuFunctions::fyl2xp1);
        one(all, "FSIN", FpuFunctions::fsin);
        one(all, "FCOS", FpuFunctions::fcos);
        one(all, "FSINCOS", FpuFunctions::fsincos);
        one(all, "FPTAN", FpuFunctions::fptan);
        one(all, "FPATAN", FpuFunctions::fpatan);
    }

    private static void control(Map<String, Family> all) {
        one(all, "FWAIT", FpuControl::fwait);
        one(all, "FNINIT", FpuControl::fninit);
        one(all, "FNCLEX", FpuControl::fnclex);
        one(all, "FNENI", FpuControl::nothing);
        one(all, "FNSTCW", FpuControl::fnstcw);
        one(all, "FLDCW", FpuControl::fldcw);
        one(all, "FNSTSW", FpuControl::fnstsw);
        one(all, "FNSTENV", FpuControl::fnstenv);
        one(all, "FLDENV", FpuControl::fldenv);
        one(all, "FNSAVE", FpuControl::fnsave);
        one(all, "FRSTOR", FpuControl::frstor);
    }
}
