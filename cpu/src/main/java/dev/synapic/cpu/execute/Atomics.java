// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static dev.synapic.cpu.execute.Operands.MASK32;
import static dev.synapic.cpu.execute.Operands.RAX;
import static dev.synapic.cpu.execute.Operands.RBX;
import static dev.synapic.cpu.execute.Operands.RCX;
import static dev.synapic.cpu.execute.Operands.RDX;
import static dev.synapic.cpu.execute.Operands.readG;
import static dev.synapic.cpu.execute.Operands.readMemoryForWrite;
import static dev.synapic.cpu.execute.Operands.readRegister;
import static dev.synapic.cpu.execute.Operands.writeG;
import static dev.synapic.cpu.execute.Operands.writeMemory;
import static dev.synapic.cpu.execute.Operands.writeRegister;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;

/**
 * XADD, CMPXCHG, CMPXCHG8B and CMPXCHG16B. A failed compare writes the old value back, as the SDM has it, so that they
 * fault as writes whatever they find. CMPXCHG16B is atomic against others of its kind.
 */
final class Atomics {
    private Atomics() {}

    static void xadd(Cpu cpu, DecodedInstruction in) {
        int width = in.width();
        long source = readG(cpu, in, width);
        if (!in.memory()) {
            long old = readRegister(cpu, in.rm(), width);
            writeG(cpu, in, width, old);
            writeRegister(cpu, in.rm(), width, Arithmetic.add(cpu.flags, width, old, source));
            return;
        }
        long linear = cpu.address(in, width, true);
        if (in.lock()) {
            writeG(cpu, in, width, Updates.updateLocked(cpu, linear, width, Arithmetic::add, source));
            return;
        }
        long old = readMemoryForWrite(cpu, linear, width);
        writeMemory(cpu, linear, width, Arithmetic.add(cpu.flags, width, old, source));
        writeG(cpu, in, width, old);
    }

    static void cmpxchgRegister(Cpu cpu, DecodedInstruction in) {
        int width = in.width();
        long old = readRegister(cpu, in.rm(), width);
        long expected = readRegister(cpu, RAX, width);
        Arithmetic.sub(cpu.flags, width, expected, old);
        // Only the 32-bit target that is replaced loses its upper half (as hardware does; the SDM is silent).
        writeRegister(cpu, expected == old ? in.rm() : RAX, width, expected == old ? readG(cpu, in, width) : old);
    }

    static void cmpxchgMemory(Cpu cpu, DecodedInstruction in) {
        int width = in.width();
        long linear = cpu.address(in, width, true);
        long expected = readRegister(cpu, RAX, width);
        long old = exchange(cpu, linear, width, expected, readG(cpu, in, width), in.lock());
        Arithmetic.sub(cpu.flags, width, expected, old);
        if (expected != old) {
            writeRegister(cpu, RAX, width, old);
        }
    }

    /** Returns what was there; replacement is there now where that was expected. */
    private static long exchange(Cpu cpu, long linear, int width, long expected, long replacement, boolean locked) {
        if (!locked) {
            long old = readMemoryForWrite(cpu, linear, width);
            writeMemory(cpu, linear, width, old == expected ? replacement : old);
            return old;
        }
        while (true) {
            long old = readMemoryForWrite(cpu, linear, width);
            if (old != expected || cpu.memory.compareAndSet(linear, width, old, replacement)) {
                return old;
            }
        }
    }

    static void cmpxchg8b(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 8, true);
        long expected = cpu.gpr[RDX] << 32 | cpu.gpr[RAX] & MASK32;
        long replacement = cpu.gpr[RCX] << 32 | cpu.gpr[RBX] & MASK32;
        long old = exchange(cpu, linear, 8, expected, replacement, in.lock());
        if (old != expected) {
            cpu.gpr[RAX] = old & MASK32;
            cpu.gpr[RDX] = old >>> 32;
        }
        cpu.flags.replace(Flags.ZF, old == expected ? Flags.ZF : 0);
    }

    static void cmpxchg16b(Cpu cpu, DecodedInstruction in) {
        long linear = cpu.address(in, 16, true);
        if ((linear & 15) != 0) {
            throw cpu.fault(CpuException.GP, 0);
        }
        long low = cpu.memory.read64ForWrite(linear);
        long high = cpu.memory.read64ForWrite(linear + 8);
        boolean equal = cpu.memory.compareAndSet(linear, cpu.gpr[RAX], cpu.gpr[RDX], cpu.gpr[RBX], cpu.gpr[RCX]);
        if (!equal) {
            cpu.gpr[RAX] = low;
            cpu.gpr[RDX] = high;
        }
        cpu.flags.replace(Flags.ZF, equal ? Flags.ZF : 0);
    }
}
