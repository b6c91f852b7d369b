// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.decode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The opcode maps of SDM vol. 2D, appendix A, as far as this engine goes, in the manual's notation.
 *
 * <p>A cell is {@code MNEMONIC operand,operand flags}. Operands as in appendix A.2: E register or memory, G register by
 * ModRM.reg, M memory only, I immediate, J branch distance, O memory by offset, R register by ModRM.rm, S segment, C
 * control and D debug register, A far pointer, X and Y string source and target; second letter b, w, d, q: 8 to 64
 * bits, v: operand size, z: 16 or 32, y: 32 or 64 bits, p: far pointer. Our own: Z register by the opcode's low three
 * bits, U immediate byte that is not sign-extended, T an x87 register by ModRM.rm, cc a condition, SHL for SAL too. MMX and
 * SSE operands as in the appendix, P and Q MMX, V and W XMM registers, of each the second or memory; second letter x: 128
 * bits, t: 80 bits.
 *
 * <p>Flags: {@code i64} invalid in 64-bit mode, {@code o64} valid only there, {@code d64} operand size is 64 bits by
 * default there, {@code f64} always, {@code lock} LOCK allowed with memory, {@code end} ends a block, {@code endrep}
 * when repeated, {@code rev} register form is the opposite direction's, {@code reg} no memory form.
 *
 * <p>Alternatives follow after {@code |}, chosen by a mandatory prefix (NP, 66, F3, F2) or mode (64). {@code [name]} is
 * a group, chosen by ModRM; {@code -} is unknown.
 */
final class OpcodeMaps {
    private OpcodeMaps() {}

    /** The one-byte map: a cell for each opcode. */
    static String[] oneByte() {
        return ONE_BYTE.clone();
    }

    /** The map behind 0F. */
    static String[] twoByte() {
        return TWO_BYTE.clone();
    }

    /** The map behind 0F 38, from F0 on. */
    static String[] map0f38FromF0() {
        return MAP_0F38_FROM_F0.clone();
    }

    private static final String[] ONE_BYTE = cells(
            arithmetic("ADD", "PUSH ES i64", "POP ES i64 end"), // 00
            arithmetic("OR", "PUSH CS i64", "-"), // 08
            arithmetic("ADC", "PUSH SS i64", "POP SS i64 end"), // 10
            arithmetic("SBB", "PUSH DS i64", "POP DS i64 end"), // 18
            arithmetic("AND", "-", "DAA i64"), // 20
            arithmetic("SUB", "-", "DAS i64"), // 28
            arithmetic("XOR", "-", "AAA i64"), // 30
            arithmetic("CMP", "-", "AAS i64"), // 38
            eight("INC Zv i64"), // 40
            eight("DEC Zv i64"), // 48
            eight("PUSH Zv d64"), // 50
            eight("POP Zv d64"), // 58
            row("PUSHA i64", "POPA i64", "BOUND Gv,Mv i64", "ARPL Ew,Gw i64 | 64 MOVSXD Gv,Ez"), // 60
            row("-", "-", "-", "-"), // 64
            row("PUSH Iz d64", "IMUL Gv,Ev,Iz", "PUSH Ib d64", "IMUL Gv,Ev,Ib"), // 68
            row("INS Yb,DX end", "INS Yz,DX end", "OUTS DX,Xb end", "OUTS DX,Xz end"), // 6C
            eight("Jcc Jb f64 end"), // 70
            eight("Jcc Jb f64 end"), // 78
            row("[1 Eb,Ib]", "[1 Ev,Iz]", "[1 Eb,Ib i64]", "[1 Ev,Ib]"), // 80
            row("TEST Eb,Gb", "TEST Ev,Gv", "XCHG Eb,Gb lock", "XCHG Ev,Gv lock"), // 84
            row("MOV Eb,Gb", "MOV Ev,Gv", "MOV Gb,Eb rev", "MOV Gv,Ev rev"), // 88
            row("MOV Ev,Sw", "LEA Gv,M", "MOV Sw,Ew end", "[1A]"), // 8C
            row("XCHG Zv,rAX | F3 PAUSE end", "XCHG Zv,rAX", "XCHG Zv,rAX", "XCHG Zv,rAX"), // 90
            row("XCHG Zv,rAX", "XCHG Zv,rAX", "XCHG Zv,rAX", "XCHG Zv,rAX"), // 94
            row("CBW", "CWD", "CALLF Ap i64 end", "FWAIT"), // 98
            row("PUSHF d64", "POPF d64 end", "SAHF", "LAHF"), // 9C
            row("MOV AL,Ob", "MOV rAX,Ov", "MOV Ob,AL", "MOV Ov,rAX"), // A0
            row("MOVS Yb,Xb endrep", "MOVS Yv,Xv endrep", "CMPS Xb,Yb endrep", "CMPS Xv,Yv endrep"), // A4
            row("TEST AL,Ib", "TEST rAX,Iz", "STOS Yb endrep", "STOS Yv endrep"), // A8
            row("LODS Xb endrep", "LODS Xv endrep", "SCAS Yb endrep", "SCAS Yv endrep"), // AC
            eight("MOV Zb,Ib"), // B0
            eight("MOV Zv,Iv"), // B8
            row("[2 Eb,Ub]", "[2 Ev,Ub]", "RET Iw f64 end", "RET f64 end"), // C0
            row("LFP Gv,Mp i64 end", "LFP Gv,Mp i64 end", "[11 Eb,Ib]", "[11 Ev,Iz]"), // C4
            row("ENTER Iw,Ib d64", "LEAVE d64", "RETF Iw end", "RETF end"), // C8
            row("INT3 end", "INT Ub end", "INTO i64 end", "IRET end"), // CC
            row("[2 Eb,1]", "[2 Ev,1]", "[2 Eb,CL]", "[2 Ev,CL]"), // D0
            row("AAM Ub i64", "AAD Ub i64", "SALC i64", "XLAT"), // D4
            row("[x87 D8]", "[x87 D9]", "[x87 DA]", "[x87 DB]"), // D8
            row("[x87 DC]", "[x87 DD]", "[x87 DE]", "[x87 DF]"), // DC
            row("LOOPNE Jb f64 end", "LOOPE Jb f64 end", "LOOP Jb f64 end", "JCXZ Jb f64 end"), // E0
            row("IN AL,Ub end", "IN rAX,Ub end", "OUT Ub,AL end", "OUT Ub,rAX end"), // E4
            row("CALL Jz f64 end", "JMP Jz f64 end", "JMPF Ap i64 end", "JMP Jb f64 end"), // E8
            row("IN AL,DX end", "IN rAX,DX end", "OUT DX,AL end", "OUT DX,rAX end"), // EC
            row("-", "INT1 end", "-", "-", "HLT end", "CMC", "[3 Eb]", "[3 Ev]"), // F0
            row("CLC", "STC", "CLI end", "STI end", "CLD", "STD", "[4]", "[5]")); // F8

    /** After 0F. */
    private static final String[] TWO_BYTE = cells(
            row("[6]", "[7]", "LAR Gv,Ew", "LSL Gv,Ew", "-", "SYSCALL end", "CLTS end", "SYSRET end"), // 00
            row("INVD end", "WBINVD end", "-", "UD end", "-", "NOP Ev", "-", "-"), // 08
            VectorMaps.from(0x10),
            row("NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev", "NOP Ev"), // 18
            row("MOV Ry,Cy end", "MOV Ry,Dy end", "MOV Cy,Ry end", "MOV Dy,Ry end", "-", "-", "-", "-"), // 20
            VectorMaps.from(0x28),
            row("WRMSR end", "RDTSC end", "RDMSR end", "RDPMC end", "SYSENTER end", "SYSEXIT end", "-", "-"), // 30
            row("[map 0F38]", "-", "[map 0F3A]", "-", "-", "-", "-", "-"), // 38
            eight("CMOVcc Gv,Ev"), // 40
            eight("CMOVcc Gv,Ev"), // 48
            VectorMaps.from(0x50),
            VectorMaps.from(0x60),
            VectorMaps.from(0x70),
            eight("Jcc Jz f64 end"), // 80
            eight("Jcc Jz f64 end"), // 88
            eight("SETcc Eb"), // 90
            eight("SETcc Eb"), // 98
            row("PUSH FS d64", "POP FS d64 end", "CPUID end", "BT Ev,Gv"), // A0
            row("SHLD Ev,Gv,Ub", "SHLD Ev,Gv,CL", "-", "-"), // A4
            row("PUSH GS d64", "POP GS d64 end", "RSM end", "BTS Ev,Gv lock"), // A8
            row("SHRD Ev,Gv,Ub", "SHRD Ev,Gv,CL", "[15]", "IMUL Gv,Ev"), // AC
            row("CMPXCHG Eb,Gb lock", "CMPXCHG Ev,Gv lock", "LFP Gv,Mp end", "BTR Ev,Gv lock"), // B0
            row("LFP Gv,Mp end", "LFP Gv,Mp end", "MOVZX Gv,Eb", "MOVZX Gv,Ew"), // B4
            row("- | F3 POPCNT Gv,Ev", "UD Gv,Ev end", "[8 Ev,Ub]", "BTC Ev,Gv lock"), // B8
            row("BSF Gv,Ev | F3 TZCNT Gv,Ev", "BSR Gv,Ev | F3 LZCNT Gv,Ev", "MOVSX Gv,Eb", "MOVSX Gv,Ew"), // BC
            row("XADD Eb,Gb lock", "XADD Ev,Gv lock"), // C0
            VectorMaps.from(0xC2),
            row("[9]"), // C7
            eight("BSWAP Zv"), // C8
            VectorMaps.from(0xD0),
            VectorMaps.from(0xE0),
            VectorMaps.from(0xF0),
            row("UD Gv,Ev end")); // FF

    /** After 0F 38, from F0 on. */
    private static final String[] MAP_0F38_FROM_F0 = {"MOVBE Gv,Mv | F2 CRC32 Gd,Eb", "MOVBE Mv,Gv | F2 CRC32 Gd,Ev"};

    static final String INVPCID = "- | 66 INVPCID Gy,M end";

    /**
     * Cells of a group by ModRM.reg for memory, then (where there are 16) for registers; of a nested one by ModRM.rm.
     */
    static String[] group(String name, String operands) {
        return switch (name) {
            case "1" -> each(operands + " lock", "ADD", "OR", "ADC", "SBB", "AND", "SUB", "XOR", "CMP");
            case "1A" -> row("POP Ev d64", "-", "-", "-", "-", "-", "-", "-");
            case "2" -> each(operands, "ROL", "ROR", "RCL", "RCR", "SHL", "SHR", "SHL", "SAR");
            case "3" -> group3(operands);
            case "4" -> row("INC Eb lock", "DEC Eb lock", "-", "-", "-", "-", "-", "-");
            case "5" ->
                row(
                        "INC Ev lock",
                        "DEC Ev lock",
                        "CALL Ev f64 end",
                        "CALLF Mp end",
                        "JMP Ev f64 end",
                        "JMPF Mp end",
                        "PUSH Ev d64",
                        "-");
            case "6" -> row("SLDT Ev", "STR Ev", "LLDT Ew end", "LTR Ew end", "VERR Ew", "VERW Ew", "-", "-");
            case "7" ->
                both(
                        row(
                                "SGDT M",
                                "SIDT M",
                                "LGDT M f64 end",
                                "LIDT M f64 end",
                                "SMSW Ev",
                                "-",
                                "LMSW Ew end",
                                "INVLPG M end"),
                        row("[7.0]", "[7.1]", "[7.2]", "[7.3]", "SMSW Ev", "-", "LMSW Ew end", "[7.7]"));
            case "7.0" -> row("-", "VMCALL end", "-", "-", "-", "-", "-", "-");
            case "7.1" -> row("MONITOR end", "MWAIT end", "CLAC end", "STAC end", "-", "-", "-", "-");
            case "7.2" -> row("XGETBV", "XSETBV end", "-", "-", "-", "-", "-", "-");
            case "7.3" -> row("-", "VMMCALL end", "-", "-", "-", "-", "-", "INVLPGA end");
            case "7.7" -> row("SWAPGS o64 end", "RDTSCP end", "-", "-", "-", "-", "-", "-");
            case "8" -> row("-", "-", "-", "-", "BT Ev,Ub", "BTS Ev,Ub lock", "BTR Ev,Ub lock", "BTC Ev,Ub lock");
            case "9" ->
                both(
                        row("-", "CMPXCHG8B Mq lock", "-", "-", "-", "-", "-", "-"),
                        row("-", "-", "-", "-", "-", "-", "RDRAND Ev", "RDSEED Ev | F3 RDPID Ry"));
            case "11" -> row("MOV " + operands, "-", "-", "-", "-", "-", "-", "-");
            case "12" -> VectorMaps.shifts("W");
            case "13" -> VectorMaps.shifts("D");
            case "14" -> VectorMaps.shifts("Q");
            case "15" ->
                both(
                        row(
                                "- | NP FXSAVE M",
                                "- | NP FXRSTOR M",
                                "- | NP LDMXCSR Md",
                                "- | NP STMXCSR Md",
                                "- | NP XSAVE M",
                                "- | NP XRSTOR M",
                                "- | NP XSAVEOPT M | 66 CLFLUSH Mb",
                                "- | NP CLFLUSH Mb | 66 CLFLUSH Mb"),
                        row(
                                "- | F3 FSGSBASE Ey o64 end",
                                "- | F3 FSGSBASE Ey o64 end",
                                "- | F3 FSGSBASE Ey o64 end",
                                "- | F3 FSGSBASE Ey o64 end",
                                "-",
                                "- | NP FENCE",
                                "- | NP FENCE",
                                "- | NP FENCE"));
            case "x87" -> FpuMaps.opcode(operands);
            default -> throw new IllegalArgumentException("group " + name);
        };
    }

    private static String[] group3(String operands) {
        String test = "TEST " + operands + (operands.equals("Eb") ? ",Ib" : ",Iz");
        String lockable = operands + " lock";
        return row(
                test,
                test,
                "NOT " + lockable,
                "NEG " + lockable,
                "MUL " + operands,
                "IMUL " + operands,
                "DIV " + operands,
                "IDIV " + operands);
    }

    // ---- how the tables above are put together ----------------------------------------------------------------------

    private static String[] row(String... cells) {
        return cells;
    }

    private static String[] eight(String cell) {
        return each(cell.substring(cell.indexOf(' ') + 1), repeated(cell.split(" ")[0]));
    }

    private static String[] repeated(String mnemonic) {
        String[] all = new String[8];
        Arrays.fill(all, mnemonic);
        return all;
    }

    private static String[] each(String rest, String... mnemonics) {
        String[] all = new String[mnemonics.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = mnemonics[i].equals("-") ? "-" : mnemonics[i] + " " + rest;
            if (mnemonics[i].equals("CMP")) {
                all[i] = all[i].replace(" lock", "");
            }
        }
        return all;
    }

    private static String[] both(String[] memory, String[] registers) {
        return cells(memory, registers);
    }

    /** The six forms that open each row of the first quarter. */
    private static String[] arithmetic(String mnemonic, String sixth, String seventh) {
        String lock = mnemonic.equals("CMP") ? "" : " lock";
        return row(
                mnemonic + " Eb,Gb" + lock,
                mnemonic + " Ev,Gv" + lock,
                mnemonic + " Gb,Eb rev",
                mnemonic + " Gv,Ev rev",
                mnemonic + " AL,Ib",
                mnemonic + " rAX,Iz",
                sixth,
                seventh);
    }

    private static String[] cells(String[]... rows) {
        List<String> all = new ArrayList<>();
        for (String[] row : rows) {
            all.addAll(List.of(row));
        }
        return all.toArray(String[]::new);
    }
}
