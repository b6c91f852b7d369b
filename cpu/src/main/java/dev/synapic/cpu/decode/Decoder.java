// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.decode;

import dev.synapic.cpu.CodeSize;
import dev.synapic.cpu.DecodedInstruction;
import org.jspecify.annotations.Nullable;

/**
 * Turns instruction bytes into decoded instructions (SDM vol. 2A, chapter 2).
 *
 * <p>Every byte sequence decodes: what the processor refuses, or this engine does not know, becomes an instruction
 * whose handler raises the exception. Not modelled: VEX, EVEX and XOP encodings, 3DNow!, SSSE3 and later. Threading:
 * stateless.
 */
public final class Decoder {
    /** Longer instructions raise #GP(0) (SDM vol. 3B, 24.15). */
    static final int MAX_LENGTH = 15;

    private final boolean hasTzcnt;
    private final boolean hasLzcnt;

    /** A processor without TZCNT and LZCNT: their encodings mean BSF and BSR. */
    public Decoder() {
        this(false, false);
    }

    /** Whether the processor has TZCNT and LZCNT (CPUID: BMI1 and LZCNT). */
    public Decoder(boolean hasTzcnt, boolean hasLzcnt) {
        this.hasTzcnt = hasTzcnt;
        this.hasLzcnt = hasLzcnt;
    }

    /** Decodes the instruction at bytes[start]; null where it goes on behind bytes[limit - 1]. */
    public @Nullable DecodedInstruction decode(byte[] bytes, int start, int limit, CodeSize size) {
        return new InstructionReader(bytes, start, limit, size, hasTzcnt, hasLzcnt).read();
    }
}
