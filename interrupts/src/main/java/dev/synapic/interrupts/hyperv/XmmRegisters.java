// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

/** XMM0 to XMM5 of a caller, in which a hypercall may have its parameters, as 64-bit words from XMM0's low one on. */
public interface XmmRegisters {
    int COUNT = 6;
    int WORDS = 2 * COUNT;

    /** Word 0 to 11: even ones are bits 63:0, odd ones bits 127:64 of register word / 2. */
    long get(int word);

    /** Replaces the 64 bits of a word, numbered as in {@link #get}. */
    void set(int word, long value);
}
