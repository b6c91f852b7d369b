// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/**
 * A synthetic interrupt source register (TLFS, "SINTx Registers").
 *
 * <pre>
 *  63      21 20    19           18      17       16     15   8 7      0
 * +----------+-----+------------+-------+--------+------+------+--------+
 * | RsvdP    |proxy|as intercept|polling|auto-EOI|masked| RsvdP| vector |
 * +----------+-----+------------+-------+--------+------+------+--------+
 * </pre>
 */
public record HvSint(long bits) {
    public static final int COUNT = 16;
    public static final long VECTOR_MASK = 0xFF;
    public static final long MASKED = 1L << 16;
    public static final long AUTO_EOI = 1L << 17;
    public static final long POLLING = 1L << 18;
    public static final long AS_INTERCEPT = 1L << 19;
    public static final long PROXY = 1L << 20;
    /** Every source starts masked. */
    public static final long RESET = MASKED;

    /** Vectors below are not valid (TLFS, "SINTx Registers": 16 to 255). */
    public static final int FIRST_VALID_VECTOR = 16;

    /** Bits 7:0; {@link #FIRST_VALID_VECTOR} to 255 can be delivered. */
    public int vector() {
        return (int) (bits & VECTOR_MASK);
    }

    /** Bit 16: the source raises no interrupt. */
    public boolean masked() {
        return (bits & MASKED) != 0;
    }

    /** Bit 17: the interrupt ends when the processor takes it, and no EOI comes. */
    public boolean autoEoi() {
        return (bits & AUTO_EOI) != 0;
    }

    /** The guest polls the slot: messages arrive without an interrupt. */
    public boolean polling() {
        return (bits & POLLING) != 0;
    }

    /** Bit 20: the source passes on interrupts that are meant for another VTL. */
    public boolean proxy() {
        return (bits & PROXY) != 0;
    }

    /** Unmasked, with a vector that can be delivered. */
    public boolean live() {
        return !masked() && vector() >= FIRST_VALID_VECTOR;
    }

    @Override
    public String toString() {
        return "SINT[vector=0x" + Integer.toHexString(vector()) + (masked() ? " masked" : "")
                + (autoEoi() ? " auto-EOI" : "") + (polling() ? " polling" : "") + "]";
    }
}
