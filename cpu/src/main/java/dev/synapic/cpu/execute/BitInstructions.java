// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.readE;
import static dev.synapic.cpu.execute.Operands.readG;
import static dev.synapic.cpu.execute.Operands.readMemory;
import static dev.synapic.cpu.execute.Operands.readMemoryForWrite;
import static dev.synapic.cpu.execute.Operands.readRegister;
import static dev.synapic.cpu.execute.Operands.writeG;
import static dev.synapic.cpu.execute.Operands.writeMemory;
import static dev.synapic.cpu.execute.Operands.writeRegister;
import static dev.synapic.cpu.execute.Operands.zeroExtend;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;

/** BT, BTS, BTR, BTC, BSF, BSR, TZCNT, LZCNT, POPCNT, CRC32. */
public final class BitInstructions {
    private static final int CRC32C_POLYNOMIAL_REVERSED = 0x82F6_3B78;

    private BitInstructions() {}

    // ---- bit tests: CF is the old bit, other flags stay -------------------------------------------------------------

    public static long bt(Flags flags, int width, long a, long b) {
        long bit = 1L << (b & width * 8 - 1);
        flags.replace(Flags.CF, (a & bit) != 0 ? Flags.CF : 0);
        return a;
    }

    public static long bts(Flags flags, int width, long a, long b) {
        bt(flags, width, a, b);
        return a | 1L << (b & width * 8 - 1);
    }

    public static long btr(Flags flags, int width, long a, long b) {
        bt(flags, width, a, b);
        return a & ~(1L << (b & width * 8 - 1));
    }

    public static long btc(Flags flags, int width, long a, long b) {
        bt(flags, width, a, b);
        return a ^ 1L << (b & width * 8 - 1);
    }

    /** BT: reads only. */
    static Handler test(String form) {
        return form.equals("E,G")
                ? (cpu, in) -> bt(cpu.flags, in.width(), readBitString(cpu, in), readG(cpu, in, in.width()))
                : (cpu, in) -> bt(cpu.flags, in.width(), readE(cpu, in, in.width()), in.immediate());
    }

    private static long readBitString(Cpu cpu, DecodedInstruction in) {
        return in.memory()
                ? readMemory(cpu, bitStringAddress(cpu, in, false), in.width())
                : readRegister(cpu, in.rm(), in.width());
    }

    /**
     * BTS, BTR, BTC; an immediate bit number stays within the operand, one in a register reaches over all of memory.
     */
    static Handler update(Operation operation, DecodedInstruction in, String form) {
        if (!form.equals("E,G") || !in.memory()) {
            return Updates.handler(operation, in, form);
        }
        if (in.lock()) {
            return (cpu, i) -> Updates.updateLocked(
                    cpu, bitStringAddress(cpu, i, true), i.width(), operation, readG(cpu, i, i.width()));
        }
        return (cpu, i) -> {
            long linear = bitStringAddress(cpu, i, true);
            long a = readMemoryForWrite(cpu, linear, i.width());
            writeMemory(cpu, linear, i.width(), operation.apply(cpu.flags, i.width(), a, readG(cpu, i, i.width())));
        };
    }

    /**
     * Address of the word, as wide as the operand, that holds the bit whose signed number is in G (SDM vol. 2A,
     * 3.1.1.9).
     */
    private static long bitStringAddress(Cpu cpu, DecodedInstruction in, boolean write) {
        int width = in.width();
        long words = readG(cpu, in, width) >> (width == 8 ? 6 : width == 4 ? 5 : 4);
        long offset = zeroExtend(cpu.effectiveAddress(in) + words * width, in.addressSize());
        return cpu.linear(in.segment(), offset, width, write);
    }

    // ---- scans and counts -------------------------------------------------------------------------------------------

    /** A zero source sets ZF and leaves the target alone (the SDM calls its content undefined). */
    static void bsf(Cpu cpu, DecodedInstruction in) {
        long source = zeroExtend(readE(cpu, in, in.width()), in.width());
        scan(cpu, in, source, Long.numberOfTrailingZeros(source));
    }

    static void bsr(Cpu cpu, DecodedInstruction in) {
        long source = zeroExtend(readE(cpu, in, in.width()), in.width());
        scan(cpu, in, source, 63 - Long.numberOfLeadingZeros(source));
    }

    private static void scan(Cpu cpu, DecodedInstruction in, long source, int index) {
        if (source != 0) {
            writeG(cpu, in, in.width(), index);
        }
        cpu.flags.logic(source == 0 ? 0 : 1);
    }

    static void tzcnt(Cpu cpu, DecodedInstruction in) {
        long source = zeroExtend(readE(cpu, in, in.width()), in.width());
        int count = source == 0 ? in.width() * 8 : Long.numberOfTrailingZeros(source);
        writeG(cpu, in, in.width(), count);
        cpu.flags.result(count, source == 0, false);
    }

    static void lzcnt(Cpu cpu, DecodedInstruction in) {
        long source = zeroExtend(readE(cpu, in, in.width()), in.width());
        int count = Long.numberOfLeadingZeros(source) - (64 - in.width() * 8);
        writeG(cpu, in, in.width(), count);
        cpu.flags.result(count, source == 0, false);
    }

    /** Clears all flags but ZF. */
    static void popcnt(Cpu cpu, DecodedInstruction in) {
        long source = zeroExtend(readE(cpu, in, in.width()), in.width());
        writeG(cpu, in, in.width(), Long.bitCount(source));
        cpu.flags.setBits(source == 0 ? Flags.ZF : 0);
    }

    /** RDRAND and RDSEED: there is always a number (CF set). */
    static void random(Cpu cpu, DecodedInstruction in) {
        writeRegister(cpu, in.rm(), in.operandSize(), cpu.ports.platform().random());
        cpu.flags.setBits(Flags.CF);
    }

    /** Target is 64 bits wide with REX.W, else 32 (SDM vol. 2A, "CRC32"). */
    static void crc32(Cpu cpu, DecodedInstruction in) {
        int target = in.operandSize() == 8 ? 8 : 4;
        long source = readE(cpu, in, in.width());
        writeRegister(cpu, in.reg(), target, crc32c((int) cpu.gpr[in.reg()], source, in.width()) & Operands.MASK32);
    }

    /** CRC-32C of width bytes of data, lowest byte first. */
    public static int crc32c(int crc, long data, int width) {
        int remainder = crc;
        for (int bit = 0; bit < width * 8; bit++) {
            int low = (remainder ^ (int) (data >>> bit)) & 1;
            remainder = remainder >>> 1 ^ -low & CRC32C_POLYNOMIAL_REVERSED;
        }
        return remainder;
    }
}
