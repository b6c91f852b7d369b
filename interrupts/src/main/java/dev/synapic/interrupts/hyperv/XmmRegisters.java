// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

/** XMM0 to XMM5 of a caller, in which a hypercall may have its parameters. */
public interface XmmRegisters {
    int COUNT = 6;

    /** Bits 63:0 of a register, 0 to 5. */
    long low(int register);

    /** Bits 127:64. */
    long high(int register);
}
