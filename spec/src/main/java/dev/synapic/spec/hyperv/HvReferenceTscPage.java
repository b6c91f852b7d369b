// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/**
 * Layout of the reference TSC page and of the register that places it (TLFS, "Partition Reference Time Enlightenment").
 *
 * <pre>
 *  offset 0           4           8            16            24
 *        +-----------+-----------+------------+-------------+
 *        | sequence  | reserved  | scale u64  | offset i64  |      time = ((tsc * scale) >> 64) + offset
 *        +-----------+-----------+------------+-------------+
 * </pre>
 */
public final class HvReferenceTscPage {
    public static final int SEQUENCE_OFFSET = 0;
    public static final int SCALE_OFFSET = 8;
    public static final int OFFSET_OFFSET = 16;
    /** The page says nothing at the moment: read the reference counter's register. */
    public static final int SEQUENCE_INVALID = 0;
    /** Some guests take this for invalid too (it was, in early versions). */
    public static final int SEQUENCE_ALSO_INVALID = -1;

    /** Register: bit 0. */
    public static final long ENABLE = 1;
    /** Register: bits 63:12. */
    public static final long GPA_MASK = ~0xFFFL;

    private HvReferenceTscPage() {}
}
