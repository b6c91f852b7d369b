// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.exits;

import dev.synapic.cpu.Cpu;
import dev.synapic.guestmem.GuestMemory;

/**
 * Where the function returns to in which a processor is, as long as it has pushed nothing: the word at the top of the stack, if a call instruction
 * is in front of what it points to (SDM vol. 2A, CALL: E8, and FF /2). Looks only; flat segments. Allocates nothing.
 */
final class ReturnAddress {
    static final long NONE = 0;

    private static final int RSP = 4;
    private static final int CALL_RELATIVE = 0xE8;
    private static final int CALL_RELATIVE_BYTES = 5;
    private static final int GROUP_5 = 0xFF;
    private static final int MOST_CALL_BYTES = 7;

    private ReturnAddress() {}

    /** The return address, or {@link #NONE} where there is none at the top of the stack. */
    static long of(Cpu cpu, GuestMemory ram) {
        long address = onStack(cpu, ram);
        boolean sameHalf = (address ^ cpu.codeAddress()) >= 0;
        return address != NONE && sameHalf && isBehindCall(address, cpu, ram) ? address : NONE;
    }

    /** The word at the top of the stack, or {@link #NONE} where it cannot be read. */
    static long onStack(Cpu cpu, GuestMemory ram) {
        boolean wide = cpu.in64BitMode();
        int bytes = wide ? Long.BYTES : Integer.BYTES;
        long linear = wide ? cpu.gpr[RSP] : cpu.gpr[RSP] & 0xFFFF_FFFFL;
        if (cpu.inRealMode() || (linear & GuestMemory.PAGE_SIZE - 1) > GuestMemory.PAGE_SIZE - bytes) {
            return NONE;
        }
        long gpa = cpu.probe(linear);
        if (gpa < 0 || !ram.contains(gpa, bytes)) {
            return NONE;
        }
        return wide ? ram.getLong(gpa) : ram.getInt(gpa) & 0xFFFF_FFFFL;
    }

    private static boolean isBehindCall(long address, Cpu cpu, GuestMemory ram) {
        if (codeByte(address - CALL_RELATIVE_BYTES, cpu, ram) == CALL_RELATIVE) {
            return true;
        }
        for (int bytes = 2; bytes <= MOST_CALL_BYTES; bytes++) {
            long at = address - bytes;
            if (codeByte(at, cpu, ram) == GROUP_5
                    && isCallOf(codeByte(at + 1, cpu, ram), codeByte(at + 2, cpu, ram), bytes)) {
                return true;
            }
        }
        return false;
    }

    /** Whether FF with that ModRM and what follows it is a near indirect call of so many bytes (SDM vol. 2A, tables 2-2 and 2-3). */
    private static boolean isCallOf(int modRm, int sib, int bytes) {
        if (modRm < 0 || (modRm >> 3 & 7) != 2) {
            return false;
        }
        int mod = modRm >> 6;
        int rm = modRm & 7;
        if (mod == 3) {
            return bytes == 2;
        }
        int length = rm == 4 ? 3 : 2;
        boolean hasBase32 = mod == 0 && (rm == 5 || rm == 4 && (sib & 7) == 5);
        int displacement = mod == 1 ? 1 : mod == 2 || hasBase32 ? 4 : 0;
        return bytes == length + displacement;
    }

    /** A byte of code, or -1 where there is no RAM. */
    private static int codeByte(long linear, Cpu cpu, GuestMemory ram) {
        long gpa = cpu.probe(linear);
        return gpa < 0 || !ram.contains(gpa, 1) ? -1 : ram.getByte(gpa) & 0xFF;
    }
}
