// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;

/** What moves data to, from and between XMM and MMX registers without changing it. Non-temporal hints mean nothing here. */
final class VectorMoves {
    private static final long LOW32 = 0xFFFF_FFFFL;
    private static final int RDI = 7;

    private VectorMoves() {}

    // ---- 128 bits
    // ----------------------------------------------------------------------------------------------------------

    /** MOVAPS, MOVAPD, MOVDQA, MOVNTPS, MOVNTPD, MOVNTDQ. */
    static Handler moveAligned(DecodedInstruction in, String form) {
        if (!in.memory()) {
            return form.equals("V,W") ? VectorMoves::fromW : VectorMoves::toW;
        }
        return form.equals("V,W")
                ? (cpu, i) -> load(cpu, i, alignedAddress(cpu, i, false))
                : (cpu, i) -> store(cpu, i, alignedAddress(cpu, i, true));
    }

    /** MOVUPS, MOVUPD, MOVDQU, LDDQU. */
    static Handler moveUnaligned(DecodedInstruction in, String form) {
        if (!in.memory()) {
            return form.equals("V,W") ? VectorMoves::fromW : VectorMoves::toW;
        }
        return form.startsWith("V") ? VectorMoves::loadUnaligned : VectorMoves::storeUnaligned;
    }

    private static long alignedAddress(Cpu cpu, DecodedInstruction in, boolean write) {
        VectorOperands.requireSse(cpu);
        return VectorOperands.aligned(cpu, in, write);
    }

    private static void loadUnaligned(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        load(cpu, in, cpu.address(in, 16, false));
    }

    private static void storeUnaligned(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        store(cpu, in, cpu.address(in, 16, true));
    }

    private static void load(Cpu cpu, DecodedInstruction in, long linear) {
        long low = cpu.memory.read64(linear);
        long high = cpu.memory.read64(linear + 8);
        long[] xmm = cpu.vectors.xmm;
        xmm[in.reg() << 1] = low;
        xmm[(in.reg() << 1) + 1] = high;
    }

    private static void store(Cpu cpu, DecodedInstruction in, long linear) {
        long[] xmm = cpu.vectors.xmm;
        VectorOperands.write128(cpu, linear, xmm[in.reg() << 1], xmm[(in.reg() << 1) + 1]);
    }

    private static void fromW(Cpu cpu, DecodedInstruction in) {
        copy(cpu, in.reg(), in.rm());
    }

    private static void toW(Cpu cpu, DecodedInstruction in) {
        copy(cpu, in.rm(), in.reg());
    }

    private static void copy(Cpu cpu, int target, int source) {
        VectorOperands.requireSse(cpu);
        long[] xmm = cpu.vectors.xmm;
        xmm[target << 1] = xmm[source << 1];
        xmm[(target << 1) + 1] = xmm[(source << 1) + 1];
    }

    // ---- scalars: a load clears what is above, a move between registers keeps it
    // ---------------------------------------------

    static Handler movss(DecodedInstruction in, String form) {
        if (in.memory()) {
            return form.startsWith("V") ? VectorMoves::loadSingle : VectorMoves::storeSingle;
        }
        return form.startsWith("V")
                ? (cpu, i) -> insertSingle(cpu, i.reg(), i.rm())
                : (cpu, i) -> insertSingle(cpu, i.rm(), i.reg());
    }

    private static void loadSingle(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        setLow(cpu, in.reg(), cpu.memory.read32(cpu.address(in, 4, false)) & LOW32);
    }

    private static void storeSingle(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        cpu.memory.write32(cpu.address(in, 4, true), (int) cpu.vectors.xmm[in.reg() << 1]);
    }

    private static void insertSingle(Cpu cpu, int target, int source) {
        VectorOperands.requireSse(cpu);
        long[] xmm = cpu.vectors.xmm;
        xmm[target << 1] = xmm[target << 1] & ~LOW32 | xmm[source << 1] & LOW32;
    }

    static Handler movsd(DecodedInstruction in, String form) {
        if (in.memory()) {
            return form.startsWith("V") ? VectorMoves::loadLowClearing : VectorMoves::storeLow;
        }
        return form.startsWith("V")
                ? (cpu, i) -> insertDouble(cpu, i.reg(), i.rm())
                : (cpu, i) -> insertDouble(cpu, i.rm(), i.reg());
    }

    private static void loadLowClearing(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        setLow(cpu, in.reg(), cpu.memory.read64(cpu.address(in, 8, false)));
    }

    private static void storeLow(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        cpu.memory.write64(cpu.address(in, 8, true), cpu.vectors.xmm[in.reg() << 1]);
    }

    private static void insertDouble(Cpu cpu, int target, int source) {
        VectorOperands.requireSse(cpu);
        cpu.vectors.xmm[target << 1] = cpu.vectors.xmm[source << 1];
    }

    private static void setLow(Cpu cpu, int register, long low) {
        long[] xmm = cpu.vectors.xmm;
        xmm[register << 1] = low;
        xmm[(register << 1) + 1] = 0;
    }

    // ---- halves
    // ------------------------------------------------------------------------------------------------------------

    /** MOVLPS, MOVLPD; between registers MOVHLPS. */
    static Handler moveLow(DecodedInstruction in, String form) {
        if (!form.startsWith("V")) {
            return VectorMoves::storeLow;
        }
        return (cpu, i) -> {
            VectorOperands.requireSse(cpu);
            long[] xmm = cpu.vectors.xmm;
            xmm[i.reg() << 1] = i.memory() ? cpu.memory.read64(cpu.address(i, 8, false)) : xmm[(i.rm() << 1) + 1];
        };
    }

    /** MOVHPS, MOVHPD; between registers MOVLHPS. */
    static Handler moveHigh(DecodedInstruction in, String form) {
        if (!form.startsWith("V")) {
            return (cpu, i) -> {
                VectorOperands.requireSse(cpu);
                cpu.memory.write64(cpu.address(i, 8, true), cpu.vectors.xmm[(i.reg() << 1) + 1]);
            };
        }
        return (cpu, i) -> {
            VectorOperands.requireSse(cpu);
            cpu.vectors.xmm[(i.reg() << 1) + 1] = VectorOperands.read64(cpu, i);
        };
    }

    static void movddup(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        long value = VectorOperands.read64(cpu, in);
        long[] xmm = cpu.vectors.xmm;
        xmm[in.reg() << 1] = value;
        xmm[(in.reg() << 1) + 1] = value;
    }

    // ---- MOVD, MOVQ
    // ----------------------------------------------------------------------------------------------------------

    /** Between a general register or memory, 32 or (REX.W) 64 bits wide, and an XMM or MMX register. */
    static Handler movd(DecodedInstruction in, String form) {
        return switch (form) {
            case "V,E" ->
                (cpu, i) -> {
                    VectorOperands.requireSse(cpu);
                    setLow(cpu, i.reg(), readE(cpu, i));
                };
            case "E,V" ->
                (cpu, i) -> {
                    VectorOperands.requireSse(cpu);
                    writeE(cpu, i, cpu.vectors.xmm[i.reg() << 1]);
                };
            case "P,E" ->
                (cpu, i) -> {
                    VectorOperands.requireMmx(cpu);
                    VectorOperands.writeMmx(cpu, i, readE(cpu, i));
                };
            default ->
                (cpu, i) -> {
                    VectorOperands.requireMmx(cpu);
                    writeE(cpu, i, cpu.fpu.significand(i.reg() & 7));
                    cpu.fpu.enterMmx();
                };
        };
    }

    private static long readE(Cpu cpu, DecodedInstruction in) {
        if (in.memory()) {
            return cpu.memory.read(cpu.address(in, in.width(), false), in.width());
        }
        return in.width() == 8 ? cpu.gpr[in.rm()] : cpu.gpr[in.rm()] & LOW32;
    }

    private static void writeE(Cpu cpu, DecodedInstruction in, long value) {
        if (in.memory()) {
            cpu.memory.write(cpu.address(in, in.width(), true), in.width(), value);
        } else {
            cpu.gpr[in.rm()] = in.width() == 8 ? value : value & LOW32;
        }
    }

    static Handler movq(DecodedInstruction in, String form) {
        return switch (form) {
            case "V,W" ->
                (cpu, i) -> {
                    VectorOperands.requireSse(cpu);
                    setLow(cpu, i.reg(), VectorOperands.read64(cpu, i));
                };
            case "W,V" ->
                in.memory()
                        ? VectorMoves::storeLow
                        : (cpu, i) -> {
                            VectorOperands.requireSse(cpu);
                            setLow(cpu, i.rm(), cpu.vectors.xmm[i.reg() << 1]);
                        };
            case "P,Q" ->
                (cpu, i) -> {
                    VectorOperands.requireMmx(cpu);
                    VectorOperands.writeMmx(cpu, i, VectorOperands.readMmx(cpu, i));
                };
            default -> VectorMoves::storeMmx;
        };
    }

    /** MOVQ to MMX register or memory, and MOVNTQ. */
    static void storeMmx(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireMmx(cpu);
        long value = cpu.fpu.significand(in.reg() & 7);
        if (in.memory()) {
            cpu.memory.write64(cpu.address(in, 8, true), value);
            cpu.fpu.enterMmx();
        } else {
            cpu.fpu.enterMmx();
            cpu.fpu.setMmx(in.rm() & 7, value);
        }
    }

    static void movq2dq(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireBoth(cpu);
        cpu.fpu.enterMmx();
        setLow(cpu, in.reg(), cpu.fpu.significand(in.rm() & 7));
    }

    static void movdq2q(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireBoth(cpu);
        VectorOperands.writeMmx(cpu, in, cpu.vectors.xmm[in.rm() << 1]);
    }

    static void emms(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireMmx(cpu);
        cpu.fpu.emptyMmx();
    }

    // ---- MASKMOVQ, MASKMOVDQU
    // ------------------------------------------------------------------------------------------------

    static void maskmovq(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireMmx(cpu);
        long linear = maskTarget(cpu, in, 8);
        int mask = PackedIntegers.byteSigns(cpu.fpu.significand(in.rm() & 7));
        checkMasked(cpu, linear, mask);
        writeMasked(cpu, linear, cpu.fpu.significand(in.reg() & 7), mask);
        cpu.fpu.enterMmx();
    }

    static void maskmovdqu(Cpu cpu, DecodedInstruction in) {
        VectorOperands.requireSse(cpu);
        long linear = maskTarget(cpu, in, 16);
        long[] xmm = cpu.vectors.xmm;
        int low = PackedIntegers.byteSigns(xmm[in.rm() << 1]);
        int high = PackedIntegers.byteSigns(xmm[(in.rm() << 1) + 1]);
        checkMasked(cpu, linear, low | high << 8);
        writeMasked(cpu, linear, xmm[in.reg() << 1], low);
        writeMasked(cpu, linear + 8, xmm[(in.reg() << 1) + 1], high);
    }

    /** DS:rDI, or another segment by a prefix. */
    private static long maskTarget(Cpu cpu, DecodedInstruction in, int size) {
        long offset = switch (in.addressSize()) {
            case 2 -> cpu.gpr[RDI] & 0xFFFF;
            case 4 -> cpu.gpr[RDI] & LOW32;
            default -> cpu.gpr[RDI];
        };
        return cpu.linear(in.segment(), offset, size, true);
    }

    /** Bytes that the mask leaves out cause no fault (SDM vol. 2B lets the implementation choose). */
    private static void checkMasked(Cpu cpu, long linear, int mask) {
        if (mask != 0) {
            int first = Integer.numberOfTrailingZeros(mask);
            int last = 31 - Integer.numberOfLeadingZeros(mask);
            cpu.memory.checkWrite(linear + first, last - first + 1);
        }
    }

    private static void writeMasked(Cpu cpu, long linear, long value, int mask) {
        for (int i = 0; i < 8; i++) {
            if ((mask >> i & 1) != 0) {
                cpu.memory.write8(linear + i, (int) (value >>> 8 * i) & 0xFF);
            }
        }
    }
}
