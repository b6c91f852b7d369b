// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

/** The caller's general registers, by their x86 numbers. */
public interface HypercallRegisters {
    int RAX = 0;
    int RCX = 1;
    int RDX = 2;
    int RBX = 3;
    int RSI = 6;
    int RDI = 7;
    int R8 = 8;

    long get(int register);

    void set(int register, long value);
}
