// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.softfloat;

/**
 * A floating-point datum of any format, taken apart. A finite number other than zero is ±significand * 2^(exponent - 63), and its
 * significand has bit 63 set; {@link #low} continues it by 64 bits, the last of which stands for all behind it. A NaN's payload
 * stands left-aligned in the significand, as in double extended format.
 */
public final class Real {
    public static final int ZERO = 0, FINITE = 1, INFINITE = 2, QUIET_NAN = 3, SIGNALING_NAN = 4;
    /** Double extended encodings that no processor since the 387 makes (SDM vol. 1, table 8-3). */
    public static final int UNSUPPORTED = 5;

    static final long LEADING = 1L << 63;
    static final long QUIET = 1L << 62;
    private static final int EXTENDED_BIAS = 16383, DOUBLE_BIAS = 1023, SINGLE_BIAS = 127;
    private static final int EXTENDED_TOP = 0x7FFF, DOUBLE_TOP = 0x7FF, SINGLE_TOP = 0xFF;

    public int kind;
    public boolean negative;
    public int exponent;
    public long significand;
    public long low;
    /** It was loaded from a denormal encoding. */
    public boolean denormal;

    public boolean isNan() {
        return kind == QUIET_NAN || kind == SIGNALING_NAN;
    }

    public void set(Real other) {
        kind = other.kind;
        negative = other.negative;
        exponent = other.exponent;
        significand = other.significand;
        low = other.low;
        denormal = other.denormal;
    }

    public void setZero(boolean isNegative) {
        kind = ZERO;
        negative = isNegative;
        denormal = false;
    }

    public void setInfinite(boolean isNegative) {
        kind = INFINITE;
        negative = isNegative;
        denormal = false;
    }

    /** What invalid operations return (SDM vol. 1, 4.8.3.7). */
    public void setIndefinite() {
        kind = QUIET_NAN;
        negative = true;
        significand = LEADING | QUIET;
        denormal = false;
    }

    /** A finite number that may still have zeros in front, or be zero. */
    public void setFinite(boolean isNegative, int exponentOfBit63, long high, long rest) {
        negative = isNegative;
        denormal = false;
        if (high == 0 && rest == 0) {
            kind = ZERO;
            return;
        }
        kind = FINITE;
        int shift = high == 0 ? 64 + Long.numberOfLeadingZeros(rest) : Long.numberOfLeadingZeros(high);
        exponent = exponentOfBit63 - shift;
        significand = shift >= 64 ? rest << shift : shift == 0 ? high : high << shift | rest >>> 64 - shift;
        low = shift >= 64 ? 0 : rest << shift;
    }

    // ---- from the formats
    // --------------------------------------------------------------------------------------------------

    public void setLong(long value) {
        setFinite(value < 0, 63, Math.abs(value), 0);
    }

    public void setSingle(int bits) {
        load(bits < 0, bits >>> 23 & SINGLE_TOP, SINGLE_TOP, SINGLE_BIAS, (long) bits << 41);
    }

    public void setDouble(long bits) {
        load(bits < 0, (int) (bits >>> 52) & DOUBLE_TOP, DOUBLE_TOP, DOUBLE_BIAS, bits << 12);
    }

    /** Takes the fraction left-aligned. */
    private void load(boolean isNegative, int field, int top, int bias, long fraction) {
        if (field == top) {
            negative = isNegative;
            denormal = false;
            significand = LEADING | fraction >>> 1;
            kind = fraction == 0 ? INFINITE : fraction < 0 ? QUIET_NAN : SIGNALING_NAN;
        } else if (field == 0) {
            setFinite(isNegative, -bias, fraction, 0);
            denormal = fraction != 0;
        } else {
            setFinite(isNegative, field - bias, LEADING | fraction >>> 1, 0);
        }
    }

    /** Takes the upper 16 bits and the significand. */
    public void setExtended(int signAndExponent, long bits) {
        int field = signAndExponent & EXTENDED_TOP;
        negative = (signAndExponent & 0x8000) != 0;
        denormal = false;
        significand = bits;
        if (field == 0) {
            setFinite(negative, 1 - EXTENDED_BIAS, bits, 0);
            denormal = bits != 0;
        } else if (bits >= 0) {
            kind = UNSUPPORTED;
        } else if (field != EXTENDED_TOP) {
            kind = FINITE;
            exponent = field - EXTENDED_BIAS;
            low = 0;
        } else {
            kind = bits << 1 == 0 ? INFINITE : (bits & QUIET) != 0 ? QUIET_NAN : SIGNALING_NAN;
        }
    }

    // ---- to the formats, from a rounded number
    // ---------------------------------------------------------------------------------

    public int toSingle() {
        return (int) store(SINGLE_TOP, SINGLE_BIAS, 40, 23) | (negative ? 1 << 31 : 0);
    }

    public long toDouble() {
        return store(DOUBLE_TOP, DOUBLE_BIAS, 11, 52) | (negative ? 1L << 63 : 0);
    }

    private long store(int top, int bias, int drop, int fractionBits) {
        return switch (kind) {
            case ZERO -> 0;
            case INFINITE -> (long) top << fractionBits;
            case FINITE -> {
                int field = exponent + bias;
                yield field > 0
                        ? (long) field << fractionBits | significand << 1 >>> drop + 1
                        : significand >>> drop + 1 - field;
            }
            default -> (long) top << fractionBits | significand << 1 >>> drop + 1;
        };
    }

    /** The upper 16 bits of double extended format. */
    public int toExtendedTop() {
        int field = switch (kind) {
            case ZERO -> 0;
            case FINITE -> Math.max(exponent + EXTENDED_BIAS, 0);
            default -> EXTENDED_TOP;
        };
        return negative ? field | 0x8000 : field;
    }

    public long toExtendedSignificand() {
        return switch (kind) {
            case ZERO -> 0;
            case INFINITE -> LEADING;
            case FINITE -> {
                int field = exponent + EXTENDED_BIAS;
                yield field > 0 ? significand : significand >>> 1 - field;
            }
            default -> significand;
        };
    }
}
