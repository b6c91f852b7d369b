// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.readRegister8;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;
import org.jspecify.annotations.Nullable;

/** The byte forms that code is full of: CMP and TEST. Names as in {@link Arithmetic32}. */
final class Arithmetic8 {
    private Arithmetic8() {}

    /** The handler for a mnemonic and a form such as "MI", or null where there is no special one. */
    static @Nullable Handler form(String mnemonic, String form) {
        return switch (mnemonic + " " + form) {
            case "CMP RR" -> Arithmetic8::cmpRR;
            case "CMP RI" -> Arithmetic8::cmpRI;
            case "CMP RM" -> Arithmetic8::cmpRM;
            case "CMP MR" -> Arithmetic8::cmpMR;
            case "CMP MI" -> Arithmetic8::cmpMI;
            case "TEST RR" -> Arithmetic8::testRR;
            case "TEST RI" -> Arithmetic8::testRI;
            case "TEST MI" -> Arithmetic8::testMI;
            default -> null;
        };
    }

    private static byte memory(Cpu cpu, DecodedInstruction in) {
        return (byte) cpu.memory.read8(cpu.address(in, 1, false));
    }

    private static void compare(Cpu cpu, byte a, byte b) {
        cpu.flags.sub(a, b, (byte) (a - b));
    }

    static void cmpRR(Cpu cpu, DecodedInstruction in) {
        compare(cpu, readRegister8(cpu, in.rm()), readRegister8(cpu, in.reg()));
    }

    static void cmpRI(Cpu cpu, DecodedInstruction in) {
        compare(cpu, readRegister8(cpu, in.rm()), (byte) in.immediate());
    }

    static void cmpRM(Cpu cpu, DecodedInstruction in) {
        compare(cpu, readRegister8(cpu, in.reg()), memory(cpu, in));
    }

    static void cmpMR(Cpu cpu, DecodedInstruction in) {
        compare(cpu, memory(cpu, in), readRegister8(cpu, in.reg()));
    }

    static void cmpMI(Cpu cpu, DecodedInstruction in) {
        compare(cpu, memory(cpu, in), (byte) in.immediate());
    }

    static void testRR(Cpu cpu, DecodedInstruction in) {
        cpu.flags.logic(readRegister8(cpu, in.rm()) & readRegister8(cpu, in.reg()));
    }

    static void testRI(Cpu cpu, DecodedInstruction in) {
        cpu.flags.logic(readRegister8(cpu, in.rm()) & (byte) in.immediate());
    }

    static void testMI(Cpu cpu, DecodedInstruction in) {
        cpu.flags.logic(memory(cpu, in) & (byte) in.immediate());
    }
}
