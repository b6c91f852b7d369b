// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/**
 * One instruction, decoded once. Register numbers are 0 to 15 with REX applied; 8-bit registers number AH, CH, DH, BH (no REX) as 16 to
 * 19.
 *
 * <p>A record, because the Java virtual machine's compiler takes fields of records for constants: in a compiled block
 * ({@link BlockCompiler}) all of this is then part of the machine code.
 *
 * @param handler what executes it
 * @param opcode opcode map and byte: 0x00xx one-byte, 0x0Fxx, 0x0F38xx, 0x0F3Axx
 * @param length in bytes, 1 to 15
 * @param endOffset bytes from the start of its block to the end of this instruction
 * @param operandSize effective operand size in bytes for "v" operands: 2, 4 or 8
 * @param width width in bytes of the r/m (or string) operand: 1 for byte forms, 2, 4 or 8 otherwise
 * @param addressSize effective address size in bytes: 2, 4 or 8
 * @param reg ModRM.reg with REX.R (also the /digit of group opcodes, without REX.R)
 * @param rm ModRM.rm register with REX.B where the operand is a register, else {@link #NONE}
 * @param base base register of the memory operand, or NONE
 * @param index its index register, or NONE
 * @param scaleShift log2 of the index scale
 * @param displacement sign-extended displacement (or moffs); RIP-relative operands have {@link #ripRelative}
 * @param memory whether the r/m operand is memory
 * @param segment segment register of the memory operand, override applied (ES..GS)
 * @param immediate first immediate, sign-extended as the instruction defines
 * @param immediate2 the second one (ENTER, far pointers), or ModRM (x87)
 * @param rep F3 prefix where it means repetition or is mandatory
 * @param repne F2 likewise
 * @param endsBlock whether no further instruction may follow in its block: branches, and what may change mode, mapping, IF or time
 * @param quiet it touches general registers and arithmetic flags only: it never faults, never cuts its block, and asks nobody
 */
public record DecodedInstruction(
        Handler handler,
        int opcode,
        int length,
        int endOffset,
        int operandSize,
        int width,
        int addressSize,
        int reg,
        int rm,
        int base,
        int index,
        int scaleShift,
        long displacement,
        boolean ripRelative,
        boolean memory,
        int segment,
        long immediate,
        int immediate2,
        boolean lock,
        boolean rep,
        boolean repne,
        boolean hasRex,
        boolean endsBlock,
        boolean quiet) {
    public static final int NONE = -1;
    public static final int ES = 0, CS = 1, SS = 2, DS = 3, FS = 4, GS = 5;

    /** The same, executed by another handler. */
    public DecodedInstruction executedBy(Handler other, boolean ends, boolean isQuiet) {
        return new DecodedInstruction(
                other,
                opcode,
                length,
                endOffset,
                operandSize,
                width,
                addressSize,
                reg,
                rm,
                base,
                index,
                scaleShift,
                displacement,
                ripRelative,
                memory,
                segment,
                immediate,
                immediate2,
                lock,
                rep,
                repne,
                hasRex,
                ends,
                isQuiet);
    }
}
