// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.MASK32;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The hottest forms of ADD, SUB, AND, OR, XOR, CMP, TEST, INC and DEC at 32 bits, each small enough to be inlined.
 * Other forms are {@link Updates} around {@link Arithmetic}, and so is what a form means. Names end in the operands: R
 * register, M memory, I immediate, target first.
 */
final class Arithmetic32 {
    private static final Map<String, Handler> FORMS = forms();

    private Arithmetic32() {}

    /** The handler for a mnemonic and a form such as "RM", or null where there is no special one. */
    static @Nullable Handler form(String mnemonic, String form) {
        return FORMS.get(mnemonic + " " + form);
    }

    private static Map<String, Handler> forms() {
        Map<String, Handler> forms = new HashMap<>();
        forms.put("ADD RR", Arithmetic32::addRR);
        forms.put("ADD RI", Arithmetic32::addRI);
        forms.put("ADD RM", Arithmetic32::addRM);
        forms.put("ADD MR", Arithmetic32::addMR);
        forms.put("ADD MI", Arithmetic32::addMI);
        forms.put("SUB RR", Arithmetic32::subRR);
        forms.put("SUB RI", Arithmetic32::subRI);
        forms.put("SUB RM", Arithmetic32::subRM);
        forms.put("SUB MR", Arithmetic32::subMR);
        forms.put("SUB MI", Arithmetic32::subMI);
        forms.put("AND RR", Arithmetic32::andRR);
        forms.put("AND RI", Arithmetic32::andRI);
        forms.put("AND RM", Arithmetic32::andRM);
        forms.put("AND MR", Arithmetic32::andMR);
        forms.put("AND MI", Arithmetic32::andMI);
        forms.put("OR RR", Arithmetic32::orRR);
        forms.put("OR RI", Arithmetic32::orRI);
        forms.put("OR RM", Arithmetic32::orRM);
        forms.put("OR MR", Arithmetic32::orMR);
        forms.put("OR MI", Arithmetic32::orMI);
        forms.put("XOR RR", Arithmetic32::xorRR);
        forms.put("XOR RI", Arithmetic32::xorRI);
        forms.put("XOR RM", Arithmetic32::xorRM);
        forms.put("CMP RR", Arithmetic32::cmpRR);
        forms.put("CMP RI", Arithmetic32::cmpRI);
        forms.put("CMP RM", Arithmetic32::cmpRM);
        forms.put("CMP MR", Arithmetic32::cmpMR);
        forms.put("CMP MI", Arithmetic32::cmpMI);
        forms.put("TEST RR", Arithmetic32::testRR);
        forms.put("TEST RI", Arithmetic32::testRI);
        forms.put("TEST MR", Arithmetic32::testMR);
        forms.put("TEST MI", Arithmetic32::testMI);
        forms.put("INC R", Arithmetic32::incR);
        forms.put("DEC R", Arithmetic32::decR);
        return Map.copyOf(forms);
    }

    static void addRR(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int b = (int) cpu.gpr[in.reg()];
        int result = a + b;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.add(a, b, result);
    }

    static void addRI(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int b = (int) in.immediate();
        int result = a + b;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.add(a, b, result);
    }

    static void addRM(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.reg()];
        int b = cpu.memory.read32(cpu.address(in, 4, false));
        int result = a + b;
        cpu.gpr[in.reg()] = result & MASK32;
        cpu.flags.add(a, b, result);
    }

    static void addMR(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 4, true);
        int a = cpu.memory.read32ForWrite(linear);
        int b = (int) cpu.gpr[in.reg()];
        int result = a + b;
        cpu.memory.write32(linear, result);
        cpu.flags.add(a, b, result);
    }

    static void addMI(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 4, true);
        int a = cpu.memory.read32ForWrite(linear);
        int b = (int) in.immediate();
        int result = a + b;
        cpu.memory.write32(linear, result);
        cpu.flags.add(a, b, result);
    }

    static void subRR(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int b = (int) cpu.gpr[in.reg()];
        int result = a - b;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.sub(a, b, result);
    }

    static void subRI(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int b = (int) in.immediate();
        int result = a - b;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.sub(a, b, result);
    }

    static void subRM(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.reg()];
        int b = cpu.memory.read32(cpu.address(in, 4, false));
        int result = a - b;
        cpu.gpr[in.reg()] = result & MASK32;
        cpu.flags.sub(a, b, result);
    }

    static void subMR(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 4, true);
        int a = cpu.memory.read32ForWrite(linear);
        int b = (int) cpu.gpr[in.reg()];
        int result = a - b;
        cpu.memory.write32(linear, result);
        cpu.flags.sub(a, b, result);
    }

    static void subMI(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 4, true);
        int a = cpu.memory.read32ForWrite(linear);
        int b = (int) in.immediate();
        int result = a - b;
        cpu.memory.write32(linear, result);
        cpu.flags.sub(a, b, result);
    }

    static void andRR(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int b = (int) cpu.gpr[in.reg()];
        int result = a & b;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.logic(result);
    }

    static void andRI(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int b = (int) in.immediate();
        int result = a & b;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.logic(result);
    }

    static void andRM(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.reg()];
        int b = cpu.memory.read32(cpu.address(in, 4, false));
        int result = a & b;
        cpu.gpr[in.reg()] = result & MASK32;
        cpu.flags.logic(result);
    }

    static void andMR(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 4, true);
        int a = cpu.memory.read32ForWrite(linear);
        int b = (int) cpu.gpr[in.reg()];
        int result = a & b;
        cpu.memory.write32(linear, result);
        cpu.flags.logic(result);
    }

    static void andMI(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 4, true);
        int a = cpu.memory.read32ForWrite(linear);
        int b = (int) in.immediate();
        int result = a & b;
        cpu.memory.write32(linear, result);
        cpu.flags.logic(result);
    }

    static void orRR(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int b = (int) cpu.gpr[in.reg()];
        int result = a | b;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.logic(result);
    }

    static void orRI(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int b = (int) in.immediate();
        int result = a | b;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.logic(result);
    }

    static void orRM(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.reg()];
        int b = cpu.memory.read32(cpu.address(in, 4, false));
        int result = a | b;
        cpu.gpr[in.reg()] = result & MASK32;
        cpu.flags.logic(result);
    }

    static void orMR(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 4, true);
        int a = cpu.memory.read32ForWrite(linear);
        int b = (int) cpu.gpr[in.reg()];
        int result = a | b;
        cpu.memory.write32(linear, result);
        cpu.flags.logic(result);
    }

    static void orMI(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 4, true);
        int a = cpu.memory.read32ForWrite(linear);
        int b = (int) in.immediate();
        int result = a | b;
        cpu.memory.write32(linear, result);
        cpu.flags.logic(result);
    }

    static void xorRR(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int b = (int) cpu.gpr[in.reg()];
        int result = a ^ b;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.logic(result);
    }

    static void xorRI(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int b = (int) in.immediate();
        int result = a ^ b;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.logic(result);
    }

    static void xorRM(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.reg()];
        int b = cpu.memory.read32(cpu.address(in, 4, false));
        int result = a ^ b;
        cpu.gpr[in.reg()] = result & MASK32;
        cpu.flags.logic(result);
    }

    static void cmpRR(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int b = (int) cpu.gpr[in.reg()];
        cpu.flags.sub(a, b, a - b);
    }

    static void cmpRI(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int b = (int) in.immediate();
        cpu.flags.sub(a, b, a - b);
    }

    static void cmpRM(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.reg()];
        int b = cpu.memory.read32(cpu.address(in, 4, false));
        cpu.flags.sub(a, b, a - b);
    }

    static void cmpMR(Cpu cpu, DecodedInstruction in) {
        int a = cpu.memory.read32(cpu.address(in, 4, false));
        int b = (int) cpu.gpr[in.reg()];
        cpu.flags.sub(a, b, a - b);
    }

    static void cmpMI(Cpu cpu, DecodedInstruction in) {
        int a = cpu.memory.read32(cpu.address(in, 4, false));
        int b = (int) in.immediate();
        cpu.flags.sub(a, b, a - b);
    }

    static void testRR(Cpu cpu, DecodedInstruction in) {
        cpu.flags.logic((int) cpu.gpr[in.rm()] & (int) cpu.gpr[in.reg()]);
    }

    static void testRI(Cpu cpu, DecodedInstruction in) {
        cpu.flags.logic((int) cpu.gpr[in.rm()] & (int) in.immediate());
    }

    static void testMR(Cpu cpu, DecodedInstruction in) {
        cpu.flags.logic(cpu.memory.read32(cpu.address(in, 4, false)) & (int) cpu.gpr[in.reg()]);
    }

    static void testMI(Cpu cpu, DecodedInstruction in) {
        cpu.flags.logic(cpu.memory.read32(cpu.address(in, 4, false)) & (int) in.immediate());
    }

    static void incR(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int result = a + 1;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.inc(a, result);
    }

    static void decR(Cpu cpu, DecodedInstruction in) {
        int a = (int) cpu.gpr[in.rm()];
        int result = a - 1;
        cpu.gpr[in.rm()] = result & MASK32;
        cpu.flags.dec(a, result);
    }
}
