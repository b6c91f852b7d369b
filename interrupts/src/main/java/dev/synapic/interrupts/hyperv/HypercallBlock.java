// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.hyperv.HypercallInput;
import org.jspecify.annotations.Nullable;

/**
 * One hypercall's control word and the block of its input parameters, in memory or, for a fast call, in registers: two
 * general ones, then XMM0 to XMM5 (TLFS, "Hypercall Inputs", "XMM Fast Hypercall Input"), and the place of its results.
 *
 * <p>Reading memory twice may give two answers: the guest may change the block meanwhile. What is checked is read once.
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
    /** Of a list: elements that are carried out. */
    private int repsCompleted;
    /** Where a fast call's results begin among its registers, behind the input. */
    private int fastOutputOffset;

    private boolean fastOutput;

    HypercallBlock(GuestMemory memory) {
        this.memory = memory;
    }

    /** Takes over another call. */
    void load(long newControl, long newInput, long newOutput, @Nullable XmmRegisters newXmm) {
        control = newControl;
        input = newInput;
        output = newOutput;
        xmm = newXmm;
        repsCompleted = repStart();
        fastOutput = false;
    }

    long control() {
        return control;
    }

    /** The control word of a call that goes on from an element. */
    long controlFrom(int element) {
        return control & ~((long) HypercallInput.REP_MASK << HypercallInput.REP_START_SHIFT)
                | (long) element << HypercallInput.REP_START_SHIFT;
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

    /** The registers: changed where a fast call has results. */
    long input() {
        return input;
    }

    long output() {
        return output;
    }

    /** Those of earlier calls included (TLFS: the total number, not relative to the start index). */
    int repsCompleted() {
        return repsCompleted;
    }

    /** Whether results stand in registers. */
    boolean hasFastOutput() {
        return fastOutput;
    }

    void completeRep() {
        repsCompleted++;
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
        return registers.get(offset - REGISTER_BYTES >> 3);
    }

    /**
     * Results of a fast call stand behind its input, which is rounded up to 16 bytes (TLFS, "XMM Fast Hypercall Output").
     * Returns whether they fit.
     */
    boolean placeFastOutput(int inputBytes, int outputBytes) {
        fastOutput = true;
        fastOutputOffset = inputBytes + 15 & ~15;
        return fastOutputOffset + outputBytes <= (xmm == null ? REGISTER_BYTES : FAST_BYTES);
    }

    /** A result at this offset, a multiple of 8 within the output. */
    void putQword(int offset, long value) {
        if (!fast()) {
            memory.putLong(output + offset, value);
            return;
        }
        int at = fastOutputOffset + offset;
        if (at == 0) {
            input = value;
        } else if (at < REGISTER_BYTES) {
            output = value;
        } else if (xmm != null) {
            xmm.set(at - REGISTER_BYTES >> 3, value);
        }
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
