// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/**
 * Layout of the event-flags page (TLFS, "SynIC Event Flags"): sixteen areas of 2048 flags.
 *
 * <pre>
 *  offset 0            256          512                3840        4095
 *        +------------+------------+-- ...            +-----------+
 *        | SINT 0     | SINT 1     |                  | SINT 15   |   flag n of an area: byte n / 8, bit n % 8
 *        +------------+------------+-- ...            +-----------+
 * </pre>
 */
public final class HvEventFlags {
    public static final int FLAGS_PER_SINT = 2048;
    public static final int AREA_SIZE = FLAGS_PER_SINT / 8;

    private HvEventFlags() {}

    /** Address of the aligned 32-bit word that holds the flag; sint and flag must be in range. */
    public static long wordGpa(long pageGpa, int sint, int flag) {
        return pageGpa + (long) sint * AREA_SIZE + (flag >> 5) * 4L;
    }

    /** The flag's bit within its 32-bit word. */
    public static int bit(int flag) {
        return 1 << (flag & 31);
    }
}
