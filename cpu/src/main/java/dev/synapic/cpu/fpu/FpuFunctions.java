// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.fpu;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.softfloat.Format;
import dev.synapic.cpu.softfloat.Real;
import dev.synapic.cpu.softfloat.SoftFloat;
import dev.synapic.cpu.state.FpuRegisters;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.function.Consumer;

/**
 * F2XM1, FYL2X, FYL2XP1, FSIN, FCOS, FSINCOS, FPTAN, FPATAN, evaluated to about 100 bits and rounded once. No manual says what the last
 * place is; SDM vol. 1, 8.3.10 allows an error of 1 ulp. PE is set with every result that is no special value.
 */
final class FpuFunctions {
    /** SDM vol. 1, 8.3.8: the 66 bits of pi that reduce arguments, as a multiple of 2^-66. */
    private static final BigInteger PI = new BigInteger("C90FDAA22168C234C", 16);

    private static final int PI_SCALE = 66;
    /** Exponents below which f(x) is f's first term. */
    private static final int TINY = -70;

    private static final int ONE_TOP = 0x3FFF;

    private FpuFunctions() {}

    // ---- 2^x - 1, y * log2 x
    // -------------------------------------------------------------------------------------------------

    static void f2xm1(Cpu cpu, DecodedInstruction in) {
        SoftFloat floats = FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        if (FpuAccess.underflows(cpu, 0)) {
            return;
        }
        FpuAccess.load(cpu, floats.a, cpu.fpu.index(0));
        floats.convert();
        Real a = floats.a;
        if (a.kind == Real.INFINITE && a.negative) {
            floats.result.setLong(-1);
        } else if (a.kind == Real.FINITE && (a.exponent > 0 || a.exponent == 0 && a.significand != Long.MIN_VALUE)) {
            // Outside -1 to 1 the result is undefined.
            floats.flags |= SoftFloat.PRECISION;
        } else if (a.kind == Real.FINITE) {
            boolean tiny = a.exponent < TINY;
            Twofold x = signed(a).times(Math.scalb(1.0, tiny ? 0 : a.exponent)).times(Twofold.LN2);
            put(floats, tiny ? x : x.exponentialLessOne(), tiny ? a.exponent : 0);
        }
        floats.round(Format.EXTENDED);
        FpuAccess.store(cpu, floats, 0);
    }

    static void fyl2x(Cpu cpu, DecodedInstruction in) {
        binary(cpu, in, FpuFunctions::timesLogarithm);
    }

    static void fyl2xp1(Cpu cpu, DecodedInstruction in) {
        binary(cpu, in, FpuFunctions::timesLogarithmOfOneMore);
    }

    static void fpatan(Cpu cpu, DecodedInstruction in) {
        binary(cpu, in, FpuFunctions::arctangent);
    }

    /** Makes a result of a = ST(1) and b = ST(0), puts it into ST(1) and pops. */
    private static void binary(Cpu cpu, DecodedInstruction in, Consumer<SoftFloat> function) {
        SoftFloat floats = FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        if (FpuAccess.underflows(cpu, 0, 1) || FpuAccess.underflows(cpu, 1)) {
            if ((cpu.fpu.masked() & SoftFloat.INVALID) != 0) {
                FpuAccess.setIndefinite(cpu, 1);
                cpu.fpu.pop();
            }
            return;
        }
        FpuAccess.load(cpu, floats.a, cpu.fpu.index(1));
        FpuAccess.load(cpu, floats.b, cpu.fpu.index(0));
        if (!floats.nan()) {
            function.accept(floats);
            floats.round(Format.EXTENDED);
        }
        if (FpuAccess.store(cpu, floats, 1)) {
            cpu.fpu.pop();
        }
    }

    /** SDM vol. 2A, table 3-59. */
    private static void timesLogarithm(SoftFloat floats) {
        Real y = floats.a;
        Real x = floats.b;
        boolean isOne = x.kind == Real.FINITE && x.exponent == 0 && x.significand == Long.MIN_VALUE;
        boolean logarithmNegative = x.kind == Real.ZERO || x.kind == Real.FINITE && x.exponent < 0;
        if (x.negative && x.kind != Real.ZERO
                || y.kind == Real.ZERO && x.kind != Real.FINITE
                || y.kind == Real.INFINITE && isOne) {
            floats.invalid();
            return;
        }
        boolean negative = y.negative != logarithmNegative;
        if (x.kind == Real.ZERO && y.kind == Real.FINITE) {
            floats.flags |= SoftFloat.ZERO_DIVIDE;
            floats.result.setInfinite(negative);
            return;
        }
        floats.noteDenormals();
        if (y.kind == Real.INFINITE || x.kind != Real.FINITE) {
            floats.result.setInfinite(negative);
        } else if (y.kind == Real.ZERO || isOne) {
            floats.result.setZero(negative);
        } else {
            product(floats, y, binaryLogarithm(x));
        }
    }

    private static Twofold binaryLogarithm(Real x) {
        return binaryLogarithm(Twofold.ofSignificand(x.significand), x.exponent);
    }

    private static Twofold binaryLogarithm(Twofold number, int scale) {
        int shift = Math.getExponent(number.high() * 0x1.6a09e6p-1 * 2);
        Twofold significand = number.times(Math.scalb(1.0, -shift));
        int exponent = scale + shift;
        Twofold ratio = significand.minus(Twofold.ONE).over(significand.plus(Twofold.ONE));
        return ratio.logarithmOfRatio().over(Twofold.LN2).plus(new Twofold(exponent, 0));
    }

    private static void timesLogarithmOfOneMore(SoftFloat floats) {
        Real y = floats.a;
        Real x = floats.b;
        boolean negative = y.negative != x.negative;
        if (y.kind == Real.INFINITE && x.kind == Real.ZERO
                || x.kind == Real.INFINITE && (x.negative || y.kind == Real.ZERO)) {
            floats.invalid();
            return;
        }
        floats.noteDenormals();
        if (y.kind == Real.INFINITE || x.kind == Real.INFINITE) {
            floats.result.setInfinite(negative);
        } else if (y.kind == Real.ZERO || x.kind == Real.ZERO) {
            floats.result.setZero(negative);
        } else if (x.exponent < TINY) {
            int exponent = x.exponent;
            product(floats, y, signed(x).over(Twofold.LN2));
            floats.result.exponent += exponent;
        } else if (x.exponent >= -2) {
            farFromOne(floats, y, x);
        } else {
            Twofold small = signed(x).times(Math.scalb(1.0, x.exponent));
            Twofold ratio = small.over(small.plus(new Twofold(2, 0)));
            product(floats, y, ratio.logarithmOfRatio().over(Twofold.LN2));
        }
    }

    /** Beyond 1 - sqrt(1/2) the manual leaves the result undefined. */
    private static void farFromOne(SoftFloat floats, Real y, Real x) {
        if (x.negative && x.exponent >= 0) {
            floats.result.set(x);
            floats.flags |= SoftFloat.PRECISION;
        } else if (x.exponent > -TINY) {
            product(floats, y, binaryLogarithm(x));
        } else {
            Twofold number = signed(x).plus(new Twofold(Math.scalb(1.0, -x.exponent), 0));
            product(floats, y, binaryLogarithm(number, x.exponent));
        }
    }

    // ---- angles
    // ----------------------------------------------------------------------------------------------------------------

    static void fsin(Cpu cpu, DecodedInstruction in) {
        trigonometric(cpu, in, true, false, false);
    }

    static void fcos(Cpu cpu, DecodedInstruction in) {
        trigonometric(cpu, in, false, false, false);
    }

    /** The sine replaces ST(0), and the cosine is pushed. */
    static void fsincos(Cpu cpu, DecodedInstruction in) {
        trigonometric(cpu, in, true, true, false);
    }

    /** The tangent replaces ST(0), and 1 is pushed. */
    static void fptan(Cpu cpu, DecodedInstruction in) {
        trigonometric(cpu, in, true, true, true);
    }

    private static void trigonometric(Cpu cpu, DecodedInstruction in, boolean sine, boolean pushes, boolean tangent) {
        SoftFloat floats = FpuAccess.begin(cpu);
        FpuAccess.note(cpu, in);
        FpuRegisters fpu = cpu.fpu;
        fpu.setConditions(FpuRegisters.C2, 0);
        if (pushes ? FpuAccess.cannotSplit(cpu) : FpuAccess.underflows(cpu, 0)) {
            return;
        }
        int top = fpu.signAndExponent(fpu.index(0));
        long significand = fpu.significand(fpu.index(0));
        floats.a.setExtended(top, significand);
        if (floats.a.kind == Real.FINITE && floats.a.exponent >= 63) {
            fpu.setConditions(FpuRegisters.C1 | FpuRegisters.C2, FpuRegisters.C2);
            return;
        }
        boolean number = floats.a.kind <= Real.FINITE;
        Angle angle = angle(floats.a);
        put(floats, angle, sine, tangent);
        floats.round(Format.EXTENDED);
        if (!FpuAccess.store(cpu, floats, 0) || !pushes) {
            return;
        }
        if (tangent && number) {
            FpuAccess.push(cpu, ONE_TOP, Long.MIN_VALUE);
            return;
        }
        floats.a.setExtended(top, significand);
        put(floats, angle, false, false);
        floats.round(Format.EXTENDED);
        FpuAccess.settle(cpu, floats);
        FpuAccess.push(cpu, floats.result.toExtendedTop(), floats.result.toExtendedSignificand());
    }

    /** An angle less a multiple of half of pi, in which the multiple's last two bits are kept. */
    private record Angle(Twofold rest, int quarters) {}

    private static Angle angle(Real a) {
        if (a.kind != Real.FINITE || a.exponent < TINY) {
            return new Angle(Twofold.ZERO, 0);
        }
        if (a.exponent < -1) {
            return new Angle(signed(a).times(Math.scalb(1.0, a.exponent)), 0);
        }
        // In units of 2^-67, of which half of pi has as many as pi has of 2^-66.
        BigInteger units =
                new BigInteger(Long.toUnsignedString(a.significand)).shiftLeft(a.exponent - 63 + PI_SCALE + 1);
        BigInteger quarters = units.shiftLeft(1).add(PI).divide(PI.shiftLeft(1));
        BigInteger rest = units.subtract(quarters.multiply(PI));
        if (a.negative) {
            rest = rest.negate();
            quarters = quarters.negate();
        }
        double high = rest.doubleValue();
        double low = new BigDecimal(rest).subtract(new BigDecimal(high)).doubleValue();
        double unit = Math.scalb(1.0, -PI_SCALE - 1);
        return new Angle(new Twofold(high * unit, low * unit), quarters.intValue() & 3);
    }

    /** Sine, cosine or tangent of a, whose angle has been reduced. */
    private static void put(SoftFloat floats, Angle angle, boolean sine, boolean tangent) {
        Real a = floats.a;
        if (floats.nanAlone()) {
            return;
        }
        if (a.kind == Real.INFINITE) {
            floats.invalid();
            return;
        }
        floats.noteDenormals();
        if (a.kind == Real.ZERO || a.exponent < TINY) {
            floats.flags |= a.kind == Real.ZERO ? 0 : SoftFloat.PRECISION;
            floats.flags |=
                    sine && a.kind == Real.FINITE && a.exponent < Format.EXTENDED.least() ? SoftFloat.UNDERFLOW : 0;
            floats.result.set(a);
            if (!sine) {
                floats.result.setLong(1);
            }
            return;
        }
        if (tangent) {
            Twofold ratio = turned(angle, 0).over(turned(angle, 1));
            put(floats, ratio, 0);
        } else {
            put(floats, turned(angle, sine ? 0 : 1), 0);
        }
    }

    /** The sine of an angle so many quarter turns ahead. */
    private static Twofold turned(Angle angle, int ahead) {
        int quarters = angle.quarters + ahead;
        Twofold value = (quarters & 1) == 0 ? angle.rest.sine() : angle.rest.cosine();
        return (quarters & 2) == 0 ? value : value.negated();
    }

    /** The angle of the point (b, a) (SDM vol. 2A, table 3-31). */
    private static void arctangent(SoftFloat floats) {
        Real y = floats.a;
        Real x = floats.b;
        floats.noteDenormals();
        boolean negative = y.negative;
        boolean left = x.negative;
        int ratio = magnitudeRatio(y, x);
        if (ratio < TINY && !left) {
            if (y.kind == Real.ZERO || x.kind == Real.INFINITE) {
                floats.result.setZero(negative);
            } else {
                floats.a.negative = false;
                floats.divide();
                floats.result.negative = negative;
                floats.flags |= SoftFloat.PRECISION;
            }
            return;
        }
        Twofold angle;
        if (ratio < TINY) {
            angle = Twofold.HALF_PI.times(2);
        } else if (ratio > -TINY) {
            angle = Twofold.HALF_PI;
        } else if (y.kind == Real.INFINITE) {
            angle = Twofold.HALF_PI.times(left ? 1.5 : 0.5);
        } else {
            angle = arctangent(y, x);
        }
        put(floats, negative ? angle.negated() : angle, 0);
    }

    /** Exponent of |y / x|, far away where one of them is zero or infinite, 0 where both are infinite. */
    private static int magnitudeRatio(Real y, Real x) {
        return y.kind == Real.ZERO ? TINY - 1 : magnitude(y) - magnitude(x);
    }

    private static int magnitude(Real real) {
        return real.kind == Real.FINITE ? real.exponent : real.kind == Real.ZERO ? -1 << 20 : 1 << 20;
    }

    /** From Java's own angle, by one step of Newton's. */
    private static Twofold arctangent(Real y, Real x) {
        Twofold height = Twofold.ofSignificand(y.significand).times(Math.scalb(1.0, y.exponent - x.exponent));
        Twofold width = Twofold.ofSignificand(x.significand);
        if (x.negative) {
            width = width.negated();
        }
        double first = Math.atan2(height.high(), width.high());
        int quarters = (int) Math.rint(first / Twofold.HALF_PI.high());
        Angle angle = new Angle(new Twofold(first, 0).minus(Twofold.HALF_PI.times(quarters)), quarters);
        Twofold sine = turned(angle, 0);
        Twofold cosine = turned(angle, 1);
        Twofold across = height.times(cosine).minus(width.times(sine));
        Twofold along = width.times(cosine).plus(height.times(sine));
        return new Twofold(first, 0).plus(across.over(along));
    }

    // ---- there and back
    // ----------------------------------------------------------------------------------------------------------

    /** The number's significand, from 1 to 2, with its sign. */
    private static Twofold signed(Real a) {
        Twofold value = Twofold.ofSignificand(a.significand);
        return a.negative ? value.negated() : value;
    }

    private static void product(SoftFloat floats, Real y, Twofold factor) {
        int exponent = y.exponent;
        put(floats, signed(y).times(factor), exponent);
    }

    /** Makes value * 2^exponent the result, as inexact. */
    private static void put(SoftFloat floats, Twofold value, int exponent) {
        floats.a.setDouble(Double.doubleToRawLongBits(value.high()));
        floats.b.setDouble(Double.doubleToRawLongBits(value.low()));
        int before = floats.flags;
        floats.add();
        floats.flags = before | SoftFloat.PRECISION;
        floats.result.exponent += exponent;
    }
}
