// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.decode;

/**
 * MMX, SSE, SSE2 and SSE3 in the map after 0F, written as in {@link OpcodeMaps}. One line per opcode: the forms without prefix, with
 * 66, F3 and F2.
 */
final class VectorMaps {
    private VectorMaps() {}

    private static final String[] X10 = {
        "- | NP MOVUPS Vx,Wx | 66 MOVUPD Vx,Wx | F3 MOVSS Vx,Wd | F2 MOVSD Vx,Wq",
        "- | NP MOVUPS Wx,Vx | 66 MOVUPD Wx,Vx | F3 MOVSS Wd,Vx | F2 MOVSD Wq,Vx",
        "- | NP MOVLPS Vx,Wq | 66 MOVLPD Vx,Mq | F3 MOVSLDUP Vx,Wx | F2 MOVDDUP Vx,Wq",
        "- | NP MOVLPS Mq,Vx | 66 MOVLPD Mq,Vx",
        "- | NP UNPCKLPS Vx,Wx | 66 UNPCKLPD Vx,Wx",
        "- | NP UNPCKHPS Vx,Wx | 66 UNPCKHPD Vx,Wx",
        "- | NP MOVHPS Vx,Wq | 66 MOVHPD Vx,Mq | F3 MOVSHDUP Vx,Wx",
        "- | NP MOVHPS Mq,Vx | 66 MOVHPD Mq,Vx"
    };

    private static final String[] X28 = {
        "- | NP MOVAPS Vx,Wx | 66 MOVAPD Vx,Wx",
        "- | NP MOVAPS Wx,Vx | 66 MOVAPD Wx,Vx",
        "- | NP CVTPI2PS Vx,Qq | 66 CVTPI2PD Vx,Qq | F3 CVTSI2SS Vx,Ey | F2 CVTSI2SD Vx,Ey",
        "- | NP MOVNTPS Mx,Vx | 66 MOVNTPD Mx,Vx",
        "- | NP CVTTPS2PI Pq,Wq | 66 CVTTPD2PI Pq,Wx | F3 CVTTSS2SI Gy,Wd | F2 CVTTSD2SI Gy,Wq",
        "- | NP CVTPS2PI Pq,Wq | 66 CVTPD2PI Pq,Wx | F3 CVTSS2SI Gy,Wd | F2 CVTSD2SI Gy,Wq",
        "- | NP UCOMISS Vx,Wd | 66 UCOMISD Vx,Wq",
        "- | NP COMISS Vx,Wd | 66 COMISD Vx,Wq"
    };

    private static final String[] X50 = {
        "- | NP MOVMSKPS Gd,Wx reg | 66 MOVMSKPD Gd,Wx reg",
        floats("SQRT"),
        "- | NP RSQRTPS Vx,Wx | F3 RSQRTSS Vx,Wd",
        "- | NP RCPPS Vx,Wx | F3 RCPSS Vx,Wd",
        "- | NP ANDPS Vx,Wx | 66 ANDPD Vx,Wx",
        "- | NP ANDNPS Vx,Wx | 66 ANDNPD Vx,Wx",
        "- | NP ORPS Vx,Wx | 66 ORPD Vx,Wx",
        "- | NP XORPS Vx,Wx | 66 XORPD Vx,Wx",
        floats("ADD"),
        floats("MUL"),
        "- | NP CVTPS2PD Vx,Wq | 66 CVTPD2PS Vx,Wx | F3 CVTSS2SD Vx,Wd | F2 CVTSD2SS Vx,Wq",
        "- | NP CVTDQ2PS Vx,Wx | 66 CVTPS2DQ Vx,Wx | F3 CVTTPS2DQ Vx,Wx",
        floats("SUB"),
        floats("MIN"),
        floats("DIV"),
        floats("MAX")
    };

    private static final String[] X60 = {
        unpack("PUNPCKLBW", "Qd"),
        unpack("PUNPCKLWD", "Qd"),
        unpack("PUNPCKLDQ", "Qd"),
        both("PACKSSWB"),
        both("PCMPGTB"),
        both("PCMPGTW"),
        both("PCMPGTD"),
        both("PACKUSWB"),
        unpack("PUNPCKHBW", "Qq"),
        unpack("PUNPCKHWD", "Qq"),
        unpack("PUNPCKHDQ", "Qq"),
        both("PACKSSDW"),
        "- | 66 PUNPCKLQDQ Vx,Wx",
        "- | 66 PUNPCKHQDQ Vx,Wx",
        "- | NP MOVD Pq,Ey | 66 MOVD Vx,Ey",
        "- | NP MOVQ Pq,Qq | 66 MOVDQA Vx,Wx | F3 MOVDQU Vx,Wx"
    };

    private static final String[] X70 = {
        "- | NP PSHUFW Pq,Qq,Ub | 66 PSHUFD Vx,Wx,Ub | F3 PSHUFHW Vx,Wx,Ub | F2 PSHUFLW Vx,Wx,Ub",
        "[12]",
        "[13]",
        "[14]",
        both("PCMPEQB"),
        both("PCMPEQW"),
        both("PCMPEQD"),
        "- | NP EMMS",
        "-",
        "-",
        "-",
        "-",
        "- | 66 HADDPD Vx,Wx | F2 HADDPS Vx,Wx",
        "- | 66 HSUBPD Vx,Wx | F2 HSUBPS Vx,Wx",
        "- | NP MOVD Ey,Pq | 66 MOVD Ey,Vx | F3 MOVQ Vx,Wq",
        "- | NP MOVQ Qq,Pq | 66 MOVDQA Wx,Vx | F3 MOVDQU Wx,Vx"
    };

    /** Between XADD and CMPXCHG8B. */
    private static final String[] XC2 = {
        "- | NP CMPPS Vx,Wx,Ub | 66 CMPPD Vx,Wx,Ub | F3 CMPSS Vx,Wd,Ub | F2 CMPSD Vx,Wq,Ub",
        "- | NP MOV My,Gy",
        "- | NP PINSRW Pq,Ew,Ub | 66 PINSRW Vx,Ew,Ub",
        "- | NP PEXTRW Gd,Qq,Ub reg | 66 PEXTRW Gd,Wx,Ub reg",
        "- | NP SHUFPS Vx,Wx,Ub | 66 SHUFPD Vx,Wx,Ub"
    };

    private static final String[] XD0 = {
        "- | 66 ADDSUBPD Vx,Wx | F2 ADDSUBPS Vx,Wx",
        both("PSRLW"),
        both("PSRLD"),
        both("PSRLQ"),
        both("PADDQ"),
        both("PMULLW"),
        "- | 66 MOVQ Wq,Vx | F3 MOVQ2DQ Vx,Qq reg | F2 MOVDQ2Q Pq,Wq reg",
        "- | NP PMOVMSKB Gd,Qq reg | 66 PMOVMSKB Gd,Wx reg",
        both("PSUBUSB"),
        both("PSUBUSW"),
        both("PMINUB"),
        both("PAND"),
        both("PADDUSB"),
        both("PADDUSW"),
        both("PMAXUB"),
        both("PANDN")
    };

    private static final String[] XE0 = {
        both("PAVGB"),
        both("PSRAW"),
        both("PSRAD"),
        both("PAVGW"),
        both("PMULHUW"),
        both("PMULHW"),
        "- | 66 CVTTPD2DQ Vx,Wx | F3 CVTDQ2PD Vx,Wq | F2 CVTPD2DQ Vx,Wx",
        "- | NP MOVNTQ Mq,Pq | 66 MOVNTDQ Mx,Vx",
        both("PSUBSB"),
        both("PSUBSW"),
        both("PMINSW"),
        both("POR"),
        both("PADDSB"),
        both("PADDSW"),
        both("PMAXSW"),
        both("PXOR")
    };

    /** Up to UD0. */
    private static final String[] XF0 = {
        "- | F2 LDDQU Vx,Mx",
        both("PSLLW"),
        both("PSLLD"),
        both("PSLLQ"),
        both("PMULUDQ"),
        both("PMADDWD"),
        both("PSADBW"),
        "- | NP MASKMOVQ Pq,Qq reg | 66 MASKMOVDQU Vx,Wx reg",
        both("PSUBB"),
        both("PSUBW"),
        both("PSUBD"),
        both("PSUBQ"),
        both("PADDB"),
        both("PADDW"),
        both("PADDD")
    };

    /** The cells from an opcode on that belong together. */
    static String[] from(int opcode) {
        String[] cells = switch (opcode) {
            case 0x10 -> X10;
            case 0x28 -> X28;
            case 0x50 -> X50;
            case 0x60 -> X60;
            case 0x70 -> X70;
            case 0xC2 -> XC2;
            case 0xD0 -> XD0;
            case 0xE0 -> XE0;
            case 0xF0 -> XF0;
            default -> throw new IllegalArgumentException("opcode " + opcode);
        };
        return cells.clone();
    }

    /** Shifts by a constant: groups 12, 13 and 14, by the size of what they shift. */
    static String[] shifts(String size) {
        String right = constant("PSRL" + size);
        String arithmetic = size.equals("Q") ? "-" : constant("PSRA" + size);
        String left = constant("PSLL" + size);
        boolean bytes = size.equals("Q");
        return new String[] {
            "-",
            "-",
            right,
            bytes ? "- | 66 PSRLDQ Wx,Ub reg" : "-",
            arithmetic,
            "-",
            left,
            bytes ? "- | 66 PSLLDQ Wx,Ub reg" : "-"
        };
    }

    private static String constant(String mnemonic) {
        return "- | NP " + mnemonic + " Qq,Ub reg | 66 " + mnemonic + " Wx,Ub reg";
    }

    /** Packed and scalar arithmetic. */
    private static String floats(String operation) {
        return "- | NP " + operation + "PS Vx,Wx | 66 " + operation + "PD Vx,Wx | F3 " + operation + "SS Vx,Wd | F2 "
                + operation + "SD Vx,Wq";
    }

    /** On MMX and on XMM registers. */
    private static String both(String mnemonic) {
        return unpack(mnemonic, "Qq");
    }

    private static String unpack(String mnemonic, String mmxOperand) {
        return "- | NP " + mnemonic + " Pq," + mmxOperand + " | 66 " + mnemonic + " Vx,Wx";
    }
}
