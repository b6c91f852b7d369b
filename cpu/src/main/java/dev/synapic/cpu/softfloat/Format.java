// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.softfloat;

/**
 * What a result is rounded to (SDM vol. 1, table 4-2).
 *
 * @param precision bits of the significand, the leading one included
 * @param least exponent of the smallest normal number
 * @param greatest exponent of the largest number
 */
public record Format(int precision, int least, int greatest) {
    public static final Format SINGLE = new Format(24, -126, 127);
    public static final Format DOUBLE = new Format(53, -1022, 1023);
    public static final Format EXTENDED = new Format(64, -16382, 16383);
    /** The x87's precision control shortens the significand and leaves the exponent its range. */
    public static final Format EXTENDED_TO_SINGLE = new Format(24, -16382, 16383);

    public static final Format EXTENDED_TO_DOUBLE = new Format(53, -16382, 16383);
}
