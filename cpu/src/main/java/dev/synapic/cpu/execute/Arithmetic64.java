// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The hottest forms of ADD, SUB, AND, OR, XOR, CMP, TEST, INC and DEC at 64 bits, each small enough to be inlined.
 * Other forms are {@link Updates} around {@link Arithmetic}, and so is what a form means. Names end in the operands: R
 * register, M memory, I immediate, target first.
 */
final class Arithmetic64 {
    private static final Map<String, Handler> FORMS = forms();

    private Arithmetic64() {}

    /** The handler for a mnemonic and a form such as "RM", or null where there is no special one. */
    static @Nullable Handler form(String mnemonic, String form) {
        return FORMS.get(mnemonic + " " + form);
    }

    private static Map<String, Handler> forms() {
        Map<String, Handler> forms = new HashMap<>();
        forms.put("ADD RR", Arithmetic64::addRR);
        forms.put("ADD RI", Arithmetic64::addRI);
        forms.put("ADD RM", Arithmetic64::addRM);
        forms.put("ADD MR", Arithmetic64::addMR);
        forms.put("ADD MI", Arithmetic64::addMI);
        forms.put("SUB RR", Arithmetic64::subRR);
        forms.put("SUB RI", Arithmetic64::subRI);
        forms.put("SUB RM", Arithmetic64::subRM);
        forms.put("SUB MR", Arithmetic64::subMR);
        forms.put("SUB MI", Arithmetic64::subMI);
        forms.put("AND RR", Arithmetic64::andRR);
        forms.put("AND RI", Arithmetic64::andRI);
        forms.put("AND RM", Arithmetic64::andRM);
        forms.put("AND MR", Arithmetic64::andMR);
        forms.put("AND MI", Arithmetic64::andMI);
        forms.put("OR RR", Arithmetic64::orRR);
        forms.put("OR RI", Arithmetic64::orRI);
        forms.put("OR RM", Arithmetic64::orRM);
        forms.put("OR MR", Arithmetic64::orMR);
        forms.put("OR MI", Arithmetic64::orMI);
        forms.put("XOR RR", Arithmetic64::xorRR);
        forms.put("XOR RI", Arithmetic64::xorRI);
        forms.put("XOR RM", Arithmetic64::xorRM);
        forms.put("CMP RR", Arithmetic64::cmpRR);
        forms.put("CMP RI", Arithmetic64::cmpRI);
        forms.put("CMP RM", Arithmetic64::cmpRM);
        forms.put("CMP MR", Arithmetic64::cmpMR);
        forms.put("CMP MI", Arithmetic64::cmpMI);
        forms.put("TEST RR", Arithmetic64::testRR);
        forms.put("TEST RI", Arithmetic64::testRI);
        forms.put("TEST MR", Arithmetic64::testMR);
        forms.put("TEST MI", Arithmetic64::testMI);
        forms.put("INC R", Arithmetic64::incR);
        forms.put("DEC R", Arithmetic64::decR);
        return Map.copyOf(forms);
    }

    static void addRR(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long b = cpu.gpr[in.reg()];
        long result = a + b;
        cpu.gpr[in.rm()] = result;
        cpu.flags.add(a, b, result);
    }

    static void addRI(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long b = in.immediate();
        long result = a + b;
        cpu.gpr[in.rm()] = result;
        cpu.flags.add(a, b, result);
    }

    static void addRM(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.reg()];
        long b = cpu.memory.read64(cpu.address(in, 8, false));
        long result = a + b;
        cpu.gpr[in.reg()] = result;
        cpu.flags.add(a, b, result);
    }

    static void addMR(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 8, true);
        long a = cpu.memory.read64ForWrite(linear);
        long b = cpu.gpr[in.reg()];
        long result = a + b;
        cpu.memory.write64(linear, result);
        cpu.flags.add(a, b, result);
    }

    static void addMI(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 8, true);
        long a = cpu.memory.read64ForWrite(linear);
        long b = in.immediate();
        long result = a + b;
        cpu.memory.write64(linear, result);
        cpu.flags.add(a, b, result);
    }

    static void subRR(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long b = cpu.gpr[in.reg()];
        long result = a - b;
        cpu.gpr[in.rm()] = result;
        cpu.flags.sub(a, b, result);
    }

    static void subRI(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long b = in.immediate();
        long result = a - b;
        cpu.gpr[in.rm()] = result;
        cpu.flags.sub(a, b, result);
    }

    static void subRM(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.reg()];
        long b = cpu.memory.read64(cpu.address(in, 8, false));
        long result = a - b;
        cpu.gpr[in.reg()] = result;
        cpu.flags.sub(a, b, result);
    }

    static void subMR(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 8, true);
        long a = cpu.memory.read64ForWrite(linear);
        long b = cpu.gpr[in.reg()];
        long result = a - b;
        cpu.memory.write64(linear, result);
        cpu.flags.sub(a, b, result);
    }

    static void subMI(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 8, true);
        long a = cpu.memory.read64ForWrite(linear);
        long b = in.immediate();
        long result = a - b;
        cpu.memory.write64(linear, result);
        cpu.flags.sub(a, b, result);
    }

    static void andRR(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long b = cpu.gpr[in.reg()];
        long result = a & b;
        cpu.gpr[in.rm()] = result;
        cpu.flags.logic(result);
    }

    static void andRI(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long b = in.immediate();
        long result = a & b;
        cpu.gpr[in.rm()] = result;
        cpu.flags.logic(result);
    }

    static void andRM(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.reg()];
        long b = cpu.memory.read64(cpu.address(in, 8, false));
        long result = a & b;
        cpu.gpr[in.reg()] = result;
        cpu.flags.logic(result);
    }

    static void andMR(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 8, true);
        long a = cpu.memory.read64ForWrite(linear);
        long b = cpu.gpr[in.reg()];
        long result = a & b;
        cpu.memory.write64(linear, result);
        cpu.flags.logic(result);
    }

    static void andMI(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 8, true);
        long a = cpu.memory.read64ForWrite(linear);
        long b = in.immediate();
        long result = a & b;
        cpu.memory.write64(linear, result);
        cpu.flags.logic(result);
    }

    static void orRR(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long b = cpu.gpr[in.reg()];
        long result = a | b;
        cpu.gpr[in.rm()] = result;
        cpu.flags.logic(result);
    }

    static void orRI(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long b = in.immediate();
        long result = a | b;
        cpu.gpr[in.rm()] = result;
        cpu.flags.logic(result);
    }

    static void orRM(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.reg()];
        long b = cpu.memory.read64(cpu.address(in, 8, false));
        long result = a | b;
        cpu.gpr[in.reg()] = result;
        cpu.flags.logic(result);
    }

    static void orMR(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 8, true);
        long a = cpu.memory.read64ForWrite(linear);
        long b = cpu.gpr[in.reg()];
        long result = a | b;
        cpu.memory.write64(linear, result);
        cpu.flags.logic(result);
    }

    static void orMI(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 8, true);
        long a = cpu.memory.read64ForWrite(linear);
        long b = in.immediate();
        long result = a | b;
        cpu.memory.write64(linear, result);
        cpu.flags.logic(result);
    }

    static void xorRR(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long b = cpu.gpr[in.reg()];
        long result = a ^ b;
        cpu.gpr[in.rm()] = result;
        cpu.flags.logic(result);
    }

    static void xorRI(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long b = in.immediate();
        long result = a ^ b;
        cpu.gpr[in.rm()] = result;
        cpu.flags.logic(result);
    }

    static void xorRM(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.reg()];
        long b = cpu.memory.read64(cpu.address(in, 8, false));
        long result = a ^ b;
        cpu.gpr[in.reg()] = result;
        cpu.flags.logic(result);
    }

    static void cmpRR(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long b = cpu.gpr[in.reg()];
        cpu.flags.sub(a, b, a - b);
    }

    static void cmpRI(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long b = in.immediate();
        cpu.flags.sub(a, b, a - b);
    }

    static void cmpRM(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.reg()];
        long b = cpu.memory.read64(cpu.address(in, 8, false));
        cpu.flags.sub(a, b, a - b);
    }

    static void cmpMR(Cpu cpu, DecodedInstruction in) {
        long a = cpu.memory.read64(cpu.address(in, 8, false));
        long b = cpu.gpr[in.reg()];
        cpu.flags.sub(a, b, a - b);
    }

    static void cmpMI(Cpu cpu, DecodedInstruction in) {
        long a = cpu.memory.read64(cpu.address(in, 8, false));
        long b = in.immediate();
        cpu.flags.sub(a, b, a - b);
    }

    static void testRR(Cpu cpu, DecodedInstruction in) {
        cpu.flags.logic(cpu.gpr[in.rm()] & cpu.gpr[in.reg()]);
    }

    static void testRI(Cpu cpu, DecodedInstruction in) {
        cpu.flags.logic(cpu.gpr[in.rm()] & in.immediate());
    }

    static void testMR(Cpu cpu, DecodedInstruction in) {
        cpu.flags.logic(cpu.memory.read64(cpu.address(in, 8, false)) & cpu.gpr[in.reg()]);
    }

    static void testMI(Cpu cpu, DecodedInstruction in) {
        cpu.flags.logic(cpu.memory.read64(cpu.address(in, 8, false)) & in.immediate());
    }

    static void incR(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long result = a + 1;
        cpu.gpr[in.rm()] = result;
        cpu.flags.inc(a, result);
    }

    static void decR(Cpu cpu, DecodedInstruction in) {
        long a = cpu.gpr[in.rm()];
        long result = a - 1;
        cpu.gpr[in.rm()] = result;
        cpu.flags.dec(a, result);
    }
}
