// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.RAX;
import static dev.synapic.cpu.execute.Operands.RCX;
import static dev.synapic.cpu.execute.Operands.RDI;
import static dev.synapic.cpu.execute.Operands.RSI;
import static dev.synapic.cpu.execute.Operands.readMemory;
import static dev.synapic.cpu.execute.Operands.readRegister;
import static dev.synapic.cpu.execute.Operands.writeMemory;
import static dev.synapic.cpu.execute.Operands.writeRegister;
import static dev.synapic.cpu.execute.Operands.zeroExtend;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;

/**
 * MOVS, STOS, LODS, SCAS, CMPS, with and without repetition (SDM vol. 2B, "REP").
 *
 * <p>A repetition does at most {@link #ITERATIONS_PER_CALL} steps per call and then leaves RIP on itself, so that
 * interrupts get through. When a step faults, the registers show the steps before it and the instruction starts again
 * from there; the flags of SCAS and CMPS are then those from before the instruction.
 */
final class StringInstructions {
    static final int ITERATIONS_PER_CALL = 4096;

    private StringInstructions() {}

    /** One step at offsets source (in.segment()) and target (ES). */
    @FunctionalInterface
    private interface Step {
        void run(Cpu cpu, DecodedInstruction in, long source, long target);
    }

    /** As many steps upwards as lie in a page, bytes at most; returns bytes done, 0 where it must go step by step. */
    @FunctionalInterface
    private interface Bulk {
        int run(Cpu cpu, DecodedInstruction in, long source, long target, int bytes);
    }

    private static final Bulk NONE = (cpu, in, source, target, bytes) -> 0;

    // ---- MOVS, STOS, LODS -------------------------------------------------------------------------------------------

    static void movs(Cpu cpu, DecodedInstruction in) {
        repeat(cpu, in, StringInstructions::move, StringInstructions::moveMany, true, true);
    }

    private static void move(Cpu cpu, DecodedInstruction in, long source, long target) {
        int width = in.width();
        long value = readMemory(cpu, cpu.linear(in.segment(), source, width, false), width);
        writeMemory(cpu, cpu.linear(DecodedInstruction.ES, target, width, true), width, value);
    }

    static void stos(Cpu cpu, DecodedInstruction in) {
        repeat(cpu, in, StringInstructions::store, StringInstructions::storeMany, false, true);
    }

    private static void store(Cpu cpu, DecodedInstruction in, long source, long target) {
        int width = in.width();
        writeMemory(cpu, cpu.linear(DecodedInstruction.ES, target, width, true), width, cpu.gpr[RAX]);
    }

    static void lods(Cpu cpu, DecodedInstruction in) {
        repeat(cpu, in, StringInstructions::load, NONE, true, false);
    }

    private static void load(Cpu cpu, DecodedInstruction in, long source, long target) {
        int width = in.width();
        writeRegister(cpu, RAX, width, readMemory(cpu, cpu.linear(in.segment(), source, width, false), width));
    }

    private static int moveMany(Cpu cpu, DecodedInstruction in, long source, long target, int bytes) {
        int readable = accessible(cpu, in, in.segment(), source, bytes, false);
        int length = accessible(cpu, in, DecodedInstruction.ES, target, readable, true);
        if (length < in.width()) {
            return 0;
        }
        long from = cpu.linear(in.segment(), source, length, false);
        return cpu.memory.copy(from, cpu.linear(DecodedInstruction.ES, target, length, true), length, in.width());
    }

    private static int storeMany(Cpu cpu, DecodedInstruction in, long source, long target, int bytes) {
        int length = accessible(cpu, in, DecodedInstruction.ES, target, bytes, true);
        if (length < in.width()) {
            return 0;
        }
        long to = cpu.linear(DecodedInstruction.ES, target, length, true);
        return cpu.memory.fill(to, length, zeroExtend(cpu.gpr[RAX], in.width()), in.width());
    }

    /** How many of so many bytes from an offset on are within the segment, and do not wrap around. */
    private static int accessible(Cpu cpu, DecodedInstruction in, int segment, long offset, int bytes, boolean write) {
        long last = in.addressSize() == 8 ? Long.MAX_VALUE : in.addressSize() == 4 ? 0xFFFF_FFFFL : 0xFFFF;
        if (!cpu.in64BitMode()) {
            last = Math.min(last, write ? cpu.segments.writeLimit(segment) : cpu.segments.readLimit(segment));
        } else if (in.addressSize() == 8) {
            return bytes;
        }
        return Math.clamp(last - offset + 1, 0, bytes);
    }

    /** Runs a step once, or rCX times. The registers are written even when a step throws. */
    private static void repeat(
            Cpu cpu, DecodedInstruction in, Step step, Bulk bulk, boolean usesSource, boolean usesTarget) {
        boolean repeated = in.rep() || in.repne();
        int size = in.addressSize();
        long count = repeated ? zeroExtend(cpu.gpr[RCX], size) : 1;
        if (count == 0) {
            return;
        }
        long delta = cpu.flags.direction ? -in.width() : in.width();
        long source = zeroExtend(cpu.gpr[RSI], size);
        long target = zeroExtend(cpu.gpr[RDI], size);
        long left = count;
        int most = most(cpu);
        long stop = Long.compareUnsigned(count, most) <= 0 ? 0 : count - most;
        try {
            while (left != stop) {
                int bytes = delta > 0 && left - stop > 1
                        ? bulk.run(cpu, in, source, target, (int) (left - stop) * in.width())
                        : 0;
                if (bytes == 0) {
                    step.run(cpu, in, source, target);
                    bytes = in.width();
                }
                long moved = delta > 0 ? bytes : -bytes;
                source = zeroExtend(source + moved, size);
                target = zeroExtend(target + moved, size);
                left -= bytes / in.width();
            }
        } finally {
            if (usesSource) {
                writeRegister(cpu, RSI, size, source);
            }
            if (usesTarget) {
                writeRegister(cpu, RDI, size, target);
            }
            if (repeated) {
                writeRegister(cpu, RCX, size, left);
            }
        }
        if (left != 0) {
            again(cpu, in);
        }
    }

    /** Debug exceptions come behind each iteration (SDM vol. 3B, 18.3.1.4). */
    private static int most(Cpu cpu) {
        return cpu.debug.active() ? 1 : ITERATIONS_PER_CALL;
    }

    /** Leaves RIP on the instruction. */
    private static void again(Cpu cpu, DecodedInstruction in) {
        cpu.rip = cpu.nextRip(in) - in.length();
    }

    // ---- SCAS, CMPS -------------------------------------------------------------------------------------------------

    static void scas(Cpu cpu, DecodedInstruction in) {
        compare(cpu, in, false);
    }

    static void cmps(Cpu cpu, DecodedInstruction in) {
        compare(cpu, in, true);
    }

    /** CMPS compares source with target, SCAS the accumulator with target. F3 goes on while equal, F2 while not. */
    private static void compare(Cpu cpu, DecodedInstruction in, boolean usesSource) {
        boolean repeated = in.rep() || in.repne();
        int size = in.addressSize();
        int width = in.width();
        long left = repeated ? zeroExtend(cpu.gpr[RCX], size) : 1;
        if (left == 0) {
            return;
        }
        long delta = cpu.flags.direction ? -width : width;
        long source = zeroExtend(cpu.gpr[RSI], size);
        long target = zeroExtend(cpu.gpr[RDI], size);
        long a = readRegister(cpu, RAX, width);
        long b = 0;
        boolean more = true;
        try {
            for (int step = most(cpu); step > 0 && more; step--) {
                if (usesSource) {
                    a = readMemory(cpu, cpu.linear(in.segment(), source, width, false), width);
                }
                b = readMemory(cpu, cpu.linear(DecodedInstruction.ES, target, width, false), width);
                source = zeroExtend(source + delta, size);
                target = zeroExtend(target + delta, size);
                left--;
                more = repeated && left != 0 && a == b == in.rep();
            }
        } finally {
            writeRegister(cpu, RDI, size, target);
            if (usesSource) {
                writeRegister(cpu, RSI, size, source);
            }
            if (repeated) {
                writeRegister(cpu, RCX, size, left);
            }
        }
        Arithmetic.sub(cpu.flags, width, a, b);
        if (more) {
            again(cpu, in);
        }
    }
}
