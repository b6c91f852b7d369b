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

    /** One step at offsets source (in.segment) and target (ES). */
    @FunctionalInterface
    private interface Step {
        void run(Cpu cpu, DecodedInstruction in, long source, long target);
    }

    // ---- MOVS, STOS, LODS -------------------------------------------------------------------------------------------

    static void movs(Cpu cpu, DecodedInstruction in) {
        repeat(cpu, in, StringInstructions::move, true, true);
    }

    private static void move(Cpu cpu, DecodedInstruction in, long source, long target) {
        int width = in.width;
        long value = readMemory(cpu, cpu.linear(in.segment, source, width, false), width);
        writeMemory(cpu, cpu.linear(DecodedInstruction.ES, target, width, true), width, value);
    }

    static void stos(Cpu cpu, DecodedInstruction in) {
        repeat(cpu, in, StringInstructions::store, false, true);
    }

    private static void store(Cpu cpu, DecodedInstruction in, long source, long target) {
        int width = in.width;
        writeMemory(cpu, cpu.linear(DecodedInstruction.ES, target, width, true), width, cpu.gpr[RAX]);
    }

    static void lods(Cpu cpu, DecodedInstruction in) {
        repeat(cpu, in, StringInstructions::load, true, false);
    }

    private static void load(Cpu cpu, DecodedInstruction in, long source, long target) {
        int width = in.width;
        writeRegister(cpu, RAX, width, readMemory(cpu, cpu.linear(in.segment, source, width, false), width));
    }

    /** Runs a step once, or rCX times. The registers are written even when a step throws. */
    private static void repeat(Cpu cpu, DecodedInstruction in, Step step, boolean usesSource, boolean usesTarget) {
        boolean repeated = in.rep || in.repne;
        int size = in.addressSize;
        long count = repeated ? zeroExtend(cpu.gpr[RCX], size) : 1;
        if (count == 0) {
            return;
        }
        long delta = cpu.flags.direction ? -in.width : in.width;
        long source = zeroExtend(cpu.gpr[RSI], size);
        long target = zeroExtend(cpu.gpr[RDI], size);
        long left = count;
        long stop = Long.compareUnsigned(count, ITERATIONS_PER_CALL) <= 0 ? 0 : count - ITERATIONS_PER_CALL;
        try {
            while (left != stop) {
                step.run(cpu, in, source, target);
                source = zeroExtend(source + delta, size);
                target = zeroExtend(target + delta, size);
                left--;
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

    /** Leaves RIP on the instruction. */
    private static void again(Cpu cpu, DecodedInstruction in) {
        cpu.rip = cpu.nextRip(in) - in.length;
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
        boolean repeated = in.rep || in.repne;
        int size = in.addressSize;
        int width = in.width;
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
            for (int step = 0; step < ITERATIONS_PER_CALL && more; step++) {
                if (usesSource) {
                    a = readMemory(cpu, cpu.linear(in.segment, source, width, false), width);
                }
                b = readMemory(cpu, cpu.linear(DecodedInstruction.ES, target, width, false), width);
                source = zeroExtend(source + delta, size);
                target = zeroExtend(target + delta, size);
                left--;
                more = repeated && left != 0 && a == b == in.rep;
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
