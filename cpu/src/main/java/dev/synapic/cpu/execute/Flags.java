// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

/**
 * The arithmetic flags of RFLAGS, kept as the operation that set them and made up when somebody looks, and DF.
 *
 * <p>Operands and result are sign-extended to 64 bits. Sign extension keeps signed and unsigned order, and it puts the
 * operation's sign bit at bit 63, so one formula serves all widths. Only INC and DEC need a flag of their predecessor
 * (CF), which they take eagerly. (SDM vol. 1, 3.4.3; effects per instruction: appendix A of the same volume.)
 */
public final class Flags {
    public static final int CF = 1 << 0, PF = 1 << 2, AF = 1 << 4, ZF = 1 << 6, SF = 1 << 7, OF = 1 << 11;
    /** The bits of RFLAGS that this class makes up. */
    public static final int ARITHMETIC = CF | PF | AF | ZF | SF | OF;

    /** Condition codes as in Jcc, SETcc, CMOVcc (SDM vol. 1, appendix B); odd ones negate. */
    public static final int O = 0, B = 2, Z = 4, BE = 6, S = 8, P = 10, L = 12, LE = 14;

    /** a holds the bits as RFLAGS has them. */
    private static final int BITS = 0;

    private static final int ADD = 1, SUB = 2, LOGIC = 3;
    /** SUB with a borrow coming in: a and b alone do not tell the order. */
    private static final int SBB = 4;
    /** carry holds CF from before. */
    private static final int INC = 5, DEC = 6;
    /** ZF, SF, PF from the result; a is CF, b is OF (0 or 1), AF is clear. */
    private static final int RESULT = 7;

    /** DF (bit 10): strings go downwards. */
    public boolean direction;

    private int kind = BITS;
    private long a;
    private long b;
    private long result;
    private boolean carry;

    // ---- recording --------------------------------------------------------------------------------------------------

    /** result = a + b, with or without a carry coming in. */
    public void add(long a, long b, long result) {
        this.kind = ADD;
        this.a = a;
        this.b = b;
        this.result = result;
    }

    /** result = a - b. */
    public void sub(long a, long b, long result) {
        this.kind = SUB;
        this.a = a;
        this.b = b;
        this.result = result;
    }

    /** result = a - b - carry. */
    public void sbb(long a, long b, long result) {
        this.kind = SBB;
        this.a = a;
        this.b = b;
        this.result = result;
    }

    /** AND, OR, XOR, TEST: CF, OF and (undefined) AF clear. */
    public void logic(long result) {
        this.kind = LOGIC;
        this.result = result;
    }

    /** result = a + 1, CF kept. */
    public void inc(long a, long result) {
        this.carry = carry();
        this.kind = INC;
        this.a = a;
        this.result = result;
    }

    /** result = a - 1, CF kept. */
    public void dec(long a, long result) {
        this.carry = carry();
        this.kind = DEC;
        this.a = a;
        this.result = result;
    }

    /** ZF, SF and PF of a result whose CF and OF the caller knows; (undefined) AF clear. */
    public void result(long result, boolean carry, boolean overflow) {
        this.kind = RESULT;
        this.a = carry ? 1 : 0;
        this.b = overflow ? 1 : 0;
        this.result = result;
    }

    /** CF and OF of a rotate, which keeps the others. After most operations that is as easy as recording a result. */
    public void rotated(boolean carry, boolean overflow) {
        if (kind == LOGIC || kind == RESULT) {
            result(result, carry, overflow);
        } else {
            replace(CF | OF, (carry ? CF : 0) | (overflow ? OF : 0));
        }
    }

    /** The flags as RFLAGS has them; other bits are ignored. */
    public void setBits(int bits) {
        this.kind = BITS;
        this.a = bits & ARITHMETIC;
    }

    /** Replaces the flags in mask, keeps the others. */
    public void replace(int mask, int bits) {
        setBits(bits() & ~mask | bits & mask);
    }

    // ---- asking -----------------------------------------------------------------------------------------------------

    public boolean carry() {
        return switch (kind) {
            case SUB -> Long.compareUnsigned(a, b) < 0;
            case LOGIC -> false;
            case INC, DEC -> carry;
            case ADD -> ((a & b) | ((a | b) & ~result)) < 0;
            case SBB -> ((~a & b) | ((~a | b) & result)) < 0;
            default -> (a & CF) != 0;
        };
    }

    public boolean overflow() {
        return switch (kind) {
            case SUB, SBB -> ((a ^ b) & (a ^ result)) < 0;
            case LOGIC -> false;
            case ADD -> ((a ^ result) & (b ^ result)) < 0;
            case INC -> (~a & result) < 0;
            case DEC -> (a & ~result) < 0;
            case RESULT -> b != 0;
            default -> (a & OF) != 0;
        };
    }

    public boolean zero() {
        return kind == BITS ? (a & ZF) != 0 : result == 0;
    }

    public boolean sign() {
        return kind == BITS ? (a & SF) != 0 : result < 0;
    }

    public boolean parity() {
        return kind == BITS ? (a & PF) != 0 : (Integer.bitCount((int) result & 0xFF) & 1) == 0;
    }

    public boolean adjust() {
        return switch (kind) {
            case LOGIC, RESULT -> false;
            case INC, DEC -> ((a ^ 1 ^ result) & AF) != 0;
            case ADD, SUB, SBB -> ((a ^ b ^ result) & AF) != 0;
            default -> (a & AF) != 0;
        };
    }

    /** CF or ZF. */
    public boolean belowOrEqual() {
        return kind == SUB ? Long.compareUnsigned(a, b) <= 0 : carry() || zero();
    }

    /** SF differs from OF. */
    public boolean less() {
        return switch (kind) {
            case SUB -> a < b;
            case LOGIC -> result < 0;
            default -> sign() != overflow();
        };
    }

    /** ZF, or SF differs from OF. */
    public boolean lessOrEqual() {
        return switch (kind) {
            case SUB -> a <= b;
            case LOGIC -> result <= 0;
            default -> zero() || sign() != overflow();
        };
    }

    /** Condition code 0 to 15. */
    public boolean condition(int code) {
        boolean met = switch (code & ~1) {
            case O -> overflow();
            case B -> carry();
            case Z -> zero();
            case BE -> belowOrEqual();
            case S -> sign();
            case P -> parity();
            case L -> less();
            default -> lessOrEqual();
        };
        return met ^ (code & 1) != 0;
    }

    /** The arithmetic flags as RFLAGS has them. */
    public int bits() {
        if (kind == BITS) {
            return (int) a;
        }
        return (carry() ? CF : 0)
                | (parity() ? PF : 0)
                | (adjust() ? AF : 0)
                | (zero() ? ZF : 0)
                | (sign() ? SF : 0)
                | (overflow() ? OF : 0);
    }
}
