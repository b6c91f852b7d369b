// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/**
 * An architectural exception on its way from an instruction handler to the processor's run loop. It carries no stack
 * trace; the processor keeps one instance and fills it in, so raising it allocates nothing.
 */
public final class CpuException extends RuntimeException {
    public static final int DE = 0,
            DB = 1,
            NMI = 2,
            BP = 3,
            OF = 4,
            BR = 5,
            UD = 6,
            NM = 7,
            DF = 8,
            TS = 10,
            NP = 11,
            SS = 12,
            GP = 13,
            PF = 14,
            MF = 16,
            AC = 17,
            MC = 18,
            XM = 19;

    private int vector;
    private int errorCode;
    private boolean hasErrorCode;
    /** The vector is #SS instead of #GP if the instruction turns out to address the stack. */
    private boolean nonCanonical;

    CpuException() {
        super(null, null, false, false);
    }

    CpuException set(int vector, int errorCode, boolean hasErrorCode) {
        this.vector = vector;
        this.errorCode = errorCode;
        this.hasErrorCode = hasErrorCode;
        this.nonCanonical = false;
        return this;
    }

    CpuException setNonCanonical() {
        set(GP, 0, true);
        nonCanonical = true;
        return this;
    }

    /**
     * The vector, now that the instruction is known: one without a memory operand means the stack, unless it is a
     * string one.
     */
    int vectorFor(DecodedInstruction in) {
        boolean stack = in.memory() ? in.segment() == DecodedInstruction.SS : !isString(in.opcode());
        return nonCanonical && stack ? SS : vector;
    }

    /** Or MASKMOVQ and MASKMOVDQU. */
    private static boolean isString(int opcode) {
        return opcode >= 0xA4 && opcode <= 0xAF || opcode >= 0x6C && opcode <= 0x6F || opcode == 0x0FF7;
    }

    public int vector() {
        return vector;
    }

    public int errorCode() {
        return errorCode;
    }

    public boolean hasErrorCode() {
        return hasErrorCode;
    }
}
