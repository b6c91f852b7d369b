// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;
import org.jspecify.annotations.Nullable;

/** The special handlers of one mnemonic, laid out so that the decoder finds them without building names. */
final class HotForms {
    private static final String[] OPERANDS = {"RR", "MR", "RM", "RI", "MI", "R"};
    private static final int RR = 0, MR = 1, RM = 2, RI = 3, MI = 4, R = 5;

    private final String mnemonic;
    private final @Nullable Handler[] bytes = new Handler[OPERANDS.length];
    private final @Nullable Handler[] doublewords = new Handler[OPERANDS.length];
    private final @Nullable Handler[] quadwords = new Handler[OPERANDS.length];

    HotForms(String mnemonic) {
        this.mnemonic = mnemonic;
        for (int i = 0; i < OPERANDS.length; i++) {
            bytes[i] = Arithmetic8.form(mnemonic, OPERANDS[i]);
            doublewords[i] = Arithmetic32.form(mnemonic, OPERANDS[i]);
            quadwords[i] = Arithmetic64.form(mnemonic, OPERANDS[i]);
        }
    }

    /** Null where the general handler has to do. */
    @Nullable
    Handler handler(DecodedInstruction in, String form) {
        if (in.lock()) {
            return null;
        }
        int operands = switch (form) {
            case "E,G" -> in.memory() ? MR : RR;
            case "G,E" -> in.memory() ? RM : -1;
            case "E,I" -> in.memory() ? MI : RI;
            case "E" -> in.memory() ? -1 : R;
            default -> -1;
        };
        if (operands < 0) {
            return null;
        }
        Handler special = switch (in.width()) {
            case 1 -> bytes[operands];
            case 4 -> doublewords[operands];
            case 8 -> quadwords[operands];
            default -> null;
        };
        return special == null && operands == RI ? ShiftInstructions.byConstant(mnemonic, in) : special;
    }
}
