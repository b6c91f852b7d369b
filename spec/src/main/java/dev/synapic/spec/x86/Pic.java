// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Ports and command words of the pair of 8259A interrupt controllers (8259A data sheet; ICH ELCR). */
public final class Pic {
    public static final int MASTER_COMMAND = 0x20;
    public static final int MASTER_DATA = 0x21;
    public static final int SLAVE_COMMAND = 0xA0;
    public static final int SLAVE_DATA = 0xA1;
    /** Edge/level control of IRQ 0 to 7. */
    public static final int ELCR1 = 0x4D0;
    /** Edge/level control of IRQ 8 to 15. */
    public static final int ELCR2 = 0x4D1;
    /** IRQ 0, 1 and 2 are always edge-triggered. */
    public static final int ELCR1_WRITABLE = 0xF8;
    /** IRQ 8 and 13 are always edge-triggered. */
    public static final int ELCR2_WRITABLE = 0xDE;

    /** Set in the command word ICW1, clear in OCW2 and OCW3. */
    public static final int ICW1 = 1 << 4;

    public static final int ICW1_ICW4_NEEDED = 1 << 0;
    public static final int ICW1_SINGLE = 1 << 1;
    /** Bits 7:3 of ICW2: the vector of input 0. */
    public static final int ICW2_BASE = 0xF8;

    public static final int ICW4_AUTO_EOI = 1 << 1;
    public static final int ICW4_SPECIAL_FULLY_NESTED = 1 << 4;

    /** Set in OCW3, clear in OCW2. */
    public static final int OCW3 = 1 << 3;

    public static final int OCW3_READ_REGISTER = 1 << 1;
    /** With OCW3_READ_REGISTER: ISR, else IRR. */
    public static final int OCW3_READ_ISR = 1 << 0;

    public static final int OCW3_POLL = 1 << 2;
    public static final int OCW3_CHANGE_SPECIAL_MASK = 1 << 6;
    public static final int OCW3_SPECIAL_MASK = 1 << 5;

    private Pic() {}
}
