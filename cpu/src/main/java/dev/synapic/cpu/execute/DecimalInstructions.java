// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.RAX;
import static dev.synapic.cpu.execute.Operands.writeRegister16;
import static dev.synapic.cpu.execute.Operands.writeRegister8;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;

/** DAA, DAS, AAA, AAS, AAM, AAD: as the SDM's pseudo code has them (vol. 2A). */
final class DecimalInstructions {
    private DecimalInstructions() {}

    static void daa(Cpu cpu, DecodedInstruction in) {
        adjustPacked(cpu, 1);
    }

    static void das(Cpu cpu, DecodedInstruction in) {
        adjustPacked(cpu, -1);
    }

    private static void adjustPacked(Cpu cpu, int sign) {
        int old = (int) cpu.gpr[RAX] & 0xFF;
        boolean oldCarry = cpu.flags.carry();
        int al = old;
        boolean adjust = (old & 0xF) > 9 || cpu.flags.adjust();
        boolean carry = false;
        if (adjust) {
            int moved = al + 6 * sign;
            carry = sign < 0 && (oldCarry || moved < 0);
            al = moved & 0xFF;
        }
        if (old > 0x99 || oldCarry) {
            al = al + 0x60 * sign & 0xFF;
            carry = true;
        }
        writeRegister8(cpu, RAX, al);
        cpu.flags.result((byte) al, carry, false);
        cpu.flags.replace(Flags.AF, adjust ? Flags.AF : 0);
    }

    static void aaa(Cpu cpu, DecodedInstruction in) {
        adjustUnpacked(cpu, 0x106);
    }

    static void aas(Cpu cpu, DecodedInstruction in) {
        adjustUnpacked(cpu, -0x106);
    }

    private static void adjustUnpacked(Cpu cpu, int correction) {
        int ax = (int) cpu.gpr[RAX] & 0xFFFF;
        boolean adjust = (ax & 0xF) > 9 || cpu.flags.adjust();
        if (adjust) {
            ax += correction;
        }
        writeRegister16(cpu, RAX, ax & 0xFF0F);
        int changed = Flags.AF | Flags.CF;
        cpu.flags.replace(changed, adjust ? changed : 0);
    }

    static void aam(Cpu cpu, DecodedInstruction in) {
        int base = (int) in.immediate() & 0xFF;
        if (base == 0) {
            throw cpu.fault(CpuException.DE);
        }
        int al = (int) cpu.gpr[RAX] & 0xFF;
        writeRegister16(cpu, RAX, al / base << 8 | al % base);
        cpu.flags.result((byte) (al % base), false, false);
    }

    static void aad(Cpu cpu, DecodedInstruction in) {
        int ax = (int) cpu.gpr[RAX] & 0xFFFF;
        int al = (ax & 0xFF) + (ax >> 8) * ((int) in.immediate() & 0xFF) & 0xFF;
        writeRegister16(cpu, RAX, al);
        cpu.flags.result((byte) al, false, false);
    }
}
