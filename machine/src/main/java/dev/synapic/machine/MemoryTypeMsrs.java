// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.cpu.Cpu;
import dev.synapic.spec.x86.Msr;

/**
 * The memory type range registers (SDM vol. 3A, 13.11): eight variable ranges, and the fixed ones. There are no caches, so they are
 * storage that refuses what the processor refuses.
 */
final class MemoryTypeMsrs {
    private static final int VARIABLE_RANGES = 8;
    private static final int FIXED_RANGES = 11;
    private static final long FIXED_SUPPORTED = 1 << 8, WRITE_COMBINING_SUPPORTED = 1 << 10;
    private static final long CAPABILITIES = VARIABLE_RANGES | FIXED_SUPPORTED | WRITE_COMBINING_SUPPORTED;
    private static final long ENABLE = 1 << 11, FIXED_ENABLE = 1 << 10, VALID = 1 << 11;
    private static final long ADDRESS = (1L << Cpu.PHYSICAL_ADDRESS_BITS) - 4096;
    private static final int WRITE_BACK = 6;
    private static final int NONE = -1;

    private final long[] variable = new long[2 * VARIABLE_RANGES];
    private final long[] fixed = new long[FIXED_RANGES];
    /** As firmware leaves it: all of RAM is write-back. */
    private long defaultType = ENABLE | WRITE_BACK;

    boolean has(int msr) {
        return msr == Msr.IA32_MTRRCAP || msr == Msr.IA32_MTRR_DEF_TYPE || variable(msr) != NONE || fixed(msr) != NONE;
    }

    long read(int msr) {
        return switch (msr) {
            case Msr.IA32_MTRRCAP -> CAPABILITIES;
            case Msr.IA32_MTRR_DEF_TYPE -> defaultType;
            default -> variable(msr) != NONE ? variable[variable(msr)] : fixed[fixed(msr)];
        };
    }

    void write(int msr, long value) {
        if (msr == Msr.IA32_MTRRCAP) {
            throw generalProtection();
        } else if (msr == Msr.IA32_MTRR_DEF_TYPE) {
            require((value & ~(ENABLE | FIXED_ENABLE | 0xFF)) == 0 && isType(value));
            defaultType = value;
        } else if (variable(msr) != NONE) {
            boolean mask = (msr & 1) != 0;
            require((value & ~(ADDRESS | (mask ? VALID : 0xFF))) == 0 && (mask || isType(value)));
            variable[variable(msr)] = value;
        } else {
            for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
                require(isType(value >>> shift));
            }
            fixed[fixed(msr)] = value;
        }
    }

    private static int variable(int msr) {
        int index = msr - Msr.IA32_MTRR_PHYSBASE0;
        return index >= 0 && index < 2 * VARIABLE_RANGES ? index : NONE;
    }

    private static int fixed(int msr) {
        return switch (msr) {
            case Msr.IA32_MTRR_FIX64K_00000 -> 0;
            case Msr.IA32_MTRR_FIX16K_80000 -> 1;
            case Msr.IA32_MTRR_FIX16K_A0000 -> 2;
            default -> {
                int index = msr - Msr.IA32_MTRR_FIX4K_C0000;
                yield index >= 0 && index < 8 ? 3 + index : NONE;
            }
        };
    }

    /** Uncacheable, write-combining, write-through, write-protected, write-back (SDM vol. 3A, table 13-8). */
    private static boolean isType(long value) {
        int type = (int) value & 0xFF;
        return type <= WRITE_BACK && type != 2 && type != 3;
    }

    private static void require(boolean good) {
        if (!good) {
            throw generalProtection();
        }
    }
}
