// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.softfloat;

/**
 * Arithmetic on {@link Real}s: operations make the exact result of {@link #a} and {@link #b}, or 128 bits of it and whether more
 * follows, and {@link #round} then rounds once. Exceptions are those of SDM vol. 1, 4.9; flags and masks have MXCSR's bits.
 *
 * <p>Tininess is detected after rounding, as all x86 processors do.
 *
 * <p>Threads: one thread at a time; nothing is allocated.
 */
public final class SoftFloat {
    public static final int INVALID = 1, DENORMAL = 2, ZERO_DIVIDE = 4, OVERFLOW = 8, UNDERFLOW = 16, PRECISION = 32;
    /** Exceptions that keep an operation from being carried out, where they are not masked. */
    public static final int BEFORE = INVALID | DENORMAL | ZERO_DIVIDE;

    public static final int ALL = BEFORE | OVERFLOW | UNDERFLOW | PRECISION;

    public static final int NEAREST = 0, DOWN = 1, UP = 2, TRUNCATE = 3;
    /** What {@link #compare} answers where one of the two is a NaN. */
    public static final int UNORDERED = 2;
    /**
     * By how much an exponent is moved where overflow or underflow is not masked (SDM vol. 1, 8.5.4). Where even that does not
     * bring it into range, which FSCALE can do, the result is infinite or zero.
     */
    private static final int WRAP = 24576;

    public final Real a = new Real();
    public final Real b = new Real();
    public final Real result = new Real();

    /** What has happened since {@link #begin}. */
    public int flags;
    /** The last rounding made the result's magnitude larger. */
    public boolean roundedUp;

    private int rounding;
    private int masked;
    private boolean flushToZero;
    private boolean largerNanWins;
    private boolean inexact;

    /** Starts an instruction under a rounding control (0 to 3) and masks, with the x87's rules for two NaNs or those of SSE. */
    public void begin(int roundingControl, int maskedExceptions, boolean flush, boolean x87) {
        rounding = roundingControl;
        masked = maskedExceptions;
        flushToZero = flush;
        largerNanWins = x87;
        flags = 0;
        roundedUp = false;
    }

    /** Whether an exception that is not masked forbids the operation. */
    public boolean refused() {
        return (flags & ~masked & BEFORE) != 0;
    }

    /** The rounding of conversions that always truncate. */
    public void truncate() {
        rounding = TRUNCATE;
    }

    // ---- operands that are no numbers
    // --------------------------------------------------------------------------------------

    /** Answers for a NaN among a and b, which is then the result. */
    public boolean nan() {
        if (a.kind < Real.QUIET_NAN && b.kind < Real.QUIET_NAN) {
            return false;
        }
        if (a.kind == Real.UNSUPPORTED || b.kind == Real.UNSUPPORTED) {
            invalid();
            return true;
        }
        if (a.kind == Real.SIGNALING_NAN || b.kind == Real.SIGNALING_NAN) {
            flags |= INVALID;
        }
        quiet(chooseNan());
        return true;
    }

    /** SDM vol. 1, table 4-7. */
    private Real chooseNan() {
        if (!a.isNan() || !b.isNan()) {
            return a.isNan() ? a : b;
        }
        if (!largerNanWins) {
            return a;
        }
        if (a.kind != b.kind) {
            return a.kind == Real.QUIET_NAN ? a : b;
        }
        int order = Long.compareUnsigned(a.significand, b.significand);
        return order > 0 || order == 0 && !a.negative ? a : b;
    }

    private void quiet(Real nan) {
        result.set(nan);
        result.kind = Real.QUIET_NAN;
        result.significand |= Real.QUIET;
    }

    public void invalid() {
        flags |= INVALID;
        result.setIndefinite();
    }

    public void noteDenormals() {
        if (a.denormal || b.denormal) {
            flags |= DENORMAL;
        }
    }

    /** For operations on a alone. */
    public boolean nanAlone() {
        b.setZero(false);
        return nan();
    }

    // ---- arithmetic
    // --------------------------------------------------------------------------------------------------------

    public void subtract() {
        if (!nan()) {
            addSigned(!b.negative);
        }
    }

    public void add() {
        if (!nan()) {
            addSigned(b.negative);
        }
    }

    private void addSigned(boolean bNegative) {
        if (a.kind == Real.INFINITE && b.kind == Real.INFINITE && a.negative != bNegative) {
            invalid();
            return;
        }
        noteDenormals();
        if (a.kind == Real.INFINITE || b.kind == Real.ZERO && a.kind != Real.ZERO) {
            result.set(a);
        } else if (b.kind == Real.INFINITE || a.kind == Real.ZERO && b.kind != Real.ZERO) {
            result.set(b);
            result.negative = bNegative;
        } else if (a.kind == Real.ZERO) {
            result.setZero(a.negative == bNegative ? a.negative : rounding == DOWN);
        } else if (a.exponent > b.exponent
                || a.exponent == b.exponent && Long.compareUnsigned(a.significand, b.significand) >= 0) {
            combine(a, a.negative, b, a.negative != bNegative);
        } else {
            combine(b, bNegative, a, a.negative != bNegative);
        }
    }

    /** Adds or subtracts a small magnitude to or from a large one. */
    private void combine(Real large, boolean negative, Real small, boolean subtract) {
        int distance = large.exponent - small.exponent;
        long high = distance < 64 ? small.significand >>> distance : 0;
        long low = shiftedOut(small.significand, distance);
        int exponent = large.exponent;
        if (!subtract) {
            long sum = large.significand + high;
            boolean carry = Long.compareUnsigned(sum, high) < 0;
            if (carry) {
                result.setFinite(negative, exponent + 1, Real.LEADING | sum >>> 1, sum << 63 | low >>> 1 | low & 1);
            } else {
                result.setFinite(negative, exponent, sum, low);
            }
            return;
        }
        long difference = large.significand - high - (low != 0 ? 1 : 0);
        if (difference == 0 && low == 0) {
            result.setZero(rounding == DOWN);
        } else {
            result.setFinite(negative, exponent, difference, -low);
        }
    }

    /** The 64 bits that follow when value goes right; the last one stands for all behind it. */
    private static long shiftedOut(long value, int distance) {
        if (distance == 0) {
            return 0;
        }
        if (distance <= 64) {
            return value << 64 - distance;
        }
        if (distance >= 128) {
            return 1;
        }
        long lost = value << 128 - distance;
        return value >>> distance - 64 | (lost != 0 ? 1 : 0);
    }

    public void multiply() {
        if (nan()) {
            return;
        }
        boolean negative = a.negative != b.negative;
        boolean infinite = a.kind == Real.INFINITE || b.kind == Real.INFINITE;
        boolean zero = a.kind == Real.ZERO || b.kind == Real.ZERO;
        if (infinite && zero) {
            invalid();
            return;
        }
        noteDenormals();
        if (infinite) {
            result.setInfinite(negative);
        } else if (zero) {
            result.setZero(negative);
        } else {
            long high = Math.unsignedMultiplyHigh(a.significand, b.significand);
            result.setFinite(negative, a.exponent + b.exponent + 1, high, a.significand * b.significand);
        }
    }

    public void divide() {
        if (nan()) {
            return;
        }
        boolean negative = a.negative != b.negative;
        if (a.kind == b.kind && a.kind != Real.FINITE) {
            invalid();
            return;
        }
        if (b.kind == Real.ZERO && a.kind == Real.FINITE) {
            flags |= ZERO_DIVIDE;
            result.setInfinite(negative);
            return;
        }
        noteDenormals();
        if (a.kind == Real.INFINITE || b.kind == Real.ZERO) {
            result.setInfinite(negative);
        } else if (a.kind == Real.ZERO || b.kind == Real.INFINITE) {
            result.setZero(negative);
        } else {
            divideFinite(negative);
        }
    }

    private void divideFinite(boolean negative) {
        long divisor = b.significand;
        boolean atLeastOne = Long.compareUnsigned(a.significand, divisor) >= 0;
        long high = atLeastOne ? a.significand >>> 1 : a.significand;
        long low = atLeastOne ? a.significand << 63 : 0;
        long quotient = Wide.divide(high, low, divisor);
        long remainder = low - quotient * divisor;
        long rest = Wide.divide(remainder, 0, divisor);
        boolean more = rest * divisor != 0;
        result.setFinite(negative, a.exponent - b.exponent - (atLeastOne ? 0 : 1), quotient, more ? rest | 1 : rest);
    }

    public void squareRoot() {
        if (nanAlone()) {
            return;
        }
        if (a.negative && a.kind != Real.ZERO) {
            invalid();
            return;
        }
        noteDenormals();
        if (a.kind != Real.FINITE) {
            result.set(a);
            return;
        }
        boolean odd = (a.exponent & 1) != 0;
        long high = odd ? a.significand : a.significand >>> 1;
        long low = odd ? 0 : a.significand << 63;
        long root = Wide.squareRoot(high, low);
        result.setFinite(false, a.exponent >> 1, root, Wide.rootBits(high, low, root));
    }

    // ---- comparison
    // --------------------------------------------------------------------------------------------------------

    /** -1, 0, 1 as a is less than, equal to, or greater than b, or {@link #UNORDERED}. */
    public int compare(boolean quietNansAreInvalid) {
        if (a.kind >= Real.QUIET_NAN || b.kind >= Real.QUIET_NAN) {
            boolean signals = a.kind > Real.QUIET_NAN || b.kind > Real.QUIET_NAN;
            flags |= signals || quietNansAreInvalid ? INVALID : 0;
            return UNORDERED;
        }
        noteDenormals();
        if (a.kind == Real.ZERO && b.kind == Real.ZERO) {
            return 0;
        }
        if (a.kind == Real.ZERO || b.kind != Real.ZERO && a.negative != b.negative) {
            return a.kind == Real.ZERO ? b.negative ? 1 : -1 : a.negative ? -1 : 1;
        }
        int larger = compareMagnitudes();
        return a.negative ? -larger : larger;
    }

    /** a is not zero. */
    private int compareMagnitudes() {
        if (b.kind == Real.ZERO) {
            return 1;
        }
        if (a.kind != b.kind) {
            return a.kind == Real.INFINITE ? 1 : -1;
        }
        if (a.kind == Real.INFINITE) {
            return 0;
        }
        return a.exponent != b.exponent
                ? Integer.compare(a.exponent, b.exponent)
                : Long.compareUnsigned(a.significand, b.significand);
    }

    // ---- other formats
    // -----------------------------------------------------------------------------------------------------

    /** Takes a over as the result: what {@link #round} then makes is a conversion. */
    public void convert() {
        if (nanAlone()) {
            return;
        }
        noteDenormals();
        result.set(a);
    }

    /** As {@link #convert}, but a denormal number is nothing to tell. */
    public void convertForStore() {
        if (!nanAlone()) {
            result.set(a);
        }
    }

    /** Takes a over without a look at it, for values that come from integers. */
    public void accept() {
        result.set(a);
    }

    /** Whether overflow or underflow is not masked and has happened: what {@link #round} made has another exponent then. */
    public boolean misfit() {
        return (flags & ~masked & (OVERFLOW | UNDERFLOW)) != 0;
    }

    /** Rounds a to an integral value, which is the result. */
    public void roundToIntegral() {
        if (nanAlone()) {
            return;
        }
        noteDenormals();
        result.set(a);
        if (a.kind == Real.FINITE && a.exponent < 63 && !refused()) {
            int drop = 63 - a.exponent;
            finish(rounded(drop), drop);
            flags |= inexact ? PRECISION : 0;
        }
    }

    /**
     * a as a signed integer of so many bits, rounded; where it is none, INVALID and the integer indefinite, which is the least
     * one.
     */
    public long toInteger(int bits) {
        long indefinite = -1L << bits - 1;
        if (a.kind == Real.ZERO) {
            return 0;
        }
        if (a.kind != Real.FINITE || a.exponent > 63) {
            flags |= INVALID;
            return indefinite;
        }
        result.set(a);
        long magnitude = rounded(63 - a.exponent);
        long most = a.negative ? -indefinite : ~indefinite;
        if (Long.compareUnsigned(magnitude, most) > 0) {
            flags |= INVALID;
            roundedUp = false;
            return indefinite;
        }
        flags |= inexact ? PRECISION : 0;
        return a.negative ? -magnitude : magnitude;
    }

    // ---- rounding
    // ----------------------------------------------------------------------------------------------------------

    /** Rounds the result to a format. */
    public void round(Format format) {
        if (result.kind != Real.FINITE || refused()) {
            return;
        }
        int drop = 64 - format.precision();
        long kept = rounded(drop);
        if (result.exponent < format.least()) {
            boolean carries = kept == (drop == 0 ? 0 : 1L << format.precision());
            if (!carries || result.exponent < format.least() - 1) {
                tiny(format, kept);
                return;
            }
        }
        finish(kept, drop);
        if (result.exponent > format.greatest()) {
            overflow(format);
        } else if (inexact) {
            flags |= PRECISION;
        }
    }

    private void tiny(Format format, long keptAsNormal) {
        int drop = 64 - format.precision();
        if ((masked & UNDERFLOW) == 0) {
            flags |= UNDERFLOW | (inexact ? PRECISION : 0);
            finish(keptAsNormal, drop);
            result.exponent += WRAP;
            if (result.exponent < format.least()) {
                flags |= PRECISION;
                roundedUp = false;
                result.setZero(result.negative);
            }
            return;
        }
        if (flushToZero) {
            flags |= UNDERFLOW | PRECISION;
            result.setZero(result.negative);
            return;
        }
        drop += format.least() - result.exponent;
        finish(rounded(drop), drop);
        flags |= inexact ? UNDERFLOW | PRECISION : 0;
    }

    private void overflow(Format format) {
        flags |= OVERFLOW;
        if ((masked & OVERFLOW) == 0) {
            flags |= inexact ? PRECISION : 0;
            result.exponent -= WRAP;
            if (result.exponent > format.greatest()) {
                flags |= PRECISION;
                roundedUp = true;
                result.setInfinite(result.negative);
            }
            return;
        }
        flags |= PRECISION;
        roundedUp = rounding == NEAREST || rounding == (result.negative ? DOWN : UP);
        if (roundedUp) {
            result.setInfinite(result.negative);
        } else {
            result.exponent = format.greatest();
            result.significand = -1L << 64 - format.precision();
        }
    }

    /** The result's significand without its lowest drop bits, rounded: 0 may mean that a carry left its 64 bits. */
    private long rounded(int drop) {
        long significand = result.significand;
        long kept;
        boolean half;
        boolean more = result.low != 0;
        if (drop == 0) {
            kept = significand;
            half = result.low < 0;
            more = result.low << 1 != 0;
        } else if (drop < 64) {
            kept = significand >>> drop;
            half = (significand >>> drop - 1 & 1) != 0;
            more |= (significand & (1L << drop - 1) - 1) != 0;
        } else {
            kept = 0;
            half = drop == 64;
            more |= !half || significand << 1 != 0;
        }
        inexact = half || more;
        roundedUp = switch (rounding) {
            case NEAREST -> half && (more || (kept & 1) != 0);
            case DOWN -> inexact && result.negative;
            case UP -> inexact && !result.negative;
            default -> false;
        };
        return roundedUp ? kept + 1 : kept;
    }

    /** Makes what {@link #rounded} has kept the result's significand. */
    private void finish(long kept, int drop) {
        result.low = 0;
        if (kept != 0) {
            int zeros = Long.numberOfLeadingZeros(kept);
            result.significand = kept << zeros;
            result.exponent += drop - zeros;
        } else if (drop == 0) {
            result.significand = Real.LEADING;
            result.exponent++;
        } else {
            result.setZero(result.negative);
        }
    }
}
