// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.decode;

/**
 * The x87's opcodes D8 to DF, written as in {@link OpcodeMaps} (SDM vol. 2D, A.5.2): eight cells by ModRM.reg for memory, then eight
 * for registers, some of which are groups by ModRM.rm. T is ST(i).
 */
final class FpuMaps {
    private static final String[] NAMES = {"ADD", "MUL", "COM", "COMP", "SUB", "SUBR", "DIV", "DIVR"};

    private FpuMaps() {}

    static String[] opcode(String name) {
        return switch (name) {
            case "D8" -> join(named("F", "Md"), named("F", "T"));
            case "D9" ->
                join(
                        row("FLD Md", "-", "FST Md", "FSTP Md", "FLDENV M", "FLDCW Mw", "FNSTENV M", "FNSTCW Mw"),
                        row(
                                "FLD T",
                                "FXCH T",
                                "[x87 D9.2]",
                                "-",
                                "[x87 D9.4]",
                                "[x87 D9.5]",
                                "[x87 D9.6]",
                                "[x87 D9.7]"));
            case "DA" ->
                join(
                        named("FI", "Md"),
                        row("FCMOVB T", "FCMOVE T", "FCMOVBE T", "FCMOVU T", "-", "[x87 DA.5]", "-", "-"));
            case "DB" ->
                join(
                        row("FILD Md", "FISTTP Md", "FIST Md", "FISTP Md", "-", "FLD Mt", "-", "FSTP Mt"),
                        row(
                                "FCMOVNB T",
                                "FCMOVNE T",
                                "FCMOVNBE T",
                                "FCMOVNU T",
                                "[x87 DB.4]",
                                "FUCOMI T",
                                "FCOMI T",
                                "-"));
            case "DC" ->
                join(named("F", "Mq"), row("FADD T", "FMUL T", "-", "-", "FSUBR T", "FSUB T", "FDIVR T", "FDIV T"));
            case "DD" ->
                join(
                        row("FLD Mq", "FISTTP Mq", "FST Mq", "FSTP Mq", "FRSTOR M", "-", "FNSAVE M", "FNSTSW Mw"),
                        row("FFREE T", "-", "FST T", "FSTP T", "FUCOM T", "FUCOMP T", "-", "-"));
            case "DE" ->
                join(
                        named("FI", "Mw"),
                        row("FADDP T", "FMULP T", "-", "[x87 DE.3]", "FSUBRP T", "FSUBP T", "FDIVRP T", "FDIVP T"));
            case "DF" ->
                join(
                        row(
                                "FILD Mw",
                                "FISTTP Mw",
                                "FIST Mw",
                                "FISTP Mw",
                                "FBLD Mt",
                                "FILD Mq",
                                "FBSTP Mt",
                                "FISTP Mq"),
                        row("FFREEP T", "-", "-", "-", "[x87 DF.4]", "FUCOMIP T", "FCOMIP T", "-"));
            default -> byRegister(name);
        };
    }

    private static String[] byRegister(String name) {
        return switch (name) {
            case "D9.2" -> row("FNOP", "-", "-", "-", "-", "-", "-", "-");
            case "D9.4" -> row("FCHS", "FABS", "-", "-", "FTST", "FXAM", "-", "-");
            case "D9.5" -> row("FLD1", "FLDL2T", "FLDL2E", "FLDPI", "FLDLG2", "FLDLN2", "FLDZ", "-");
            case "D9.6" -> row("F2XM1", "FYL2X", "FPTAN", "FPATAN", "FXTRACT", "FPREM1", "FDECSTP", "FINCSTP");
            case "D9.7" -> row("FPREM", "FYL2XP1", "FSQRT", "FSINCOS", "FRNDINT", "FSCALE", "FSIN", "FCOS");
            case "DA.5" -> row("-", "FUCOMPP T", "-", "-", "-", "-", "-", "-");
            case "DB.4" -> row("FNENI", "FNENI", "FNCLEX", "FNINIT", "FNENI", "-", "-", "-");
            case "DE.3" -> row("-", "FCOMPP T", "-", "-", "-", "-", "-", "-");
            case "DF.4" -> row("FNSTSW", "-", "-", "-", "-", "-", "-", "-");
            default -> throw new IllegalArgumentException("x87 " + name);
        };
    }

    /** The eight operations of D8, DA, DC and DE on an operand. */
    private static String[] named(String prefix, String operand) {
        String[] cells = new String[NAMES.length];
        for (int i = 0; i < cells.length; i++) {
            cells[i] = prefix + NAMES[i] + " " + operand;
        }
        return cells;
    }

    private static String[] row(String... cells) {
        return cells;
    }

    private static String[] join(String[] memory, String[] registers) {
        String[] all = new String[16];
        System.arraycopy(memory, 0, all, 0, 8);
        System.arraycopy(registers, 0, all, 8, 8);
        return all;
    }
}
