// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.MASK32;
import static dev.synapic.cpu.execute.Operands.RAX;
import static dev.synapic.cpu.execute.Operands.RDX;
import static dev.synapic.cpu.execute.Operands.readE;
import static dev.synapic.cpu.execute.Operands.readRegister;
import static dev.synapic.cpu.execute.Operands.signExtend;
import static dev.synapic.cpu.execute.Operands.writeRegister;
import static dev.synapic.cpu.execute.Operands.writeRegister16;
import static dev.synapic.cpu.execute.Operands.zeroExtend;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;

/**
 * MUL, IMUL, DIV, IDIV. CF and OF tell whether the upper half of a product matters; the flags of a division stay as
 * they were.
 */
public final class Multiplication {
    private Multiplication() {}

    /** The truncated signed product of IMUL with two or three operands. */
    public static long imul(Flags flags, int width, long a, long b) {
        long low = a * b;
        long result = signExtend(low, width);
        boolean lost = width == 8 ? Math.multiplyHigh(a, b) != low >> 63 : result != low;
        flags.result(result, lost, lost);
        return result;
    }

    static void imulGE(Cpu cpu, DecodedInstruction in) {
        long b = readE(cpu, in, in.width());
        writeRegister(
                cpu, in.reg(), in.width(), imul(cpu.flags, in.width(), readRegister(cpu, in.reg(), in.width()), b));
    }

    static void imulGEI(Cpu cpu, DecodedInstruction in) {
        long a = readE(cpu, in, in.width());
        writeRegister(cpu, in.reg(), in.width(), imul(cpu.flags, in.width(), a, in.immediate()));
    }

    /** rDX:rAX (AX for bytes) = rAX * E, unsigned. */
    static void mul(Cpu cpu, DecodedInstruction in) {
        int width = in.width();
        long a = zeroExtend(readRegister(cpu, RAX, width), width);
        long b = zeroExtend(readE(cpu, in, width), width);
        long low = a * b;
        long high = width == 8 ? Math.unsignedMultiplyHigh(a, b) : low >>> width * 8;
        writeProduct(cpu, width, low, high);
        cpu.flags.result(signExtend(low, width), high != 0, high != 0);
    }

    /** rDX:rAX (AX for bytes) = rAX * E, signed. */
    static void imul(Cpu cpu, DecodedInstruction in) {
        int width = in.width();
        long a = readRegister(cpu, RAX, width);
        long b = readE(cpu, in, width);
        long low = a * b;
        long high = width == 8 ? Math.multiplyHigh(a, b) : low >> width * 8;
        writeProduct(cpu, width, low, high);
        long result = signExtend(low, width);
        boolean lost = high != result >> 63;
        cpu.flags.result(result, lost, lost);
    }

    private static void writeProduct(Cpu cpu, int width, long low, long high) {
        if (width == 1) {
            writeRegister16(cpu, RAX, low);
        } else {
            writeRegister(cpu, RAX, width, low);
            writeRegister(cpu, RDX, width, high);
        }
    }

    static void div(Cpu cpu, DecodedInstruction in) {
        int width = in.width();
        long divisor = zeroExtend(readE(cpu, in, width), width);
        if (width == 8) {
            divide128(cpu, divisor);
            return;
        }
        long dividend = width == 1 ? cpu.gpr[RAX] & 0xFFFF : wideDividend(cpu, width);
        if (divisor == 0) {
            throw cpu.fault(CpuException.DE);
        }
        long quotient = Long.divideUnsigned(dividend, divisor);
        if (quotient != zeroExtend(quotient, width)) {
            throw cpu.fault(CpuException.DE);
        }
        writeQuotient(cpu, width, quotient, Long.remainderUnsigned(dividend, divisor));
    }

    static void idiv(Cpu cpu, DecodedInstruction in) {
        int width = in.width();
        long divisor = readE(cpu, in, width);
        if (width == 8) {
            divideSigned128(cpu, divisor);
            return;
        }
        long dividend = width == 1 ? (short) cpu.gpr[RAX] : signExtend(wideDividend(cpu, width), width * 2);
        if (divisor == 0) {
            throw cpu.fault(CpuException.DE);
        }
        long quotient = dividend / divisor;
        // The one quotient that wraps at 64 bits, MIN / -1, does not fit 32 bits: it shows as MIN here.
        if (quotient != signExtend(quotient, width)) {
            throw cpu.fault(CpuException.DE);
        }
        writeQuotient(cpu, width, quotient, dividend % divisor);
    }

    /** DX:AX or EDX:EAX, zero-extended. */
    private static long wideDividend(Cpu cpu, int width) {
        return zeroExtend(cpu.gpr[RDX], width) << width * 8 | zeroExtend(cpu.gpr[RAX], width);
    }

    private static void writeQuotient(Cpu cpu, int width, long quotient, long remainder) {
        switch (width) {
            case 1 -> writeRegister16(cpu, RAX, (remainder & 0xFF) << 8 | quotient & 0xFF);
            case 2 -> {
                writeRegister16(cpu, RAX, quotient);
                writeRegister16(cpu, RDX, remainder);
            }
            case 4 -> {
                cpu.gpr[RAX] = quotient & MASK32;
                cpu.gpr[RDX] = remainder & MASK32;
            }
            default -> {
                cpu.gpr[RAX] = quotient;
                cpu.gpr[RDX] = remainder;
            }
        }
    }

    private static void divide128(Cpu cpu, long divisor) {
        long high = cpu.gpr[RDX];
        long low = cpu.gpr[RAX];
        // Where the upper half is not below the divisor (so for 0, too), the quotient needs more than 64 bits.
        if (Long.compareUnsigned(high, divisor) >= 0) {
            throw cpu.fault(CpuException.DE);
        }
        long quotient = quotient128(high, low, divisor);
        writeQuotient(cpu, 8, quotient, low - quotient * divisor);
    }

    private static void divideSigned128(Cpu cpu, long divisor) {
        long high = cpu.gpr[RDX];
        long low = cpu.gpr[RAX];
        boolean negative = high < 0;
        long magnitudeLow = negative ? -low : low;
        long magnitudeHigh = negative ? ~high + (low == 0 ? 1 : 0) : high;
        long magnitude = Math.abs(divisor);
        if (Long.compareUnsigned(magnitudeHigh, magnitude) >= 0) {
            throw cpu.fault(CpuException.DE);
        }
        long unsigned = quotient128(magnitudeHigh, magnitudeLow, magnitude);
        long quotient = negative != divisor < 0 ? -unsigned : unsigned;
        if (unsigned != 0 && quotient < 0 != (negative != divisor < 0)) {
            throw cpu.fault(CpuException.DE);
        }
        writeQuotient(cpu, 8, quotient, low - quotient * divisor);
    }

    /** high:low / divisor, unsigned, where high is below divisor: schoolbook division, one bit at a time. */
    static long quotient128(long high, long low, long divisor) {
        if (high == 0) {
            return Long.divideUnsigned(low, divisor);
        }
        long remainder = high;
        long quotient = 0;
        for (int bit = 63; bit >= 0; bit--) {
            boolean overflow = remainder < 0;
            remainder = remainder << 1 | low >>> bit & 1;
            quotient <<= 1;
            if (overflow || Long.compareUnsigned(remainder, divisor) >= 0) {
                remainder -= divisor;
                quotient |= 1;
            }
        }
        return quotient;
    }
}
