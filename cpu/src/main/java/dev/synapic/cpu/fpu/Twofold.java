// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.fpu;

/**
 * An unevaluated sum of two doubles, good for about 104 bits: what the transcendental functions calculate with (Dekker, "A
 * floating-point technique for extending the available precision", 1971).
 */
record Twofold(double high, double low) {
    static final Twofold ZERO = new Twofold(0, 0);
    static final Twofold ONE = new Twofold(1, 0);
    static final Twofold LN2 = new Twofold(0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56);
    static final Twofold HALF_PI = new Twofold(0x1.921fb54442d18p0, 0x1.1a62633145c07p-54);

    /** A significand with its top bit set, as a number from 1 to 2. */
    static Twofold ofSignificand(long significand) {
        double high = (significand >>> 11) * 0x1p-52;
        return new Twofold(high, (significand & 0x7FF) * 0x1p-63);
    }

    private static Twofold sum(double a, double b) {
        double sum = a + b;
        double part = sum - a;
        return new Twofold(sum, a - (sum - part) + (b - part));
    }

    Twofold plus(Twofold other) {
        Twofold highs = sum(high, other.high);
        Twofold lows = sum(low, other.low);
        Twofold first = sum(highs.high, highs.low + lows.high);
        return sum(first.high, first.low + lows.low);
    }

    Twofold minus(Twofold other) {
        return plus(other.negated());
    }

    Twofold negated() {
        return new Twofold(-high, -low);
    }

    Twofold times(Twofold other) {
        double product = high * other.high;
        double rest = Math.fma(high, other.high, -product) + (high * other.low + low * other.high);
        return sum(product, rest);
    }

    Twofold times(double factor) {
        return times(new Twofold(factor, 0));
    }

    Twofold over(Twofold other) {
        double quotient = high / other.high;
        Twofold rest = minus(other.times(quotient));
        double second = rest.high / other.high;
        double third = rest.minus(other.times(second)).high / other.high;
        return sum(quotient, second).plus(new Twofold(third, 0));
    }

    // ---- series
    // --------------------------------------------------------------------------------------------------------------

    /** e^x - 1 for |x| below 1, by its Taylor series. */
    Twofold exponentialLessOne() {
        Twofold sum = ZERO;
        for (int n = 28; n >= 1; n--) {
            sum = ONE.plus(sum).times(this).over(new Twofold(n, 0));
        }
        return sum;
    }

    /** Twice the inverse hyperbolic tangent, |x| below 0.18: the natural logarithm of (1 + x) / (1 - x). */
    Twofold logarithmOfRatio() {
        Twofold square = times(this);
        Twofold sum = ZERO;
        for (int n = 41; n >= 1; n -= 2) {
            sum = sum.times(square).plus(ONE.over(new Twofold(n, 0)));
        }
        return sum.times(this).times(2);
    }

    /** For |x| up to a quarter of pi. */
    Twofold sine() {
        return trigonometric(27).times(this);
    }

    Twofold cosine() {
        return trigonometric(28);
    }

    /** 1 - x^2 / (n (n - 1)) * (1 - ...), from the last n downwards. */
    private Twofold trigonometric(int last) {
        Twofold square = times(this).negated();
        Twofold sum = ONE;
        for (int n = last; n > 1; n -= 2) {
            sum = ONE.plus(sum.times(square).over(new Twofold((double) n * (n - 1), 0)));
        }
        return sum;
    }
}
