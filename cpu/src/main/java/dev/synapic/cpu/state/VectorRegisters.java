// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.state;

import java.util.Arrays;

/** XMM0 to XMM15 and MXCSR (SDM vol. 1, 10.2). */
public final class VectorRegisters {
    public static final int COUNT = 16;
    public static final int MXCSR_RESET = 0x1F80;
    /** The bits that MXCSR may have, which FXSAVE reports. */
    public static final int MXCSR_MASK = 0xFFFF;

    public static final int DENORMALS_ARE_ZERO = 1 << 6;
    public static final int FLUSH_TO_ZERO = 1 << 15;
    private static final int MASKS_SHIFT = 7;
    private static final int ROUNDING_SHIFT = 13;
    private static final int EXCEPTIONS = 0x3F;

    /** Register n is the 64-bit words 2n (low) and 2n + 1 (high). */
    public final long[] xmm = new long[2 * COUNT];

    public int mxcsr = MXCSR_RESET;

    /** Power-on values; INIT keeps everything (SDM vol. 3A, table 10-1). */
    public void reset() {
        resetRegisters();
        mxcsr = MXCSR_RESET;
    }

    public void resetRegisters() {
        Arrays.fill(xmm, 0);
    }

    public boolean registersAreZero() {
        for (long word : xmm) {
            if (word != 0) {
                return false;
            }
        }
        return true;
    }

    /** The exceptions that MXCSR masks, at the flags' places. */
    public int masked() {
        return mxcsr >> MASKS_SHIFT & EXCEPTIONS;
    }

    /** 0 to 3: nearest, down, up, truncate. */
    public int rounding() {
        return mxcsr >> ROUNDING_SHIFT & 3;
    }
}
