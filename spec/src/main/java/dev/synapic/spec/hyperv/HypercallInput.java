// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/**
 * The control word of a hypercall (TLFS, "Hypercall Inputs").
 *
 * <pre>
 *  63  60 59       48 47  44 43       32  31    30  27 26        17  16  15        0
 * +------+-----------+------+-----------+------+------+------------+----+-----------+
 * | rsvd | rep start | rsvd | rep count |nested| rsvd | var header |fast| call code |
 * +------+-----------+------+-----------+------+------+------------+----+-----------+
 * </pre>
 */
public record HypercallInput(long bits) {
    public static final long CODE_MASK = 0xFFFF;
    public static final long FAST = 1L << 16;
    public static final int VARIABLE_HEADER_SHIFT = 17;
    public static final int VARIABLE_HEADER_MASK = 0x3FF;
    public static final long NESTED = 1L << 31;
    public static final int REP_COUNT_SHIFT = 32;
    public static final int REP_START_SHIFT = 48;
    public static final int REP_MASK = 0xFFF;
    public static final long RESERVED = 0xFL << 60 | 0xFL << 44 | 0xFL << 27;

    /** Bits 15:0, one of {@link HypercallCode} where the call is known. */
    public int code() {
        return (int) (bits & CODE_MASK);
    }

    /** Parameters stand in registers, not in memory. */
    public boolean fast() {
        return (bits & FAST) != 0;
    }

    /** Size of the variable part of the input header, in units of 8 bytes. */
    public int variableHeaderQwords() {
        return (int) (bits >>> VARIABLE_HEADER_SHIFT) & VARIABLE_HEADER_MASK;
    }

    /** For the L0 hypervisor of a nested one. */
    public boolean nested() {
        return (bits & NESTED) != 0;
    }

    /** Bits 43:32: how many elements the list has; 0 for a simple call. */
    public int repCount() {
        return (int) (bits >>> REP_COUNT_SHIFT) & REP_MASK;
    }

    /** Bits 59:48: index of the first element to do, below the rep count; 0 for a simple call. */
    public int repStart() {
        return (int) (bits >>> REP_START_SHIFT) & REP_MASK;
    }

    /** Whether any of bits 63:60, 47:44 and 30:27 is set, for which the call is refused. */
    public boolean reservedBitsSet() {
        return (bits & RESERVED) != 0;
    }

    /** The result value: status in 15:0, completed reps in 43:32 (TLFS, "Hypercall Outputs"). */
    public static long result(int status, int repsCompleted) {
        return (status & 0xFFFFL) | (long) (repsCompleted & REP_MASK) << REP_COUNT_SHIFT;
    }
}
