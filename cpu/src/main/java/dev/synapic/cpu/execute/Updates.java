// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.RCX;
import static dev.synapic.cpu.execute.Operands.readE;
import static dev.synapic.cpu.execute.Operands.readG;
import static dev.synapic.cpu.execute.Operands.readMemoryForWrite;
import static dev.synapic.cpu.execute.Operands.readRegister;
import static dev.synapic.cpu.execute.Operands.writeG;
import static dev.synapic.cpu.execute.Operands.writeMemory;
import static dev.synapic.cpu.execute.Operands.writeRegister;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;

/** Handlers, of any width, around an {@link Operation}: where its operands come from and where its result goes. */
final class Updates {
    private Updates() {}

    /** The handler for operands as the opcode map writes them: "E", "E,G", "E,I", "E,CL", "G,E". */
    static Handler handler(Operation operation, DecodedInstruction in, String form) {
        if (in.lock()) {
            return locked(operation, form);
        }
        return switch (form) {
            case "E", "E,I" -> (cpu, i) -> update(cpu, i, operation, i.immediate());
            case "E,G" -> (cpu, i) -> update(cpu, i, operation, readG(cpu, i, i.width()));
            case "E,CL" -> (cpu, i) -> update(cpu, i, operation, cpu.gpr[RCX] & 0xFF);
            case "G,E" -> (cpu, i) -> updateG(cpu, i, operation);
            default -> throw new IllegalArgumentException(form);
        };
    }

    private static Handler locked(Operation operation, String form) {
        return switch (form) {
            case "E", "E,I" -> (cpu, i) -> updateLocked(cpu, i, operation, i.immediate());
            case "E,G" -> (cpu, i) -> updateLocked(cpu, i, operation, readG(cpu, i, i.width()));
            default -> throw new IllegalArgumentException("LOCK " + form);
        };
    }

    /** As {@link #handler} for what keeps only the flags: CMP, TEST. */
    static Handler comparison(Operation operation, String form) {
        return switch (form) {
            case "E,I" -> (cpu, i) -> operation.apply(cpu.flags, i.width(), readE(cpu, i, i.width()), i.immediate());
            case "E,G" ->
                (cpu, i) -> operation.apply(cpu.flags, i.width(), readE(cpu, i, i.width()), readG(cpu, i, i.width()));
            case "G,E" ->
                (cpu, i) -> operation.apply(cpu.flags, i.width(), readG(cpu, i, i.width()), readE(cpu, i, i.width()));
            default -> throw new IllegalArgumentException(form);
        };
    }

    private static void update(Cpu cpu, DecodedInstruction in, Operation operation, long b) {
        int width = in.width();
        if (in.memory()) {
            long linear = cpu.address(in, width, true);
            long a = readMemoryForWrite(cpu, linear, width);
            writeMemory(cpu, linear, width, operation.apply(cpu.flags, width, a, b));
        } else {
            writeRegister(cpu, in.rm(), width, operation.apply(cpu.flags, width, readRegister(cpu, in.rm(), width), b));
        }
    }

    private static void updateG(Cpu cpu, DecodedInstruction in, Operation operation) {
        int width = in.width();
        long b = readE(cpu, in, width);
        writeG(cpu, in, width, operation.apply(cpu.flags, width, readG(cpu, in, width), b));
    }

    private static void updateLocked(Cpu cpu, DecodedInstruction in, Operation operation, long b) {
        updateLocked(cpu, cpu.address(in, in.width(), true), in.width(), operation, b);
    }

    /** Repeats the operation until nobody has changed its operand meanwhile; returns the old value. */
    static long updateLocked(Cpu cpu, long linear, int width, Operation operation, long b) {
        Flags flags = cpu.flags;
        boolean carry = flags.carry();
        while (true) {
            long a = readMemoryForWrite(cpu, linear, width);
            if (cpu.memory.compareAndSet(linear, width, a, operation.apply(flags, width, a, b))) {
                return a;
            }
            flags.replace(Flags.CF, carry ? Flags.CF : 0);
        }
    }
}
