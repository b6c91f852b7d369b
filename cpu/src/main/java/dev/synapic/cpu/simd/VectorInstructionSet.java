// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

import dev.synapic.cpu.Handler;
import dev.synapic.cpu.execute.Family;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** From the mnemonics of MMX, SSE and what saves their state, as the opcode maps spell them, to handlers. A table. */
public final class VectorInstructionSet {
    private static final Map<String, Family> FAMILIES = families();

    private VectorInstructionSet() {}

    /** The family of a mnemonic, or null where it is none of these. */
    public static @Nullable Family family(String mnemonic) {
        return FAMILIES.get(mnemonic);
    }

    private static Map<String, Family> families() {
        Map<String, Family> all = new HashMap<>();
        moves(all);
        sums(all);
        productsAndComparisons(all);
        shifts(all);
        shuffles(all);
        transfers(all);
        arithmetic(all);
        comparisons(all);
        conversions(all);
        state(all);
        return Map.copyOf(all);
    }

    private static void one(Map<String, Family> all, String mnemonic, Handler handler) {
        all.put(mnemonic, (in, form) -> handler);
    }

    private static void halves(Map<String, Family> all, String mnemonic, PackedOperation operation) {
        all.put(mnemonic, PackedInstructions.halves(operation));
    }

    private static void moves(Map<String, Family> all) {
        for (String mnemonic : new String[] {"MOVAPS", "MOVAPD", "MOVDQA", "MOVNTPS", "MOVNTPD", "MOVNTDQ"}) {
            all.put(mnemonic, VectorMoves::moveAligned);
        }
        for (String mnemonic : new String[] {"MOVUPS", "MOVUPD", "MOVDQU", "LDDQU"}) {
            all.put(mnemonic, VectorMoves::moveUnaligned);
        }
        all.put("MOVSS", VectorMoves::movss);
        all.put("MOVSD", VectorMoves::movsd);
        all.put("MOVLPS", VectorMoves::moveLow);
        all.put("MOVLPD", VectorMoves::moveLow);
        all.put("MOVHPS", VectorMoves::moveHigh);
        all.put("MOVHPD", VectorMoves::moveHigh);
        one(all, "MOVDDUP", VectorMoves::movddup);
        all.put("MOVSLDUP", PackedInstructions.wide(Shuffles::movsldup));
        all.put("MOVSHDUP", PackedInstructions.wide(Shuffles::movshdup));
        all.put("MOVD", VectorMoves::movd);
        all.put("MOVQ", VectorMoves::movq);
        one(all, "MOVNTQ", VectorMoves::storeMmx);
        one(all, "MOVQ2DQ", VectorMoves::movq2dq);
        one(all, "MOVDQ2Q", VectorMoves::movdq2q);
        one(all, "MASKMOVQ", VectorMoves::maskmovq);
        one(all, "MASKMOVDQU", VectorMoves::maskmovdqu);
        one(all, "EMMS", VectorMoves::emms);
    }

    private static void sums(Map<String, Family> all) {
        halves(all, "PADDB", PackedIntegers::paddb);
        halves(all, "PADDW", PackedIntegers::paddw);
        halves(all, "PADDD", PackedIntegers::paddd);
        halves(all, "PADDQ", (a, b) -> a + b);
        halves(all, "PSUBB", PackedIntegers::psubb);
        halves(all, "PSUBW", PackedIntegers::psubw);
        halves(all, "PSUBD", PackedIntegers::psubd);
        halves(all, "PSUBQ", (a, b) -> a - b);
        halves(all, "PADDSB", PackedIntegers::paddsb);
        halves(all, "PADDSW", PackedIntegers::paddsw);
        halves(all, "PADDUSB", PackedIntegers::paddusb);
        halves(all, "PADDUSW", PackedIntegers::paddusw);
        halves(all, "PSUBSB", PackedIntegers::psubsb);
        halves(all, "PSUBSW", PackedIntegers::psubsw);
        halves(all, "PSUBUSB", PackedIntegers::psubusb);
        halves(all, "PSUBUSW", PackedIntegers::psubusw);
        halves(all, "PAVGB", PackedIntegers::pavgb);
        halves(all, "PAVGW", PackedIntegers::pavgw);
        halves(all, "PSADBW", PackedIntegers::psadbw);
    }

    private static void productsAndComparisons(Map<String, Family> all) {
        halves(all, "PMULLW", PackedIntegers::pmullw);
        halves(all, "PMULHW", PackedIntegers::pmulhw);
        halves(all, "PMULHUW", PackedIntegers::pmulhuw);
        halves(all, "PMULUDQ", PackedIntegers::pmuludq);
        halves(all, "PMADDWD", PackedIntegers::pmaddwd);
        halves(all, "PCMPEQB", PackedIntegers::pcmpeqb);
        halves(all, "PCMPEQW", PackedIntegers::pcmpeqw);
        halves(all, "PCMPEQD", PackedIntegers::pcmpeqd);
        halves(all, "PCMPGTB", PackedIntegers::pcmpgtb);
        halves(all, "PCMPGTW", PackedIntegers::pcmpgtw);
        halves(all, "PCMPGTD", PackedIntegers::pcmpgtd);
        halves(all, "PMINUB", PackedIntegers::pminub);
        halves(all, "PMAXUB", PackedIntegers::pmaxub);
        halves(all, "PMINSW", PackedIntegers::pminsw);
        halves(all, "PMAXSW", PackedIntegers::pmaxsw);
        for (String mnemonic : new String[] {"PAND", "ANDPS", "ANDPD"}) {
            halves(all, mnemonic, PackedIntegers::and);
        }
        for (String mnemonic : new String[] {"PANDN", "ANDNPS", "ANDNPD"}) {
            halves(all, mnemonic, PackedIntegers::andNot);
        }
        for (String mnemonic : new String[] {"POR", "ORPS", "ORPD"}) {
            halves(all, mnemonic, PackedIntegers::or);
        }
        for (String mnemonic : new String[] {"PXOR", "XORPS", "XORPD"}) {
            halves(all, mnemonic, PackedIntegers::xor);
        }
    }

    private static void shifts(Map<String, Family> all) {
        all.put("PSLLW", PackedInstructions.shift(PackedIntegers::psllw));
        all.put("PSLLD", PackedInstructions.shift(PackedIntegers::pslld));
        all.put("PSLLQ", PackedInstructions.shift(PackedIntegers::psllq));
        all.put("PSRLW", PackedInstructions.shift(PackedIntegers::psrlw));
        all.put("PSRLD", PackedInstructions.shift(PackedIntegers::psrld));
        all.put("PSRLQ", PackedInstructions.shift(PackedIntegers::psrlq));
        all.put("PSRAW", PackedInstructions.shift(PackedIntegers::psraw));
        all.put("PSRAD", PackedInstructions.shift(PackedIntegers::psrad));
        one(all, "PSLLDQ", PackedInstructions::pslldq);
        one(all, "PSRLDQ", PackedInstructions::psrldq);
    }

    private static void shuffles(Map<String, Family> all) {
        unpack(all, "BW", Shuffles::interleaveBytes);
        unpack(all, "WD", Shuffles::interleaveWords);
        unpack(all, "DQ", Shuffles::interleaveDoublewords);
        for (String mnemonic : new String[] {"PUNPCKLQDQ", "UNPCKLPD"}) {
            all.put(mnemonic, PackedInstructions.wide(Shuffles::unpackLowQuadwords));
        }
        for (String mnemonic : new String[] {"PUNPCKHQDQ", "UNPCKHPD"}) {
            all.put(mnemonic, PackedInstructions.wide(Shuffles::unpackHighQuadwords));
        }
        all.put("UNPCKLPS", PackedInstructions.wide(Shuffles.lowWords(Shuffles::interleaveDoublewords)));
        all.put("UNPCKHPS", PackedInstructions.wide(Shuffles.highWords(Shuffles::interleaveDoublewords)));
        pack(all, "PACKSSWB", Shuffles::packsswb);
        pack(all, "PACKUSWB", Shuffles::packuswb);
        pack(all, "PACKSSDW", Shuffles::packssdw);
        one(all, "PSHUFW", PackedInstructions::pshufw);
        all.put("PSHUFD", PackedInstructions.wide(Shuffles::pshufd));
        all.put("PSHUFLW", PackedInstructions.wide(Shuffles::pshuflw));
        all.put("PSHUFHW", PackedInstructions.wide(Shuffles::pshufhw));
        all.put("SHUFPS", PackedInstructions.wide(Shuffles::shufps));
        all.put("SHUFPD", PackedInstructions.wide(Shuffles::shufpd));
    }

    private static void unpack(Map<String, Family> all, String sizes, PackedOperation interleave) {
        all.put("PUNPCKL" + sizes, PackedInstructions.wide(interleave, Shuffles.lowWords(interleave)));
        PackedOperation high = Shuffles.ofHighHalves(interleave);
        all.put("PUNPCKH" + sizes, PackedInstructions.wide(high, Shuffles.highWords(interleave)));
    }

    private static void pack(Map<String, Family> all, String mnemonic, PackedOperation pack) {
        all.put(mnemonic, PackedInstructions.wide(pack, Shuffles.packed(pack)));
    }

    private static void transfers(Map<String, Family> all) {
        all.put("PMOVMSKB", PackedInstructions::pmovmskb);
        all.put("PEXTRW", PackedInstructions::pextrw);
        all.put("PINSRW", PackedInstructions::pinsrw);
        one(all, "MOVMSKPS", FloatComparisons::movmskps);
        one(all, "MOVMSKPD", FloatComparisons::movmskpd);
    }

    private static void arithmetic(Map<String, Family> all) {
        for (FloatOperation operation : FloatOperation.values()) {
            one(all, operation + "PS", FloatArithmetic.packedSingle(operation));
            one(all, operation + "PD", FloatArithmetic.packedDouble(operation));
            one(all, operation + "SS", FloatArithmetic.scalarSingle(operation));
            one(all, operation + "SD", FloatArithmetic.scalarDouble(operation));
        }
        one(all, "ADDSUBPS", FloatArithmetic::addsubps);
        one(all, "ADDSUBPD", FloatArithmetic::addsubpd);
        one(all, "HADDPS", FloatArithmetic.horizontalSingle(FloatOperation.ADD));
        one(all, "HADDPD", FloatArithmetic.horizontalDouble(FloatOperation.ADD));
        one(all, "HSUBPS", FloatArithmetic.horizontalSingle(FloatOperation.SUB));
        one(all, "HSUBPD", FloatArithmetic.horizontalDouble(FloatOperation.SUB));
        one(all, "RCPPS", FloatArithmetic.approximatePacked(FloatArithmetic::reciprocal));
        one(all, "RCPSS", FloatArithmetic.approximateScalar(FloatArithmetic::reciprocal));
        one(all, "RSQRTPS", FloatArithmetic.approximatePacked(FloatArithmetic::reciprocalRoot));
        one(all, "RSQRTSS", FloatArithmetic.approximateScalar(FloatArithmetic::reciprocalRoot));
    }

    private static void comparisons(Map<String, Family> all) {
        one(all, "COMISS", FloatComparisons::comiss);
        one(all, "COMISD", FloatComparisons::comisd);
        one(all, "UCOMISS", FloatComparisons::ucomiss);
        one(all, "UCOMISD", FloatComparisons::ucomisd);
        one(all, "CMPPS", FloatComparisons::cmpps);
        one(all, "CMPPD", FloatComparisons::cmppd);
        one(all, "CMPSS", FloatComparisons::cmpss);
        one(all, "CMPSD", FloatComparisons::cmpsd);
    }

    private static void conversions(Map<String, Family> all) {
        one(all, "CVTSS2SD", FloatConversions::cvtss2sd);
        one(all, "CVTSD2SS", FloatConversions::cvtsd2ss);
        one(all, "CVTPS2PD", FloatConversions::cvtps2pd);
        one(all, "CVTPD2PS", FloatConversions::cvtpd2ps);
        one(all, "CVTSI2SS", FloatConversions::cvtsi2ss);
        one(all, "CVTSI2SD", FloatConversions::cvtsi2sd);
        one(all, "CVTDQ2PS", FloatConversions::cvtdq2ps);
        one(all, "CVTDQ2PD", FloatConversions::cvtdq2pd);
        one(all, "CVTPI2PS", FloatConversions::cvtpi2ps);
        one(all, "CVTPI2PD", FloatConversions::cvtpi2pd);
        toIntegers(all, "CVT", false);
        toIntegers(all, "CVTT", true);
    }

    private static void toIntegers(Map<String, Family> all, String prefix, boolean truncates) {
        one(all, prefix + "SS2SI", FloatConversions.singleToInteger(truncates));
        one(all, prefix + "SD2SI", FloatConversions.doubleToInteger(truncates));
        one(all, prefix + "PS2DQ", FloatConversions.singlesToIntegers(truncates));
        one(all, prefix + "PD2DQ", FloatConversions.doublesToIntegers(truncates));
        one(all, prefix + "PS2PI", FloatConversions.singlesToMmx(truncates));
        one(all, prefix + "PD2PI", FloatConversions.doublesToMmx(truncates));
    }

    private static void state(Map<String, Family> all) {
        one(all, "LDMXCSR", FloatControl::ldmxcsr);
        one(all, "STMXCSR", FloatControl::stmxcsr);
        one(all, "FXSAVE", StateSaves::fxsave);
        one(all, "FXRSTOR", StateSaves::fxrstor);
        one(all, "XSAVE", StateSaves::xsave);
        one(all, "XSAVEOPT", StateSaves::xsaveopt);
        one(all, "XRSTOR", StateSaves::xrstor);
    }
}
