// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/**
 * One instruction, decoded once. Its fields are written by the decoder and the block builder and constant afterwards, but for
 * caches. Register numbers are 0 to 15 with REX applied; 8-bit registers number AH, CH, DH, BH (no REX) as 16 to 19.
 */
public final class DecodedInstruction {
    public static final int NONE = -1;
    public static final int ES = 0, CS = 1, SS = 2, DS = 3, FS = 4, GS = 5;

    /** What executes it. */
    public Handler handler;

    /** Opcode map and byte: 0x00xx one-byte, 0x0Fxx, 0x0F38xx, 0x0F3Axx. */
    public int opcode;
    /** Length in bytes, 1 to 15. */
    public int length;
    /** Bytes from the start of its block to the end of this instruction; set by the block builder. */
    public int endOffset;
    /** Effective operand size in bytes for "v" operands: 2, 4 or 8. */
    public int operandSize;
    /** Width in bytes of the r/m (or string) operand: 1 for byte forms, 2, 4 or 8 otherwise. */
    public int width;
    /** Effective address size in bytes: 2, 4 or 8. */
    public int addressSize;
    /** ModRM.reg with REX.R (also the /digit of group opcodes, without REX.R). */
    public int reg;
    /** ModRM.rm register with REX.B where the operand is a register, else {@link #NONE}. */
    public int rm;
    /** Base register of the memory operand, or NONE; index likewise. */
    public int base = NONE;

    public int index = NONE;
    /** log2 of the index scale. */
    public int scaleShift;
    /** Sign-extended displacement (or moffs); RIP-relative operands have {@link #ripRelative}. */
    public long displacement;

    public boolean ripRelative;
    /** Whether the r/m operand is memory. */
    public boolean memory;
    /** Segment register of the memory operand, override applied (ES..GS). */
    public int segment = DS;
    /** First immediate, sign-extended as the instruction defines; {@link #immediate2} has the second one (ENTER, far pointers), or ModRM (x87). */
    public long immediate;

    public int immediate2;
    public boolean lock;
    /** F3 and F2 prefixes where they mean repetition or a mandatory prefix. */
    public boolean rep;

    public boolean repne;
    public boolean hasRex;
    /** Whether no further instruction may follow in its block: branches, and what may change mode, mapping, IF or time. */
    public boolean endsBlock;

    public DecodedInstruction(Handler handler) {
        this.handler = handler;
    }
}
