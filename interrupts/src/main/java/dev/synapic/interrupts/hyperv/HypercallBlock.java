// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.hyperv.HypercallInput;
import org.jspecify.annotations.Nullable;

/**
 * One hypercall's control word and the block of its input parameters, in memory or, for a fast call, in registers: two
 * general ones, then XMM0 to XMM5 (TLFS, "Hypercall Inputs", "XMM Fast Hypercall Input").
 *
 * <p>Reading memory twice may give two answers: the guest may change the block meanwhile. Each parameter is read once.
 * Threading: one call at a time; the object is used again for later ones, so that a call allocates nothing.
 */
final class HypercallBlock {
    /** What fits into the two general registers. */
    static final int REGISTER_BYTES = 16;
    /** What fits into them and the XMM registers. */
    static final int FAST_BYTES = REGISTER_BYTES + XmmRegisters.COUNT * 16;

    private final GuestMemory memory;
    private long control;
    private long input;
    private long output;
    private @Nullable XmmRegisters xmm;

    HypercallBlock(GuestMemory memory) {
        this.memory = memory;
    }

    /** Takes over another call. */
    void load(long newControl, long newInput, long newOutput, @Nullable XmmRegisters newXmm) {
        control = newControl;
        input = newInput;
        output = newOutput;
        xmm = newXmm;
    }

    int code() {
        return (int) (control & HypercallInput.CODE_MASK);
    }

    boolean fast() {
        return (control & HypercallInput.FAST) != 0;
    }

    boolean hasXmm() {
        return xmm != null;
    }

    /** Where results go. */
    long output() {
        return output;
    }

    int variableHeaderQwords() {
        return (int) (control >>> HypercallInput.VARIABLE_HEADER_SHIFT) & HypercallInput.VARIABLE_HEADER_MASK;
    }

    int repCount() {
        return (int) (control >>> HypercallInput.REP_COUNT_SHIFT) & HypercallInput.REP_MASK;
    }

    int repStart() {
        return (int) (control >>> HypercallInput.REP_START_SHIFT) & HypercallInput.REP_MASK;
    }

    boolean controlIsLegal() {
        return (control & (HypercallInput.RESERVED | HypercallInput.NESTED)) == 0;
    }

    /** The parameter at this offset, a multiple of 8 within the block. */
    long qword(int offset) {
        if (!fast()) {
            return memory.getLong(input + offset);
        }
        if (offset < REGISTER_BYTES) {
            return offset == 0 ? input : output;
        }
        XmmRegisters registers = xmm;
        if (registers == null) {
            throw new IllegalStateException("parameter at " + offset + " of a call without XMM registers");
        }
        int at = offset - REGISTER_BYTES;
        return (at & 8) == 0 ? registers.low(at >> 4) : registers.high(at >> 4);
    }

    /** Bytes of a block in memory. */
    void bytes(int offset, byte[] into) {
        memory.getBytes(input + offset, into, 0, into.length);
    }

    boolean inputIsAligned(int bytes) {
        return isParameterList(input, bytes);
    }

    boolean outputIsAligned(int bytes) {
        return isParameterList(output, bytes);
    }

    /** A list without parameters may be anywhere. */
    private boolean isParameterList(long gpa, int bytes) {
        return bytes == 0
                || (gpa & 7) == 0
                        && (gpa & GuestMemory.PAGE_SIZE - 1) + bytes <= GuestMemory.PAGE_SIZE
                        && memory.contains(gpa, bytes);
    }
}
