// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.state;

import java.util.Arrays;

/**
 * The x87's registers (SDM vol. 1, 8.1), on which the MMX registers lie. Data registers go by physical number, R0 to R7, but where
 * a parameter says ST(i).
 *
 * <p>Not modelled: the selectors of the last instruction and its operand, which read as 0 (CPUID says so: FCS and FDS are
 * deprecated).
 */
public final class FpuRegisters {
    public static final int COUNT = 8;
    public static final int CONTROL_RESET = 0x37F;
    public static final int STACK_FAULT = 1 << 6,
            SUMMARY = 1 << 7,
            C0 = 1 << 8,
            C1 = 1 << 9,
            C2 = 1 << 10,
            C3 = 1 << 14;
    public static final int CONDITIONS = C0 | C1 | C2 | C3;
    private static final int TOP_SHIFT = 11;
    private static final int TOP = 7 << TOP_SHIFT;
    private static final int BUSY = 1 << 15;
    private static final int EXCEPTIONS = 0x3F;
    private static final int CONTROL_BITS = 0x1F7F;
    private static final int CONTROL_ONE = 1 << 6;
    private static final int CONTROL_AT_POWER_ON = 0x40;
    private static final int MMX_TOP = 0xFFFF;
    private static final int VALID = 0, ZERO = 1, SPECIAL = 2, EMPTY = 3;

    private final long[] significands = new long[COUNT];
    /** Sign and exponent: the upper 16 bits of the 80. */
    private final int[] tops = new int[COUNT];

    private int control;
    /** The status word without TOP, ES and B, which are made up. */
    private int status;

    private int top;
    /** Bit n: register Rn is not empty. */
    private int occupied;

    /** Offset of the last instruction that was no control instruction, of its operand, and its opcode's last 11 bits. */
    public long instructionPointer;

    public long dataPointer;
    public int opcode;

    /** Power-on values; INIT keeps everything (SDM vol. 3A, table 10-1). */
    public void reset() {
        initialize();
        control = CONTROL_AT_POWER_ON;
        occupied = 0xFF;
        Arrays.fill(significands, 0);
        Arrays.fill(tops, 0);
    }

    /** As FNINIT does: everything but the data registers' contents. */
    public void initialize() {
        control = CONTROL_RESET;
        status = 0;
        top = 0;
        occupied = 0;
        instructionPointer = 0;
        dataPointer = 0;
        opcode = 0;
    }

    /** The initial configuration of XSAVE's x87 component (SDM vol. 1, 13.6). */
    public void resetComponent() {
        initialize();
        Arrays.fill(significands, 0);
        Arrays.fill(tops, 0);
    }

    /** Whether everything is as {@link #resetComponent} leaves it. */
    public boolean isInitial() {
        boolean initial = control == CONTROL_RESET && status == 0 && top == 0 && occupied == 0;
        for (int i = 0; i < COUNT; i++) {
            initial &= significands[i] == 0 && tops[i] == 0;
        }
        return initial && instructionPointer == 0 && dataPointer == 0 && opcode == 0;
    }

    // ---- words
    // ---------------------------------------------------------------------------------------------------------------

    public int control() {
        return control;
    }

    public void setControl(int word) {
        control = word & CONTROL_BITS | CONTROL_ONE;
    }

    /** The exceptions that the control word masks, at the flags' places. */
    public int masked() {
        return control & EXCEPTIONS;
    }

    /** 0 to 3: nearest, down, up, truncate. */
    public int rounding() {
        return control >> 10 & 3;
    }

    /** 0, 2, 3: 24, 53, 64 bits. */
    public int precision() {
        return control >> 8 & 3;
    }

    public int status() {
        return status | top << TOP_SHIFT | (pending() ? SUMMARY | BUSY : 0);
    }

    public void setStatus(int word) {
        top = (word & TOP) >> TOP_SHIFT;
        status = word & ~(TOP | SUMMARY | BUSY);
    }

    /** An exception that is not masked waits for the next x87 instruction. */
    public boolean pending() {
        return (status & ~control & EXCEPTIONS) != 0;
    }

    /** Adds exception flags (and STACK_FAULT). */
    public void raise(int flags) {
        status |= flags;
    }

    /** Takes new values for the condition codes in mask. */
    public void setConditions(int mask, int values) {
        status = status & ~mask | values;
    }

    public void clearExceptions() {
        status &= ~(EXCEPTIONS | STACK_FAULT);
    }

    // ---- tags
    // ----------------------------------------------------------------------------------------------------------------

    /** One bit per register, set where it is not empty, as FXSAVE has it. */
    public int abridgedTags() {
        return occupied;
    }

    public void setAbridgedTags(int bits) {
        occupied = bits & 0xFF;
    }

    /** Two bits per register, as FNSTENV has them (SDM vol. 1, 8.1.7). */
    public int tagWord() {
        int word = 0;
        for (int i = 0; i < COUNT; i++) {
            word |= tag(i) << 2 * i;
        }
        return word;
    }

    private int tag(int register) {
        int exponent = tops[register] & 0x7FFF;
        long significand = significands[register];
        if ((occupied >> register & 1) == 0) {
            return EMPTY;
        }
        if (exponent == 0 && significand == 0) {
            return ZERO;
        }
        return exponent == 0 || exponent == 0x7FFF || significand >= 0 ? SPECIAL : VALID;
    }

    /** Takes only which registers are empty from it. */
    public void setTagWord(int word) {
        occupied = 0;
        for (int i = 0; i < COUNT; i++) {
            occupied |= (word >> 2 * i & 3) != EMPTY ? 1 << i : 0;
        }
    }

    // ---- the stack
    // -----------------------------------------------------------------------------------------------------------

    /** Physical number of ST(i). */
    public int index(int i) {
        return top + i & COUNT - 1;
    }

    public boolean isEmpty(int register) {
        return (occupied >> register & 1) == 0;
    }

    public long significand(int register) {
        return significands[register];
    }

    /** Sign and exponent. */
    public int signAndExponent(int register) {
        return tops[register];
    }

    public void set(int register, int signAndExponent, long significand) {
        tops[register] = signAndExponent & 0xFFFF;
        significands[register] = significand;
        occupied |= 1 << register;
    }

    /** Takes contents, as a restore does, and leaves the tag. */
    public void restore(int register, int signAndExponent, long significand) {
        tops[register] = signAndExponent & 0xFFFF;
        significands[register] = significand;
    }

    public void free(int register) {
        occupied &= ~(1 << register);
    }

    public void push() {
        top = top - 1 & COUNT - 1;
    }

    public void pop() {
        free(top);
        top = top + 1 & COUNT - 1;
    }

    /** FINCSTP, FDECSTP: moves TOP alone. */
    public void rotate(int by) {
        top = top + by & COUNT - 1;
    }

    // ---- MMX
    // -----------------------------------------------------------------------------------------------------------------

    public void setMmx(int register, long value) {
        significands[register] = value;
        tops[register] = MMX_TOP;
    }

    /** What every MMX instruction but EMMS does (SDM vol. 1, 9.5.1). */
    public void enterMmx() {
        top = 0;
        occupied = 0xFF;
    }

    public void emptyMmx() {
        top = 0;
        occupied = 0;
    }
}
