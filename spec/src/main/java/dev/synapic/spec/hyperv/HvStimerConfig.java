// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/**
 * View of a synthetic timer's configuration register (TLFS, "Synthetic Timer Configuration Register").
 *
 * <pre>
 *  63     20 19  16 15  13    12    11      4      3        2       1        0
 * +---------+------+------+--------+----------+-----------+------+----------+-------+
 * | RsvdZ   | SINT | RsvdZ| direct | vector   |auto-enable| lazy | periodic |enabled|
 * +---------+------+------+--------+----------+-----------+------+----------+-------+
 * </pre>
 */
public record HvStimerConfig(long bits) {
    /** Timers of a virtual processor. */
    public static final int TIMERS = 4;

    public static final long ENABLED = 1;
    public static final long PERIODIC = 1L << 1;
    public static final long LAZY = 1L << 2;
    public static final long AUTO_ENABLE = 1L << 3;
    public static final int VECTOR_SHIFT = 4;
    public static final long DIRECT = 1L << 12;
    public static final int SINT_SHIFT = 16;

    /** Bit 0; a timer runs only with a count other than 0, too. */
    public boolean enabled() {
        return (bits & ENABLED) != 0;
    }

    /** Bit 1: the count is a period in units of 100 ns; otherwise it is the reference time of the one expiry. */
    public boolean periodic() {
        return (bits & PERIODIC) != 0;
    }

    /** Expirations that were missed may be skipped. */
    public boolean lazy() {
        return (bits & LAZY) != 0;
    }

    /** Writing the count enables the timer. */
    public boolean autoEnable() {
        return (bits & AUTO_ENABLE) != 0;
    }

    /** Expiry asserts {@link #vector} instead of sending a message. */
    public boolean direct() {
        return (bits & DIRECT) != 0;
    }

    /** Bits 11:4, which count in direct mode only. */
    public int vector() {
        return (int) (bits >>> VECTOR_SHIFT) & 0xFF;
    }

    /** Bits 19:16: the source that gets the message; without meaning in direct mode. */
    public int sint() {
        return (int) (bits >>> SINT_SHIFT) & 0xF;
    }
}
