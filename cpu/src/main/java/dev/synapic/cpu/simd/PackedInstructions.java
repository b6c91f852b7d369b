// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;
import dev.synapic.cpu.execute.Family;

/**
 * Handlers around operations on packed integers. Forms are "V,W" for XMM and "P,Q" for MMX registers, the second one or memory,
 * which for XMM must be aligned.
 */
final class PackedInstructions {
    private PackedInstructions() {}

    // ---- half by half
    // ------------------------------------------------------------------------------------------------------

    static Family halves(PackedOperation operation) {
        return (in, form) -> form.startsWith("P") ? mmx(operation) : sse(operation);
    }

    /** The second operand's low 64 bits are a count for both halves; "W,I" and "Q,I" have it as an immediate. */
    static Family shift(PackedOperation operation) {
        return (in, form) -> switch (form) {
            case "P,Q" -> mmx(operation);
            case "Q,I" -> (cpu, i) -> shiftMmx(cpu, i, operation);
            case "W,I" -> (cpu, i) -> shiftByConstant(cpu, i, operation);
            default -> (cpu, i) -> shiftByOperand(cpu, i, operation);
        };
    }

    private static Handler mmx(PackedOperation operation) {
        return (cpu, in) -> {
            VectorOperands.requireMmx(cpu);
            long b = VectorOperands.readMmx(cpu, in);
            VectorOperands.writeMmx(cpu, in, operation.apply(cpu.fpu.significand(in.reg() & 7), b));
        };
    }

    private static Handler sse(PackedOperation operation) {
        return (cpu, in) -> {
            VectorOperands.requireSse(cpu);
            long[] xmm = cpu.vectors.xmm;
            int target = in.reg() << 1;
            long low;
            long high;
            if (in.memory()) {
                long linear = VectorOperands.aligned(cpu, in, false);
                low = cpu.memory.read64(linear);
                high = cpu.memory.read64(linear + 8);
            } else {
                low = xmm[in.rm() << 1];
                high = xmm[(in.rm() << 1) + 1];
            }
            xmm[target] = operation.apply(xmm[target], low);
            xmm[target + 1] = operation.apply(xmm[target + 1], high);
        };
    }

    private static void shiftByOperand(Cpu cpu, DecodedInstruction in, PackedOperation operation) {
        VectorOperands.requireSse(cpu);
        long[] xmm = cpu.vectors.xmm;
        long count;
        if (in.memory()) {
            long linear = VectorOperands.aligned(cpu, in, false);
            count = cpu.memory.read64(linear);
            cpu.memory.read64(linear + 8);
        } else {
            count = xmm[in.rm() << 1];
        }
        int target = in.reg() << 1;
        xmm[target] = operation.apply(xmm[target], count);
        xmm[target + 1] = operation.apply(xmm[target + 1], count);
    }

    private static void shiftByConstant(Cpu cpu, DecodedInstruction in, PackedOperation operation) {
        VectorOperands.requireSse(cpu);
        long[] xmm = cpu.vectors.xmm;
        int target = in.rm() << 1;
        xmm[target] = operation.apply(xmm[target], in.immediate());
        xmm[target + 1] = operation.apply(xmm[target + 1], in.immediate());
    }

    private static void shiftMmx(Cpu cpu, DecodedInstruction in, PackedOperation operation) {
        VectorOperands.requireMmx(cpu);
        int target = in.rm() & 7;
        cpu.fpu.enterMmx();
        cpu.fpu.setMmx(target, operation.apply(cpu.fpu.significand(target), in.immediate()));
    }

    // ---- across halves
    // -----------------------------------------------------------------------------------------------------

    static Family wide(WideOperation operation) {
        return (in, form) -> wideHandler(operation);
    }

    /** MMX and SSE differ. */
    static Family wide(PackedOperation mmx, WideOperation sse) {
        return (in, form) -> form.startsWith("P") ? mmx(mmx) : wideHandler(sse);
    }

    private static Handler wideHandler(WideOperation operation) {
        return (cpu, in) -> {
            VectorOperands.requireSse(cpu);
            long[] xmm = cpu.vectors.xmm;
            long low;
            long high;
            if (in.memory()) {
                long linear = VectorOperands.aligned(cpu, in, false);
                low = cpu.memory.read64(linear);
                high = cpu.memory.read64(linear + 8);
            } else {
                low = xmm[in.rm() << 1];
                high = xmm[(in.rm() << 1) + 1];
            }
            operation.apply(xmm, in.reg() << 1, low, high, (int) in.immediate());
        };
    }

    static void pslldq(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        Shuffles.shiftLeftBytes(cpu.vectors.xmm, in.rm() << 1, (int) in.immediate());
    }

    static void psrldq(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        Shuffles.shiftRightBytes(cpu.vectors.xmm, in.rm() << 1, (int) in.immediate());
    }

    static void pshufw(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireMmx(cpu);
        long source = VectorOperands.readMmx(cpu, in);
        VectorOperands.writeMmx(cpu, in, Shuffles.shuffleWords(source, (int) in.immediate()));
    }

    // ---- to and from general registers
    // ---------------------------------------------------------------------------------------

    static Handler pmovmskb(DecodedInstruction in, String form) {
        if (form.endsWith("Q")) {
            return (cpu, i) -> {
                VectorOperands.requireMmx(cpu);
                cpu.fpu.enterMmx();
                cpu.gpr[i.reg()] = PackedIntegers.byteSigns(cpu.fpu.significand(i.rm() & 7));
            };
        }
        return (cpu, i) -> {
            VectorOperands.requireSse(cpu);
            long[] xmm = cpu.vectors.xmm;
            int low = PackedIntegers.byteSigns(xmm[i.rm() << 1]);
            cpu.gpr[i.reg()] = low | PackedIntegers.byteSigns(xmm[(i.rm() << 1) + 1]) << 8;
        };
    }

    static Handler pextrw(DecodedInstruction in, String form) {
        if (form.contains("Q")) {
            return (cpu, i) -> {
                VectorOperands.requireMmx(cpu);
                cpu.fpu.enterMmx();
                cpu.gpr[i.reg()] = cpu.fpu.significand(i.rm() & 7) >>> 16 * (i.immediate() & 3) & 0xFFFF;
            };
        }
        return (cpu, i) -> {
            VectorOperands.requireSse(cpu);
            int word = (int) i.immediate() & 7;
            cpu.gpr[i.reg()] = cpu.vectors.xmm[(i.rm() << 1) + (word >> 2)] >>> 16 * (word & 3) & 0xFFFF;
        };
    }

    static Handler pinsrw(DecodedInstruction in, String form) {
        if (form.startsWith("P")) {
            return (cpu, i) -> {
                VectorOperands.requireMmx(cpu);
                long value = word(cpu, i);
                int shift = 16 * ((int) i.immediate() & 3);
                long old = cpu.fpu.significand(i.reg() & 7);
                VectorOperands.writeMmx(cpu, i, old & ~(0xFFFFL << shift) | value << shift);
            };
        }
        return (cpu, i) -> {
            VectorOperands.requireSse(cpu);
            long value = word(cpu, i);
            int index = (i.reg() << 1) + ((int) i.immediate() >> 2 & 1);
            int shift = 16 * ((int) i.immediate() & 3);
            long[] xmm = cpu.vectors.xmm;
            xmm[index] = xmm[index] & ~(0xFFFFL << shift) | value << shift;
        };
    }

    private static long word(Cpu cpu, DecodedInstruction in) {
        return in.memory() ? cpu.memory.read16(cpu.address(in, 2, false)) : cpu.gpr[in.rm()] & 0xFFFF;
    }
}
